"""Orders: what a read proves, what is remembered, and the stream that a campaign's plan is made from."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bema_tui.model import Completeness, Order, OrderItem, ReadKind
from bema_tui.rules.purchases import KnownOrder, by_age
from bema_tui.store.database import Database
from bema_tui.store.legacy_row_ids import RowIds
from bema_tui.store.orders import Orders
from bema_tui.store.traces import Mark, Traces
from tests.store.orders import START, order, read
from tests.support.clock import SetClock
from tests.support.emails import with_email
from tests.support.statements import statements_of


async def known(store: Orders, *products: str) -> tuple[KnownOrder, ...]:
    return await store.for_campaign(products or ("12",), "", 1000)


async def test_an_order_comes_back_as_it_was_put(db: Database) -> None:
    store = Orders(db)
    one = evolve(
        order("k1", email=" Ana@Example.org "),
        items=(OrderItem("12", "A", Decimal("9.99")), OrderItem("7", "B", Decimal("0.10"))),
    )
    await read(store, [one])
    (found,) = await known(store)
    assert found == KnownOrder(one, listed=True)


async def test_only_a_complete_read_says_that_an_order_left_the_list(db: Database) -> None:
    store = Orders(db)
    await read(store, [order("k1"), order("k2")])
    await read(store, [order("k1")], Completeness.PARTIAL)
    await read(store, [order("k2")], Completeness.FAILED)
    assert [row.listed for row in await known(store)] == [True, True]
    await read(store, [order("k2")])
    assert {row.order.key: row.listed for row in await known(store)} == {"k1": False, "k2": True}


async def test_nothing_is_listed_before_the_first_complete_read(db: Database) -> None:
    store = Orders(db)
    await read(store, [order("k1")], Completeness.PARTIAL)
    assert [row.listed for row in await known(store)] == [False]
    assert await store.latest_complete() is None


async def test_a_read_begun_earlier_does_not_hide_what_a_later_one_saw(db: Database) -> None:
    store = Orders(db)
    early, late = await store.begin_read(), await store.begin_read()
    await store.put(late, [order("k1")])
    await store.put(early, [order("k1")])
    await store.finish_read(early, Completeness.COMPLETE, orders=1, passes=1, requests=1)
    await store.finish_read(late, Completeness.COMPLETE, orders=1, passes=1, requests=1)
    assert [row.listed for row in await known(store)] == [True]


async def test_the_latest_complete_read_says_when_and_how_many(db: Database, clock: SetClock) -> None:
    store = Orders(db)
    await read(store, [order("k1")])
    clock.forward(60)
    number = await read(store, [order("k1"), order("k2")])
    ended = clock.at
    clock.forward(60)
    await read(store, [], Completeness.FAILED)
    assert await store.latest_complete() == (number, ended, 2)


async def test_an_order_that_changes_is_changed_with_its_items(db: Database) -> None:
    store = Orders(db)
    first = evolve(order("k1"), items=tuple(OrderItem(str(n), f"album {n}", Decimal(n)) for n in range(1, 4)))
    await read(store, [first])
    second = with_email(evolve(first, status="partially_refunded", items=first.items[:1]), "new@example.org")
    await read(store, [second])
    assert await known(store, "1") == (KnownOrder(second, listed=True),)
    assert await known(store, "2", "3") == ()


async def test_an_order_twice_in_one_put_counts_as_last_seen(db: Database) -> None:
    store = Orders(db)
    await read(store, [order("k1"), evolve(order("k1"), status="revoked")])
    assert [row.order.status for row in await known(store)] == ["revoked"]


@pytest.mark.fault("D2")
async def test_orders_that_share_a_key_are_all_kept(db: Database) -> None:
    store = Orders(db)
    first = order("k1")
    renewal = evolve(order("k1", day=365), number="77", status="on_hold", email="new@example.org")
    twin = evolve(first, number="78", items=(OrderItem("12", "B", Decimal(3)),))
    undated = evolve(order("k1", product="7"), date_utc=None)
    found = [first, renewal, twin, undated]
    for _ in range(2):
        await read(store, found)
        assert {row.order for row in await known(store, "12", "7")} == set(found)
        assert all(row.listed for row in await known(store, "12", "7"))
    await read(store, [renewal, undated])
    assert {row.order: row.listed for row in await known(store, "12", "7")} == {
        first: False,
        renewal: True,
        twin: False,
        undated: True,
    }


@pytest.mark.fault("D2")
async def test_a_look_up_by_key_settles_the_order_that_it_showed_and_no_other(db: Database) -> None:
    store = Orders(db)
    first, renewal = order("k1"), order("k1", day=365)
    await read(store, [first, renewal])
    await read(store, [])
    await store.put_looked_up(evolve(first, status="refunded"))
    assert {row.order.date_utc: row.order.status for row in await known(store)} == {
        first.date_utc: "refunded",
        renewal.date_utc: "complete",
    }


@pytest.mark.fault("D2")
async def test_an_order_under_another_e_mail_or_number_is_the_same_order(db: Database) -> None:
    store = Orders(db)
    first, other = order("k1"), order("k2")
    await read(store, [first, other])
    changed = with_email(evolve(first, number="BEMA-3-X"), "new@example.org")
    await read(store, [changed, other])
    assert {row.order for row in await known(store)} == {changed, other}


@pytest.mark.fault("A1")
@pytest.mark.parametrize("mended", [True, False])
async def test_an_order_whose_date_was_or_becomes_unknown_is_the_same_order(db: Database, mended: bool) -> None:
    store = Orders(db)
    dated, undated = order("k1"), evolve(order("k1"), date_utc=None)
    before, after = (undated, dated) if mended else (dated, undated)
    await read(store, [before])
    await read(store, [after])
    assert await known(store) == (KnownOrder(after, listed=True),)


@pytest.mark.fault("D2")
async def test_a_second_order_of_one_moment_takes_no_others_place(db: Database) -> None:
    """It stands first in the list, and comes with an earlier page than the one that is known, or without it."""
    store = Orders(db)
    first = order("k1")
    second = evolve(first, number="77")
    await read(store, [first])
    window = await store.begin_read(ReadKind.RECENT)
    await store.put(window, [second])
    await store.finish_read(window, Completeness.COMPLETE, orders=1, passes=2, requests=2)
    assert {row.order for row in await known(store)} == {first, second}
    number = await store.begin_read()
    for page in ([evolve(first, number="78")], [second], [first]):
        await store.put(number, page)
    await store.finish_read(number, Completeness.COMPLETE, orders=3, passes=2, requests=3)
    assert {row.order.number for row in await known(store) if row.listed} == {first.number, "77", "78"}


@pytest.mark.fault("D2")
@pytest.mark.parametrize("renumbered", [True, False])
async def test_an_order_that_a_window_showed_in_other_words_is_the_same_after_the_next_whole_read(
    db: Database, clock: SetClock, renumbered: bool
) -> None:
    """A window can't tell whether the known one stands further down; left over, it would be looked up for ever."""
    store, row_ids = Orders(db), RowIds(db)
    shown = order("k1")
    known_before = with_email(shown, "old@example.org")
    known_before = evolve(known_before, number="77") if renumbered else evolve(known_before, date_utc=None)
    await read(store, [known_before, order("k2")])
    await row_ids.remember("5", known_before.identity)
    clock.forward(60)
    window = await store.begin_read(ReadKind.RECENT)
    await store.put(window, [shown])
    await store.finish_read(window, Completeness.COMPLETE, orders=1, passes=2, requests=2)
    assert {row.order for row in await known(store)} == {known_before, shown, order("k2")}
    clock.forward(60)
    await read(store, [shown], Completeness.PARTIAL)
    assert len(await known(store)) == 3
    clock.forward(60)
    await read(store, [shown])
    assert {row.order: row.listed for row in await known(store)} == {shown: True, order("k2"): False}
    assert await row_ids.answers(["5"]) == {"5": shown.identity}
    (once,) = (await Traces(db, "2024_ETB_NBL").of({"1": Mark(None, "old@example.org")}))["1"].sightings
    assert (once.number, [former.email for former in once.former]) == (shown.number, ["old@example.org"])


