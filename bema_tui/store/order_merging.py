"""Finds orders that stand in their tables twice, in other words each time, and makes them one again."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row, Select, and_, delete, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.store.schema_shop import former_emails, orders, row_id_answers


async def merge_in_other_words(connection: AsyncConnection, read_id: int) -> None:
    """Make one of each order that is known twice, as this complete read of the whole list shows.

    A window takes an order in other words (another number, a date that was or becomes unknown) for one more, since the
    known one may stand further down. If nobody has seen that one since the other came, it is the same; two that were
    seen side by side stay two.
    """
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for pair in await connection.execute(_pairs(read_id)):
        found[pair.id].append(pair)
    for pairs in found.values():
        if len(pairs) == 1:
            await _merge(connection, pairs[0])


def _pairs(read_id: int) -> Select[Any]:
    old, new = orders.alias("old"), orders.alias("new")
    unknown = literal(None, orders.c.date_utc.type)
    renumbered = and_(old.c.date_utc == new.c.date_utc, old.c.number != new.c.number)
    redated = and_(old.c.number == new.c.number, (old.c.date_utc == unknown) != (new.c.date_utc == unknown))
    return (
        select(old.c.id, old.c.email, old.c.email_key, old.c.first_seen, old.c.last_seen)
        .add_columns(new.c.id.label("same"), new.c.email_key.label("same_email_key"))
        .join_from(old, new, and_(old.c.key == new.c.key, old.c.id != new.c.id))
        .where(old.c.read_id < read_id, new.c.first_seen > old.c.last_seen, or_(renumbered, redated))
    )


async def _merge(connection: AsyncConnection, pair: Row[Any]) -> None:
    """Give all that is known of the older one to the other, which has its present words, and drop it."""
    answers = update(row_id_answers).where(row_id_answers.c.order_id == pair.id)
    await connection.execute(answers.values(order_id=pair.same))
    mails = (await connection.execute(select(former_emails).where(former_emails.c.order_id == pair.id))).all()
    former = {row.email_key: (row.email, row.last_seen) for row in mails}
    former[pair.email_key] = (pair.email, pair.last_seen)
    former.pop(pair.same_email_key, None)
    if former:
        rows = [
            {"order_id": pair.same, "email_key": key, "email": email, "last_seen": seen}
            for key, (email, seen) in former.items()
        ]
        await connection.execute(upsert(former_emails).on_conflict_do_nothing(), rows)
    await connection.execute(update(orders).where(orders.c.id == pair.same).values(first_seen=pair.first_seen))
    await connection.execute(delete(orders).where(orders.c.id == pair.id))
