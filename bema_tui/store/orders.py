"""The shop's orders as last seen, and which of them its list still shows: the base of every proof of purchase."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    Float,
    Row,
    Select,
    and_,
    cast,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import Completeness, Order, OrderIdentity, OrderItem, ReadKind
from bema_tui.rules.purchases import LIVE, KnownOrder, counting_statuses
from bema_tui.store.database import Database
from bema_tui.store.order_merging import merge_in_other_words
from bema_tui.store.order_rows import NO_READ, chunks, put_orders
from bema_tui.store.schema_shop import order_items, orders, shop_reads
from bema_tui.store.shop_reads import WHOLE, ShopRead, latest_full_read

_ORDER: Final = (orders.c.date_utc, orders.c.key, orders.c.id)


class Orders:
    """The tables of orders, their items, and the reads that found them.

    An order is *listed* when the newest complete read of the whole list saw it, or any read begun after that one.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin_read(self, kind: ReadKind = ReadKind.FULL) -> int:
        """Write down that a read of the shop's list begins; returns its number."""
        async with self._db.write() as connection:
            result = await connection.execute(insert(shop_reads).values(started_at=self._db.now(), kind=kind))
            assert result.inserted_primary_key is not None
            return int(result.inserted_primary_key[0])

    async def put(self, read_id: int, found: Sequence[Order]) -> None:
        """Take over orders as this read saw them in the list."""
        if not found:
            return
        kind = select(shop_reads.c.kind).where(shop_reads.c.id == read_id)
        async with self._db.write() as connection:
            # What a recent read does not show can still stand further down: it can't be what that read shows.
            since = read_id if await connection.scalar(kind) == ReadKind.FULL else 0
            await put_orders(connection, found, now=self._db.now(), read_id=read_id, unseen_since=since)

    async def put_looked_up(self, order: Order) -> None:
        """Take over one order that was asked for by its key or row id: known, but not proved to be in the list."""
        newest = select(func.max(shop_reads.c.id)).where(WHOLE)
        async with self._db.write() as connection:
            since = int(await connection.scalar(newest) or 0)
            await put_orders(connection, [order], now=self._db.now(), read_id=NO_READ, unseen_since=since)

    async def mark_looked_up(self, key: str) -> None:
        """Remember that the orders of this key were asked for, whatever the shop answered."""
        async with self._db.write() as connection:
            await connection.execute(update(orders).where(orders.c.key == key).values(looked_up_at=self._db.now()))

    async def looked_up_since(self, keys: Sequence[str], since: datetime) -> set[str]:
        """Those of the keys that were asked for at or after ``since``."""
        found: set[str] = set()
        async with self._db.read() as connection:
            for part in chunks(keys):
                query = select(orders.c.key).where(orders.c.key.in_(part), orders.c.looked_up_at >= since)
                found.update((await connection.execute(query)).scalars())
        return found

    async def finish_read(
        self, read_id: int, completeness: Completeness, orders: int, passes: int, requests: int
    ) -> None:
        """Write down how a read ended; only a complete one of the whole list says what is not in it."""
        async with self._db.write() as connection:
            result = await connection.execute(
                update(shop_reads)
                .where(shop_reads.c.id == read_id)
                .values(
                    finished_at=self._db.now(),
                    completeness=completeness,
                    orders=orders,
                    passes=passes,
                    requests=requests,
                )
                .returning(shop_reads.c.kind)
            )
            if completeness is Completeness.COMPLETE and result.scalar_one() == ReadKind.FULL:
                await merge_in_other_words(connection, read_id)

    async def latest_complete(self) -> ShopRead | None:
        """The newest complete read of the whole list; None when there was none yet."""
        query = (
            select(shop_reads.c.id, shop_reads.c.finished_at, shop_reads.c.orders)
            .where(WHOLE)
            .order_by(shop_reads.c.id.desc())
            .limit(1)
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else ShopRead(row.id, row.finished_at, row.orders)

    async def knew_unchanged(self, read: ShopRead, found: Sequence[Order]) -> bool:
        """Whether all of these orders were known and listed when that read ended, and are just as they are stored."""
        wanted = {order.identity: order for order in found}
        same = 0
        async with self._db.read() as connection:
            for part in chunks(sorted({identity.key for identity in wanted})):
                query = select(orders).where(
                    orders.c.key.in_(part), orders.c.read_id >= read.read_id, orders.c.first_seen <= read.finished_at
                )
                rows = list((await connection.execute(query)).all())
                items = await _items_of(connection, [row.id for row in rows])
                stored = [_order(row, items.get(row.id, ())) for row in rows]
                same += sum(order == wanted.get(order.identity) for order in stored)
        return same == len(wanted)

    async def some_listed(self, most: int = 3) -> tuple[OrderIdentity, ...]:
        """A few of the newest orders that the shop lists: what a look-up should find."""
        query = (
            select(orders.c.key, orders.c.date_utc, orders.c.number)
            .where(orders.c.read_id >= latest_full_read())
            .order_by(orders.c.id.desc())
            .limit(most)
        )
        async with self._db.read() as connection:
            rows = await connection.execute(query)
            return tuple(OrderIdentity(row.key, row.date_utc, row.number) for row in rows)

    async def sample(self, most: int) -> tuple[Order, ...]:
        """Known orders whose key is theirs alone, listed ones if any: the newest, by turns with others of all ages."""
        alone = select(orders.c.key).where(orders.c.email_key != "").group_by(orders.c.key).having(func.count() == 1)
        query = select(orders.c.id).where(orders.c.key.in_(alone)).order_by(orders.c.date_utc.desc(), orders.c.id)
        async with self._db.read() as connection:
            ids = list((await connection.execute(query.where(orders.c.read_id >= latest_full_read()))).scalars())
            ids = ids or list((await connection.execute(query)).scalars())
            chosen = _spread(ids, most)
            rows = {row.id: row for row in await connection.execute(select(orders).where(orders.c.id.in_(chosen)))}
            items = await _items_of(connection, chosen)
        return tuple(_order(rows[number], items.get(number, ())) for number in chosen)

    async def count(self) -> int:
        """How many orders are known."""
        async with self._db.read() as connection:
            return int(await connection.scalar(select(func.count()).select_from(orders)) or 0)

    async def sold_products(self, *, free: bool = False, partial: bool = True) -> set[str]:
        """Ids of the products that somebody bought: in a listed, settled, live order, above price 0 unless ``free``.

        ``partial``: what was partly refunded counts.
        """
        query = select(order_items.c.product_id).distinct().where(bought(free=free, partial=partial))
        async with self._db.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def names_of_products(self, product_ids: Collection[str]) -> Mapping[str, str]:
        """What most orders call each of these products."""
        found: dict[str, str] = {}
        async with self._db.read() as connection:
            for part in chunks(sorted(product_ids)):
                query = (
                    select(order_items.c.product_id, order_items.c.name)
                    .where(order_items.c.product_id.in_(part), order_items.c.name != "")
                    .group_by(order_items.c.product_id, order_items.c.name)
                    .order_by(func.count(), order_items.c.name.desc())
                )
                found |= {row.product_id: row.name for row in await connection.execute(query)}
        return found

    async def earliest_valid_by_product(self, *, free: bool = False, partial: bool = True) -> Mapping[str, datetime]:
        """When each product was first bought, by the same measure as ``sold_products``.

        An order whose date is not known says nothing of it.
        """
        query = (
            select(order_items.c.product_id, func.min(orders.c.date_utc, type_=orders.c.date_utc.type))
            .where(bought(free=free, partial=partial), orders.c.date_utc != literal(None, orders.c.date_utc.type))
            .group_by(order_items.c.product_id)
        )
        async with self._db.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def for_campaign(self, product_ids: Sequence[str], after_key: str, limit: int) -> tuple[KnownOrder, ...]:
        """One page of every known order with one of these products, by e-mail key, date (not known last), key.

        The page holds all of a buyer: it ends where the orders of the ``limit``-th order's e-mail key end, so it may be
        a little longer. Go on with the last e-mail key of the page; an empty page is the end. Orders without are left
        out: they prove nothing about anybody.
        """
        query = _campaign_orders(product_ids)
        async with self._db.read() as connection:
            page = list((await connection.execute(query.where(orders.c.email_key > after_key).limit(limit))).all())
            if len(page) == limit and page:
                last = page[-1]
                place = tuple_(*(literal(last._mapping[column.name], column.type) for column in _ORDER))
                rest = query.where(orders.c.email_key == last.email_key, tuple_(*_ORDER) > place)
                page += (await connection.execute(rest)).all()
            items = await _items_of(connection, [row.id for row in page])
        return tuple(KnownOrder(_order(row, items.get(row.id, ())), listed=bool(row.listed)) for row in page)


def _spread(ids: Sequence[int], most: int) -> list[int]:
    """So many of them at most: by turns one from the front, and one of the rest at even distances."""
    if len(ids) <= most:
        return list(ids)
    front, rest = ids[: most - most // 2], ids[most - most // 2 :]
    step = len(rest) / (most // 2)
    others = [rest[int(place * step)] for place in range(most // 2)]
    turns = [number for pair in zip(front, others, strict=False) for number in pair]
    return [*turns, *front[len(others) :]]


def bought(*, free: bool, partial: bool) -> Any:
    """Return the condition, in SQL, of an item in a valid order.

    ``free``: it needs no price. ``partial``: the order may be refunded in part.
    """
    price = true() if free else cast(order_items.c.price, Float) > 0
    return and_(
        order_items.c.order_id == orders.c.id,
        orders.c.status.in_(counting_statuses(partial=partial)),
        orders.c.mode == LIVE,
        orders.c.read_id >= latest_full_read(),
        price,
    )


def holds_product(product_ids: Sequence[str]) -> Any:
    """Return the condition, in SQL, that an order holds one of these products, for a query that goes order by order."""
    # The items must be found by their order. SQLite would rather take the index of products, and walk through all sales
    # of an album for each order; it can't once the column stands inside an expression.
    product = func.coalesce(order_items.c.product_id, "")
    return (
        select(order_items.c.order_id)
        .where(order_items.c.order_id == orders.c.id, product.in_(list(product_ids)))
        .exists()
    )


def _campaign_orders(product_ids: Sequence[str]) -> Select[Any]:
    return (
        select(orders, (orders.c.read_id >= latest_full_read()).label("listed"))
        .where(holds_product(product_ids), orders.c.email_key != "")
        .order_by(orders.c.email_key, *_ORDER)
    )


async def _items_of(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[OrderItem, ...]]:
    lists: dict[int, list[OrderItem]] = {}
    for part in chunks(ids):
        query = (
            select(order_items)
            .where(order_items.c.order_id.in_(part))
            .order_by(order_items.c.order_id, order_items.c.position)
        )
        for row in await connection.execute(query):
            lists.setdefault(row.order_id, []).append(OrderItem(row.product_id, row.name, Decimal(row.price)))
    return {number: tuple(items) for number, items in lists.items()}


def _order(row: Row[Any], items: tuple[OrderItem, ...]) -> Order:
    return Order(
        key=row.key,
        number=row.number,
        email=row.email,
        email_key=row.email_key,
        status=row.status,
        mode=row.mode,
        date_utc=row.date_utc,
        total=Decimal(row.total),
        items=items,
    )