@pytest.mark.fault("D2")
async def test_two_orders_of_one_moment_that_were_seen_together_stay_two(db: Database, clock: SetClock) -> None:
    store = Orders(db)
    first = order("k1")
    second = evolve(first, number="77")
    for found in ([first, second], [second], [second], [first], []):
        await read(store, found)
        clock.forward(60)
        assert {row.order for row in await known(store)} == {first, second}


async def recent_read(store: Orders, found: list[Order]) -> None:
    number = await store.begin_read(ReadKind.RECENT)
    await store.put(number, found)
    await store.finish_read(number, Completeness.COMPLETE, orders=len(found), passes=2, requests=2)


@pytest.mark.fault("D2")
async def test_two_orders_seen_together_stay_two_where_a_later_one_could_be_either(
    db: Database, clock: SetClock
) -> None:
    store = Orders(db)
    first, second, third = (evolve(order("k1"), number=number) for number in ("10", "11", "12"))
    await read(store, [first, second])
    clock.forward(60)
    await recent_read(store, [third])
    clock.forward(60)
    await read(store, [third])
    assert {row.order: row.listed for row in await known(store)} == {first: False, second: False, third: True}


@pytest.mark.fault("D2")
async def test_an_order_that_was_renumbered_twice_between_two_whole_reads_is_one(db: Database, clock: SetClock) -> None:
    store, row_ids = Orders(db), RowIds(db)
    first, second, third = (
        with_email(evolve(order("k1"), number=number), email)
        for number, email in (("10", "a@example.org"), ("11", "b@example.org"), ("12", "c@example.org"))
    )
    await read(store, [first])
    await row_ids.remember("5", first.identity)
    for shown in (second, third):
        clock.forward(60)
        await recent_read(store, [shown])
    clock.forward(60)
    await read(store, [third])
    assert await known(store) == (KnownOrder(third, listed=True),)
    assert await row_ids.answers(["5"]) == {"5": third.identity}
    (once,) = (await Traces(db, "2024_ETB_NBL").of({"1": Mark(None, "a@example.org")}))["1"].sightings
    assert {former.email for former in once.former} == {"a@example.org", "b@example.org"}


