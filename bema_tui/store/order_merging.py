"""Finds orders that stand in their tables twice, in other words each time, and makes them one again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, Select, and_, bindparam, delete, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.store.order_rows import chunks
from bema_tui.store.schema_shop import former_emails, orders, row_id_answers

_MOVE_ANSWERS: Final = (
    update(row_id_answers).where(row_id_answers.c.order_id == bindparam("old")).values(order_id=bindparam("new"))
)
_MOVE_FIRST_SEEN: Final = update(orders).where(orders.c.id == bindparam("new")).values(first_seen=bindparam("seen"))
_DROP: Final = delete(orders).where(orders.c.id == bindparam("old"))


async def merge_in_other_words(connection: AsyncConnection, read_id: int) -> None:
    """Make one of each order that is known twice, as this complete read of the whole list shows.

    A recent read takes an order in other words (another number, a date that was or becomes unknown) for one more, since
    the known one may stand further down. If nobody has seen that one since the other came, it is the same; two that
    were seen side by side stay two.
    """
    pairs = (await connection.execute(_pairs(read_id))).all()
    times = Counter(pair.id for pair in pairs)
    same = {pair.id: pair for pair in pairs if times[pair.id] == 1}
    if not same:
        return
    await _keep_former_emails(connection, same)
    for statement in (_MOVE_ANSWERS, _MOVE_FIRST_SEEN, _DROP):
        rows = [{"old": pair.id, "new": pair.same, "seen": pair.first_seen} for pair in same.values()]
        await connection.execute(statement, rows)


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


async def _keep_former_emails(connection: AsyncConnection, same: Mapping[int, Row[Any]]) -> None:
    """Let the ones that stay have the e-mails under which the others were shown."""
    rows: list[dict[str, Any]] = []
    for part in chunks(list(same)):
        query = select(former_emails).where(former_emails.c.order_id.in_(part))
        rows += [dict(row) for row in (await connection.execute(query)).mappings()]
    rows += [
        {"order_id": pair.id, "email_key": pair.email_key, "email": pair.email, "last_seen": pair.last_seen}
        for pair in same.values()
    ]
    rows = [
        {**row, "order_id": pair.same}
        for row in reversed(rows)  # of two times the later one, which is the order's own, comes first
        if (pair := same[row["order_id"]]).same_email_key != row["email_key"]
    ]
    if rows:
        await connection.execute(upsert(former_emails).on_conflict_do_nothing(), rows)
