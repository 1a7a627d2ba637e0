"""Who bought and was seen in no group: under which e-mails they are looked up."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.model import Completeness, Tier
from bema_tui.store.database import Database
from bema_tui.store.members import Members
from bema_tui.store.orders import Orders
from tests.store.members import member
from tests.store.orders import order
from tests.support.emails import with_email


@pytest.mark.fault("A3")
async def test_a_buyer_is_looked_up_as_typed_and_by_the_key(db: Database, members: Members) -> None:
    store = Orders(db)
    typed = ["Ana@Example.org", "zo\u200be@example.org", "mia@KÄSE.example", " bob@example.org", "bob@example.org"]
    read = await store.begin_read()
    await store.put(read, [order(f"k{place}", email=email) for place, email in enumerate(typed)])
    await store.finish_read(read, Completeness.COMPLETE, orders=len(typed), passes=2, requests=2)
    assert sorted(await members.missing_buyers(["12"], ["complete"])) == [
        "ana@example.org",
        "bob@example.org",
        "mia@käse.example",
        "mia@xn--kse-qla.example",
        "zoe@example.org",
        "zo\u200be@example.org",
    ]
    await members.put([member("1", "mia@käse.example"), member("2", "zoe@example.org")])
    assert set(await members.missing_buyers(["12"], ["complete"])) == {"ana@example.org", "bob@example.org"}
    assert await members.known_before(["mia@xn--kse-qla.example", "ana@example.org"]) == {"mia@xn--kse-qla.example"}


async def test_subscribers_come_in_the_order_of_their_keys(members: Members) -> None:
    one = evolve(member("1", "Zoe@example.org"), stored="5")
    await members.put([one, with_email(evolve(one, subscriber_id="2"), "ana@example.org")])
    assert [member.email async for member in members.worth_a_look(["12"])] == ["ana@example.org", "Zoe@example.org"]


async def test_a_subscriber_is_given_back_with_the_key_that_they_were_stored_by(members: Members) -> None:
    """The order of the keys is the stored one: another reckoning would take the merge of people and orders apart."""
    one = evolve(member("1", "Zoe@example.org"), stored="5", email_key="as it was reckoned then")
    await members.put([one])
    assert [member.email_key async for member in members.worth_a_look(["12"])] == ["as it was reckoned then"]


async def test_of_whom_no_rule_can_say_anything_the_plan_hears_nothing(db: Database, members: Members) -> None:
    """Most members are in one unpurchased tier and never bought: SQL leaves them out, and nobody else."""
    store = Orders(db)
    read = await store.begin_read()
    refunded = evolve(order("k2", email="refunded@example.org"), status="refunded")
    await store.put(read, [order("k1", email="buyer@example.org"), refunded, order("k3", email="b@x.org", product="7")])
    await store.finish_read(read, Completeness.COMPLETE, orders=3, passes=2, requests=2)
    one = member("1", "buyer@example.org")
    cases = {
        "buyer@example.org": one,
        "refunded@example.org": one,
        "marked@example.org": evolve(one, stored="17"),
        "purchased@example.org": evolve(one, tiers=frozenset({Tier.BRONZE_PURCHASED})),
        "two@example.org": evolve(one, tiers=frozenset({Tier.GOLD, Tier.OPT_IN})),
        "b@x.org": one,
        "unset@example.org": evolve(one, stored=""),
        "wood@example.org": evolve(one, tiers=frozenset({Tier.WOOD})),
        "none@example.org": evolve(one, tiers=frozenset()),
    }
    await members.put(
        [with_email(evolve(case, subscriber_id=str(place)), email) for place, (email, case) in enumerate(cases.items())]
    )
    seen = [found.email async for found in members.worth_a_look(["12"])]
    assert seen == sorted(list(cases)[:5])
