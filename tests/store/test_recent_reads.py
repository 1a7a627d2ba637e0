"""What a read of the newest orders does to what is known: it adds, and it takes nothing away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.model import Completeness, Order, OrderItem, ReadKind
from bema_tui.store.database import Database
from bema_tui.store.orders import Orders
from bema_tui.store.shop_reads import ShopRead
from tests.support.clock import SetClock
from tests.support.emails import with_email

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store(database_file: Path, clock: SetClock) -> AsyncIterator[Orders]:
    async with await Database.open(str(database_file), clock=clock) as db:
        yield Orders(db)


def order(key: str, *, status: str = "complete") -> Order:
    items = (OrderItem("12", "No Better Love", Decimal("10.00")), OrderItem("7", "Poster", Decimal("3.50")))
    return Order(key, "1" + key, "ana@example.org", status, "live", START, Decimal("13.50"), items)


async def read(
    store: Orders, clock: SetClock, found: Sequence[Order], kind: ReadKind, end: Completeness = Completeness.COMPLETE
) -> None:
    clock.forward(60)
    number = await store.begin_read(kind)
    await store.put(number, found)
    await store.finish_read(number, end, orders=len(found), passes=2, requests=4)


async def listed(store: Orders) -> set[str]:
    return {known.order.key for known in await store.for_campaign(["12"], "", 100) if known.listed}


async def newest_full(store: Orders) -> ShopRead:
    found = await store.latest_complete()
    assert found is not None
    return found


async def test_a_window_adds_orders_and_leaves_the_older_ones_listed(store: Orders, clock: SetClock) -> None:
    await read(store, clock, [order("1"), order("2")], ReadKind.FULL)
    full = await newest_full(store)
    await read(store, clock, [order("3")], ReadKind.RECENT)
    assert await listed(store) == {"1", "2", "3"}
    assert await newest_full(store) == full
    await read(store, clock, [order("1"), order("3")], ReadKind.FULL)
    assert await listed(store) == {"1", "3"}


async def test_a_window_alone_proves_no_list(store: Orders, clock: SetClock) -> None:
    await read(store, clock, [order("1")], ReadKind.RECENT)
    assert await store.latest_complete() is None
    assert await listed(store) == set()


async def test_what_a_full_read_knew_unchanged(store: Orders, clock: SetClock) -> None:
    one, two = order("1"), order("2")
    await read(store, clock, [one, two], ReadKind.FULL)
    full = await newest_full(store)
    assert await store.knew_unchanged(full, [])
    assert await store.knew_unchanged(full, [one, two, one])
    dearer = evolve(one, items=(evolve(one.items[0], price=Decimal("11")), one.items[1]))
    for changed in (
        evolve(one, status="revoked"),
        with_email(one, "bo@example.org"),
        evolve(one, number="77"),
        evolve(one, items=one.items[:1]),
        dearer,
    ):
        assert not await store.knew_unchanged(full, [two, changed])
    assert not await store.knew_unchanged(full, [one, order("3")])


async def test_news_stays_news_until_the_next_full_read(store: Orders, clock: SetClock) -> None:
    await read(store, clock, [order("1")], ReadKind.FULL)
    await read(store, clock, [order("2")], ReadKind.RECENT)
    assert not await store.knew_unchanged(await newest_full(store), [order("2")])
    await read(store, clock, [order("1"), order("2")], ReadKind.FULL)
    assert await store.knew_unchanged(await newest_full(store), [order("2")])


async def test_an_order_that_left_the_list_and_came_back_is_news(store: Orders, clock: SetClock) -> None:
    await read(store, clock, [order("1"), order("2")], ReadKind.FULL)
    await read(store, clock, [order("1")], ReadKind.FULL)
    assert not await store.knew_unchanged(await newest_full(store), [order("2")])