async def test_an_order_is_given_back_with_the_key_that_it_was_stored_by(db: Database) -> None:
    store = Orders(db)
    await read(store, [evolve(order("k1"), email_key="as it was reckoned then")])
    (row,) = await known(store)
    assert row.order.email_key == "as it was reckoned then"


@pytest.mark.fault("A1")
async def test_an_unknown_date_comes_last_and_is_no_start(db: Database) -> None:
    store = Orders(db)
    undated = evolve(order("k0", product="1"), date_utc=None)
    await read(store, [undated, order("k2", product="1", day=9), order("k1", product="1", day=5)])
    streamed: list[str] = []
    after = ""
    while page := await store.for_campaign(["1"], after, 1):
        streamed += [row.order.key for row in page]
        after = page[-1].order.email_key
    assert streamed == ["k1", "k2", "k0"]
    assert await store.earliest_valid_by_product() == {"1": START + timedelta(days=5)}
    await read(store, [undated])
    assert await store.earliest_valid_by_product() == {}
    assert await store.sold_products() == {"1"}


async def test_a_looked_up_order_is_known_but_not_listed(db: Database, clock: SetClock) -> None:
    store = Orders(db)
    await read(store, [order("k1"), order("k2")])
    await read(store, [order("k2")])
    await store.put_looked_up(evolve(order("k1"), status="refunded"))
    await store.put_looked_up(order("k3"))
    assert {row.order.key: (row.listed, row.order.status) for row in await known(store)} == {
        "k1": (False, "refunded"),
        "k2": (True, "complete"),
        "k3": (False, "complete"),
    }
    asked = clock.at
    clock.forward(100)
    await store.mark_looked_up("k2")
    assert await store.looked_up_since(["k1", "k2", "k3", "k4"], asked) == {"k1", "k2", "k3"}
    assert await store.looked_up_since(["k1", "k2", "k3", "k4"], clock.at) == {"k2"}
    await read(store, [order("k1")])
    assert await store.looked_up_since(["k1"], asked) == {"k1"}


