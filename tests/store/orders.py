"""Orders as the shop shows them, and a read that brings them into the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bema_tui.model import Completeness, Order, OrderItem
from bema_tui.store.orders import Orders

START = datetime(2026, 1, 1, tzinfo=UTC)


def order(
    key: str, *, email: str = "ana@example.org", product: str = "12", day: int = 0, price: str = "10.00"
) -> Order:
    return Order(
        key=key,
        number="1" + key.encode().hex(),
        email=email,
        status="complete",
        mode="live",
        date_utc=START + timedelta(days=day),
        total=Decimal(price),
        items=(OrderItem(product, "No Better Love", Decimal(price)),),
    )


async def read(store: Orders, found: Sequence[Order], end: Completeness = Completeness.COMPLETE) -> int:
    number = await store.begin_read()
    await store.put(number, found)
    await store.finish_read(number, end, orders=len(found), passes=2, requests=3)
    return number
