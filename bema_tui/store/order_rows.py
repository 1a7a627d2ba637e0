"""Writes orders into their tables: each found again by its identity, none in the place of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import Order, OrderIdentity
from bema_tui.store.schema_shop import former_emails, order_items, orders

CHUNK: Final = 5000  # values in one IN list; SQLite takes 32,766
NO_READ: Final = 0


class _Stored(NamedTuple):
    """What is known of an order before it is written."""

    id: int
    identity: OrderIdentity
    email: str
    email_key: str
    read_id: int
    last_seen: datetime


async def put_orders(
    connection: AsyncConnection, found: Sequence[Order], *, now: datetime, read_id: int, unseen_since: int
) -> None:
    """Take over orders as the shop shows them now; of one that comes twice, the last counts.

    ``read_id`` is the read that saw them in the list, or ``NO_READ`` where they were looked up. A known order that no
    read from ``unseen_since`` on has seen may turn out to be one of these, under another number; 0 means none.
    """
    wanted = {order.identity: order for order in found}
    stored = [_known(row) for row in await _rows_of(connection, wanted)]
    changed = _same_in_other_words(wanted, [row for row in stored if row.read_id < unseen_since], stored)
    if changed:
        await connection.execute(
            update(orders).where(orders.c.id == bindparam("of")),
            [{"of": row.id, "date_utc": new.date_utc, "number": new.number} for row, new in changed],
        )
    await _keep_former_emails(connection, wanted, stored, {row.id: new for row, new in changed})
    await connection.execute(_UPSERT_ORDER, [_values(order, now, read_id) for order in wanted.values()])
    ids = {row.identity: row.id for row in stored} | {new: row.id for row, new in changed}
    fresh = [identity for identity in wanted if identity not in ids]
    ids |= {_identity(row): row.id for row in await _rows_of(connection, fresh)}
    await _put_items(connection, {ids[identity]: order for identity, order in wanted.items()})


def chunks(values: Sequence[Any]) -> Iterator[list[Any]]:
    """The values in lists that one statement takes."""
    for start in range(0, len(values), CHUNK):
        yield list(values[start : start + CHUNK])


def _same_in_other_words(
    wanted: Mapping[OrderIdentity, Order], unseen: Sequence[_Stored], stored: Sequence[_Stored]
) -> list[tuple[_Stored, OrderIdentity]]:
    """Known orders that the shop shows under another number, or whose date it knew or knows only at one of both times.

    Only where nothing else could be meant: what this read has seen already, or may still see, is another order.
    """
    known = {row.identity for row in stored}
    left: dict[str, list[_Stored]] = defaultdict(list)
    for row in unseen:
        if row.identity not in wanted:
            left[row.identity.key].append(row)
    new: dict[str, list[OrderIdentity]] = defaultdict(list)
    for identity in wanted:
        if identity not in known:
            new[identity.key].append(identity)
    pairs = []
    for key, rows in left.items():
        fits = [(row, one) for row in rows for one in new[key] if _could_be_same(row.identity, one)]
        if len(fits) == 1:
            pairs += fits
    return pairs


def _could_be_same(known: OrderIdentity, shown: OrderIdentity) -> bool:
    unknown_date = None in (known.date_utc, shown.date_utc)
    return known.same_order(shown) or (unknown_date and known.number == shown.number)


async def _keep_former_emails(
    connection: AsyncConnection,
    wanted: Mapping[OrderIdentity, Order],
    stored: Sequence[_Stored],
    renamed: Mapping[int, OrderIdentity],
) -> None:
    rows = []
    for row in stored:
        order = wanted.get(renamed.get(row.id, row.identity))
        if order is not None and order.email_key != row.email_key:
            rows.append(
                {"order_id": row.id, "email_key": row.email_key, "email": row.email, "last_seen": row.last_seen}
            )
    if rows:
        await connection.execute(_UPSERT_EMAIL, rows)


async def _rows_of(connection: AsyncConnection, wanted: Iterable[OrderIdentity]) -> list[Row[Any]]:
    """The stored orders that share a key with these."""
    columns = (orders.c.id, orders.c.key, orders.c.date_utc, orders.c.number, orders.c.email, orders.c.email_key)
    query = select(*columns, orders.c.read_id, orders.c.last_seen)
    found: list[Any] = []
    for part in chunks(sorted({identity.key for identity in wanted})):
        found += (await connection.execute(query.where(orders.c.key.in_(part)))).all()
    return found


def _identity(row: Row[Any]) -> OrderIdentity:
    return OrderIdentity(row.key, row.date_utc, row.number)


def _known(row: Row[Any]) -> _Stored:
    return _Stored(row.id, _identity(row), row.email, row.email_key, row.read_id, row.last_seen)


def _values(order: Order, now: datetime, read_id: int) -> dict[str, object]:
    return {
        "key": order.key,
        "date_utc": order.date_utc,
        "number": order.number,
        "email": order.email,
        "email_key": order.email_key,
        "status": order.status,
        "mode": order.mode,
        "total": str(order.total),
        "first_seen": now,
        "last_seen": now,
        "read_id": read_id,
        "looked_up_at": now if read_id == NO_READ else None,
    }


async def _put_items(connection: AsyncConnection, found: Mapping[int, Order]) -> None:
    rows = [
        {
            "order_id": number,
            "position": place,
            "product_id": item.product_id,
            "name": item.name,
            "price": str(item.price),
        }
        for number, order in found.items()
        for place, item in enumerate(order.items)
    ]
    if rows:
        await connection.execute(_UPSERT_ITEM, rows)
    # An order that lost items: what stands behind its last one is old.
    for part in chunks(list(found)):
        stored = await connection.execute(
            select(order_items.c.order_id, func.max(order_items.c.position))
            .where(order_items.c.order_id.in_(part))
            .group_by(order_items.c.order_id)
        )
        for number, last in stored.all():
            count = len(found[number].items)
            if last >= count:
                await connection.execute(
                    order_items.delete().where(order_items.c.order_id == number, order_items.c.position >= count)
                )


def _upsert_order() -> Any:
    statement = upsert(orders)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[orders.c.key, orders.c.date_utc, orders.c.number],
        set_={
            **{name: new[name] for name in ("email", "email_key", "status", "mode", "total")},
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
        index_elements=[order_items.c.order_id, order_items.c.position],
        set_={name: new[name] for name in ("product_id", "name", "price")},
    )


def _upsert_email() -> Any:
    statement = upsert(former_emails)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[former_emails.c.order_id, former_emails.c.email_key],
        set_={name: new[name] for name in ("email", "last_seen")},
    )


_UPSERT_ORDER: Final = _upsert_order()
_UPSERT_ITEM: Final = _upsert_item()
_UPSERT_EMAIL: Final = _upsert_email()
