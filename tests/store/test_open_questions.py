"""What a run has to ask the shop about: stored values without an order, and orders that left the list."""

from __future__ import annotations

from attrs import evolve

from bema_tui.model import Completeness
from bema_tui.store.database import Database
from bema_tui.store.members import Members
from bema_tui.store.open_questions import GoneOrder, OpenQuestions, StoredValue
from bema_tui.store.orders import Orders
from tests.store.members import CODE, member
from tests.store.orders import order


async def test_a_value_that_names_an_order_of_its_member_is_explained(db: Database, members: Members) -> None:
    store = Orders(db)
    read = await store.begin_read()
    bought = [
        evolve(order("k1", email="ana@example.org"), number="17"),
        evolve(order("k2", email="bob@example.org"), number="18"),
        evolve(order("k3", email="carol@example.org", product="7"), number="19"),
    ]
    await store.put(read, bought)
    await store.finish_read(read, Completeness.COMPLETE, orders=3, passes=2, requests=2)
    values = {
        "ana@example.org": "17",
        "bob@example.org": "18.0",  # the same number, as MailerLite may show it
        "carol@example.org": "19",  # an order of another campaign
        "dora@example.org": "17",  # somebody else's order
        "eve@example.org": "",
        "finn@example.org": None,
    }
    await members.put(
        [evolve(member(str(n), email), stored=value) for n, (email, value) in enumerate(values.items(), 1)]
    )
    found = await OpenQuestions(db, CODE, 7, ["12"]).unexplained()
    assert found == [StoredValue("carol@example.org", "19"), StoredValue("dora@example.org", "17")]
    assert await OpenQuestions(db, CODE, 6, ["12"]).unexplained() == [], "another run's members are not this one's"


async def test_an_order_that_left_the_list_is_asked_for_until_it_is_known_to_be_refunded(db: Database) -> None:
    store = Orders(db)
    left, stays, other = order("k1"), order("k2"), order("k3", product="7")
    refunded = evolve(order("k4"), status="refunded")
    for found in ([left, stays, other, refunded], [stays]):
        read = await store.begin_read()
        await store.put(read, found)
        await store.finish_read(read, Completeness.COMPLETE, orders=len(found), passes=2, requests=2)
    gone = await OpenQuestions(db, CODE, 7, ["12"]).gone()
    assert gone == [GoneOrder(left.email_key, left.key, left.number)]
