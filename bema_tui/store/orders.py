"""The shop's orders as last seen, and which of them its list still shows: the base of every proof of purchase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Float, Row, Select, and_, cast, func, insert, or_, select, true, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.campaigns.purchases import COMPLETE, LIVE, PARTIALLY_REFUNDED, KnownOrder
from bema_tui.model import Completeness, Order, OrderItem
from bema_tui.store.database import Database
from bema_tui.store.schema import order_items, orders, row_id_answers, shop_reads

_CHUNK: Final = 5000  # values in one IN list; SQLite takes 32,766
_NO_READ: Final = 0
_NEVER: Final = 2**62  # a read that none reaches
_WHOLE: Final = and_(shop_reads.c.completeness == Completeness.COMPLETE, shop_reads.c.kind == "full")


ReadKind = Literal["full", "window"]
"""Of the whole list, or of its newest orders only, which proves no absence. Domain rules, section 4."""


class ShopRead(NamedTuple):
    """A complete read of the shop's whole list: its number, when it ended, and how many orders it saw."""

    read_id: int
    finished_at: datetime
    orders: int


class Orders:
    """The tables of orders, their items, and the reads that found them.

    An order is *listed* when the newest complete read of the whole list saw it, or any read begun after that one.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin_read(self, kind: ReadKind = "full") -> int:
        """Write down that a read of the shop's list begins; answers its number."""
        async with self._db.write() as connection:
            result = await connection.execute(insert(shop_reads).values(started_at=self._db.now(), kind=kind))
            assert result.inserted_primary_key is not None
            return int(result.inserted_primary_key[0])

    async def put(self, read_id: int, found: Sequence[Order], listed: bool = True) -> None:
        """Take over orders as the shop shows them now; ``listed``: this read saw them in the list."""
        if not found:
            return
        now = self._db.now()
        unique = {order.key: order for order in found}
        rows = [
            {
                "key": order.key,
                "number": order.number,
                "email": order.email,
                "email_key": order.email_key,
                "status": order.status,
                "mode": order.mode,
                "date_utc": order.date_utc,
                "total": str(order.total),
                "first_seen": now,
                "last_seen": now,
                "read_id": read_id if listed else _NO_READ,
                "looked_up_at": None if listed else now,
            }
            for order in unique.values()
        ]
        async with self._db.write() as connection:
            await connection.execute(_UPSERT_ORDER, rows)
            await _put_items(connection, list(unique.values()))

    async def put_looked_up(self, order: Order) -> None:
        """Take over one order that was asked for by its key or row id: known, but not proved to be in the list."""
        await self.put(_NO_READ, [order], listed=False)

    async def mark_looked_up(self, key: str) -> None:
        """Remember that an order was asked for and the shop did not answer with it."""
        async with self._db.write() as connection:
            await connection.execute(update(orders).where(orders.c.key == key).values(looked_up_at=self._db.now()))

    async def looked_up_since(self, keys: Sequence[str], since: datetime) -> set[str]:
        """Those of the orders that were asked for at or after ``since``."""
        found: set[str] = set()
        async with self._db.read() as connection:
            for part in _chunks(keys):
                query = select(orders.c.key).where(orders.c.key.in_(part), orders.c.looked_up_at >= since)
                found.update((await connection.execute(query)).scalars())
        return found

    async def finish_read(
        self, read_id: int, completeness: Completeness, orders: int, passes: int, requests: int
    ) -> None:
        """Write down how a read ended; only a complete one of the whole list says what is not in it."""
        async with self._db.write() as connection:
            await connection.execute(
                update(shop_reads)
                .where(shop_reads.c.id == read_id)
                .values(
                    finished_at=self._db.now(),
                    completeness=completeness,
                    orders=orders,
                    passes=passes,
                    requests=requests,
                )
            )

    async def latest_complete(self) -> ShopRead | None:
        """The newest complete read of the whole list; None when there was none yet."""
        query = (
            select(shop_reads.c.id, shop_reads.c.finished_at, shop_reads.c.orders)
            .where(_WHOLE)
            .order_by(shop_reads.c.id.desc())
            .limit(1)
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else ShopRead(row.id, row.finished_at, row.orders)

    async def knew_unchanged(self, read: ShopRead, found: Sequence[Order]) -> bool:
        """Whether all of these orders were known and listed when that read ended, and are just as they are stored."""
        wanted = {order.key: order for order in found}
        same = 0
        async with self._db.read() as connection:
            for part in _chunks(list(wanted)):
                query = select(orders).where(
                    orders.c.key.in_(part), orders.c.read_id >= read.read_id, orders.c.first_seen <= read.finished_at
                )
                rows = list((await connection.execute(query)).all())
                items = await _items_of(connection, [row.key for row in rows])
                same += sum(_order(row, items.get(row.key, ())) == wanted[row.key] for row in rows)
        return same == len(wanted)

    async def remember_row_id(self, row_id: str, key: str | None) -> None:
        """Keep the shop's answer for a stored value that may be a row id of the old plugin; None: not accepted."""
        statement = upsert(row_id_answers).values(row_id=row_id, order_key=key, asked_at=self._db.now())
        new = statement.excluded
        async with self._db.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[row_id_answers.c.row_id],
                    set_={"order_key": new.order_key, "asked_at": new.asked_at},
                )
            )

    async def row_id_answers(self, values: Sequence[str]) -> Mapping[str, str | None]:
        """The kept answers for these values: value → order key, or None; a value never asked for is not in it."""
        found: dict[str, str | None] = {}
        async with self._db.read() as connection:
            for part in _chunks(values):
                query = select(row_id_answers.c.row_id, row_id_answers.c.order_key).where(
                    row_id_answers.c.row_id.in_(part)
                )
                found.update({row.row_id: row.order_key for row in await connection.execute(query)})
        return found

    async def sold_products(self, *, free: bool = False, partial: bool = True) -> set[str]:
        """Ids of the products that somebody bought: in a listed, settled, live order, above price 0 unless ``free``.

        ``partial``: what was partly refunded counts.
        """
        query = select(order_items.c.product_id).distinct().where(_bought(free=free, partial=partial))
        async with self._db.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def earliest_valid_by_product(
        self, product_ids: Sequence[str] | None = None, *, free: bool = False, partial: bool = True
    ) -> Mapping[str, datetime]:
        """When each product was first bought, by the same measure as ``sold_products``; None means every product."""
        query = (
            select(order_items.c.product_id, func.min(orders.c.date_utc, type_=orders.c.date_utc.type))
            .where(_bought(free=free, partial=partial))
            .group_by(order_items.c.product_id)
        )
        if product_ids is not None:
            query = query.where(order_items.c.product_id.in_(list(product_ids)))
        async with self._db.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def for_campaign(self, product_ids: Sequence[str], after_key: str, limit: int) -> tuple[KnownOrder, ...]:
        """One page of every known order with one of these products, by e-mail key, then date, then key.

        The page holds all of a buyer: it ends where the orders of the ``limit``-th order's e-mail key end, so it may be
        a little longer. Go on with the last e-mail key of the page; an empty page is the end. Orders without are left
        out: they prove nothing about anybody.
        """
        query = _page_query(product_ids)
        async with self._db.read() as connection:
            page = list((await connection.execute(query.where(orders.c.email_key > after_key).limit(limit))).all())
            if len(page) == limit and page:
                last = page[-1]
                rest = query.where(
                    orders.c.email_key == last.email_key,
                    or_(
                        orders.c.date_utc > last.date_utc,
                        and_(orders.c.date_utc == last.date_utc, orders.c.key > last.key),
                    ),
                )
                page += (await connection.execute(rest)).all()
            items = await _items_of(connection, [row.key for row in page])
        return tuple(KnownOrder(_order(row, items.get(row.key, ())), listed=bool(row.listed)) for row in page)