async def test_the_row_ids_of_an_order_that_is_another_are_found_by_an_index(db: Database, clock: SetClock) -> None:
    """They are looked for once for each such order, among all that a database ever asked."""
    store = Orders(db)
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("UPDATE row_id_answers"):
            asked.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    async with db.read() as connection:
        engine = connection.sync_engine
    await read(store, [evolve(order("k1"), number="77")])
    clock.forward(60)
    window = await store.begin_read(ReadKind.RECENT)
    await store.put(window, [order("k1")])
    await store.finish_read(window, Completeness.COMPLETE, orders=1, passes=2, requests=2)
    clock.forward(60)
    event.listen(engine, "before_cursor_execute", listen)
    await read(store, [order("k1")])
    event.remove(engine, "before_cursor_execute", listen)
    ((statement, parameters),) = asked
    async with db.read() as connection:
        steps = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
    assert ["ix_row_id_answers_order_id (order_id=?)" in str(step.detail) for step in steps] == [True]


async def test_answers_about_row_ids_are_kept(db: Database) -> None:
    store = Orders(db)
    first, renewal = order("k1"), order("k1", day=365)
    await read(store, [first, renewal])
    row_ids = RowIds(db)
    await row_ids.remember("77", None)
    await row_ids.remember("78", first.identity)
    assert await row_ids.answers(["77", "78", "79"]) == {"77": None, "78": first.identity}
    await row_ids.remember("77", renewal.identity)
    assert await row_ids.answers(["77"]) == {"77": renewal.identity}


async def test_sold_products_and_their_first_sale(db: Database) -> None:
    store = Orders(db)
    await read(store, [order("gone", product="1", day=0), order("a", product="1", day=9)])
    listed = [
        order("a", product="1", day=9),
        order("b", product="1", day=5),
        order("c", product="2", price="0.00"),
        evolve(order("d", product="3"), status="revoked"),
        evolve(order("e", product="4"), mode="test"),
        evolve(order("f", product="5", day=3), status="partially_refunded"),
    ]
    await read(store, listed)
    assert await store.sold_products() == {"1", "5"}
    assert await store.sold_products(free=True) == {"1", "2", "5"}
    assert await store.sold_products(partial=False) == {"1"}
    assert set(await store.earliest_valid_by_product(partial=False)) == {"1"}
    assert await store.earliest_valid_by_product() == {"1": START + timedelta(days=5), "5": START + timedelta(days=3)}


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["", "a@x.org", "B@x.org", "é@x.org", "z@x.org", "𝒳@x.org", "～@x.org"]),
            st.integers(0, 3),
            st.sampled_from(["12", "13", "99"]),
        ),
        max_size=30,
    ),
    limit=st.integers(1, 7),
)
async def test_the_stream_is_sorted_whole_and_never_splits_an_address(
    empty_database: bytes, rows: list[tuple[str, int, str]], limit: int
) -> None:
    found = [
        order(f"k{place:02}", email=email, day=day, product=product) for place, (email, day, product) in enumerate(rows)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.sqlite3"
        path.write_bytes(empty_database)
        async with await Database.open(str(path)) as database:
            store = Orders(database)
            await read(store, found)
            streamed: list[Order] = []
            after = ""
            while page := await store.for_campaign(["12", "13"], after, limit):
                assert page[0].order.email_key > after
                streamed += [row.order for row in page]
                after = page[-1].order.email_key
    wanted = [one for one in found if one.items[0].product_id != "99" and one.email_key]
    assert streamed == sorted(wanted, key=lambda one: (one.email_key, *by_age(one)))


async def test_bulk_is_bulk(db: Database) -> None:
    store = Orders(db)
    found = [order(f"key{place:06}", email=f"person{place}@example.org") for place in range(10_000)]
    number = await store.begin_read()
    with statements_of(db) as asked:
        await store.put(number, found)
        await store.put(number, found)
        assert len(await store.for_campaign(["12"], "", 20_000)) == 10_000
    assert len(asked) < 100  # row by row, or album by album, it takes thousands