def _latest_read() -> Any:
    """The number of the newest complete read of the whole list, in SQL; one that no read reaches without it."""
    newest = select(func.max(shop_reads.c.id)).where(_WHOLE)
    return func.coalesce(newest.scalar_subquery(), _NEVER)


def _bought(*, free: bool, partial: bool) -> Any:
    price = true() if free else cast(order_items.c.price, Float) > 0
    return and_(
        order_items.c.order_key == orders.c.key,
        orders.c.status.in_((COMPLETE, PARTIALLY_REFUNDED) if partial else (COMPLETE,)),
        orders.c.mode == LIVE,
        orders.c.read_id >= _latest_read(),
        price,
    )


def _page_query(product_ids: Sequence[str]) -> Select[Any]:
    # Asked order by order, the items must be found by their order. SQLite would rather take the index of products, and
    # walk through all sales of an album for each order; it can't once the column stands inside an expression.
    product = func.coalesce(order_items.c.product_id, "")
    holds = (
        select(order_items.c.order_key)
        .where(order_items.c.order_key == orders.c.key, product.in_(list(product_ids)))
        .exists()
    )
    return (
        select(orders, (orders.c.read_id >= _latest_read()).label("listed"))
        .where(holds, orders.c.email_key != "")
        .order_by(orders.c.email_key, orders.c.date_utc, orders.c.key)
    )


def _upsert_order() -> Any:
    statement = upsert(orders)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[orders.c.key],
        set_={
            **{name: new[name] for name in ("number", "email", "email_key", "status", "mode", "date_utc", "total")},
            "last_seen": new.last_seen,
            # Two reads may go on at once: the older one must not take away what the newer one has seen.
            "read_id": func.max(orders.c.read_id, new.read_id),
            "looked_up_at": func.coalesce(new.looked_up_at, orders.c.looked_up_at),
        },
    )


def _upsert_item() -> Any:
    statement = upsert(order_items)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[order_items.c.order_key, order_items.c.position],
        set_={name: new[name] for name in ("product_id", "name", "price")},
    )


_UPSERT_ORDER: Final = _upsert_order()
_UPSERT_ITEM: Final = _upsert_item()


async def _put_items(connection: AsyncConnection, found: Sequence[Order]) -> None:
    rows = [
        {
            "order_key": order.key,
            "position": place,
            "product_id": item.product_id,
            "name": item.name,
            "price": str(item.price),
        }
        for order in found
        for place, item in enumerate(order.items)
    ]
    if rows:
        await connection.execute(_UPSERT_ITEM, rows)
    # An order that lost items: what stands behind its last one is old.
    counts = {order.key: len(order.items) for order in found}
    for part in _chunks(list(counts)):
        stored = await connection.execute(
            select(order_items.c.order_key, func.max(order_items.c.position))
            .where(order_items.c.order_key.in_(part))
            .group_by(order_items.c.order_key)
        )
        for key, last in stored.all():
            if last >= counts[key]:
                await connection.execute(
                    order_items.delete().where(order_items.c.order_key == key, order_items.c.position >= counts[key])
                )


async def _items_of(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[OrderItem, ...]]:
    lists: dict[str, list[OrderItem]] = {}
    for part in _chunks(keys):
        query = (
            select(order_items)
            .where(order_items.c.order_key.in_(part))
            .order_by(order_items.c.order_key, order_items.c.position)
        )
        for row in await connection.execute(query):
            lists.setdefault(row.order_key, []).append(OrderItem(row.product_id, row.name, Decimal(row.price)))
    return {key: tuple(items) for key, items in lists.items()}


def _order(row: Row[Any], items: tuple[OrderItem, ...]) -> Order:
    return Order(
        key=row.key,
        number=row.number,
        email=row.email,
        status=row.status,
        mode=row.mode,
        date_utc=row.date_utc,
        total=Decimal(row.total),
        items=items,
    )


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _CHUNK):
        yield list(values[start : start + _CHUNK])
