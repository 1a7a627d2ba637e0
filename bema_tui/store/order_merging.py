"""Finds orders that stand in their tables twice, in other words each time, and makes them one again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.store.order_rows import chunks
from bema_tui.store.schema_shop import former_emails, orders, row_id_answers

_MOVE_ANSWERS: Final = (
    update(row_id_answers).where(row_id_answers.c.order_id == bindparam("old")).values(order_id=bindparam("new"))
)
_MOVE_FIRST_SEEN: Final = update(orders).where(orders.c.id == bindparam("new")).values(first_seen=bindparam("seen"))
_DROP: Final = delete(orders).where(orders.c.id == bindparam("old"))


class _Seen(NamedTuple):
    """An order as it is known in one set of words, and when it was seen so."""

    id: int
    email: str
    email_key: str
    first_seen: datetime
    last_seen: datetime


async def merge_in_other_words(connection: AsyncConnection, read_id: int) -> None:
    """Make one of each order that is known twice or oftener, as this complete read of the whole list shows.

    A recent read takes an order in other words (another number, a date that was or becomes unknown) for one more, since
    the known one may stand further down. If nobody has seen that one since the other came, it is the same; two that
    were seen side by side stay two, and so does whatever could be either of them.
    """
    found = (await connection.execute(_pairs(read_id))).all()
    pairs = [(_Seen(*pair[:5]), _Seen(*pair[5:])) for pair in found]
    unlisted = {former.id for former, _ in pairs}
    same = {
        former.id: (former, sightings)
        for sightings in _linked(pairs)
        if _of_one_order(sightings, unlisted)
        for former in sightings[:-1]
    }
    if not same:
        return
    await _keep_former_emails(connection, same)
    for statement in (_MOVE_ANSWERS, _MOVE_FIRST_SEEN, _DROP):
        rows = [{"old": old.id, "new": all_[-1].id, "seen": all_[0].first_seen} for old, all_ in same.values()]
        await connection.execute(statement, rows)


def _linked(pairs: Iterable[tuple[_Seen, _Seen]]) -> Iterable[list[_Seen]]:
    """Orders that pairs link, directly or by others, each time the earliest first."""
    beside: dict[_Seen, list[_Seen]] = defaultdict(list)
    for former, later in pairs:
        beside[former].append(later)
        beside[later].append(former)
    while beside:
        open_, linked = [next(iter(beside))], set[_Seen]()
        while open_:
            one = open_.pop()
            linked.add(one)
            open_ += beside.pop(one, ())
        yield sorted(linked, key=lambda one: one.first_seen)


def _of_one_order(sightings: Sequence[_Seen], unlisted: Container[int]) -> bool:
    """Whether no two were seen side by side, and none but the last is in the list."""
    apart = all(later.first_seen > former.last_seen for former, later in pairwise(sightings))
    return apart and all(former.id in unlisted for former in sightings[:-1])


def _pairs(read_id: int) -> Select[Any]:
    old, new = orders.alias("old"), orders.alias("new")
    unknown = literal(None, orders.c.date_utc.type)
    renumbered = and_(old.c.date_utc == new.c.date_utc, old.c.number != new.c.number)
    redated = and_(old.c.number == new.c.number, (old.c.date_utc == unknown) != (new.c.date_utc == unknown))
    return (
        select(*(each.c[name] for each in (old, new) for name in _Seen._fields))
        .join_from(old, new, and_(old.c.key == new.c.key, old.c.id != new.c.id))
        .where(old.c.read_id < read_id, new.c.first_seen > old.c.last_seen, or_(renumbered, redated))
    )


async def _keep_former_emails(connection: AsyncConnection, same: Mapping[int, tuple[_Seen, Sequence[_Seen]]]) -> None:
    """Let the ones that stay have the e-mails under which the others were shown."""
    rows: list[dict[str, Any]] = []
    for part in chunks(list(same)):
        query = select(former_emails).where(former_emails.c.order_id.in_(part))
        rows += [dict(row) for row in (await connection.execute(query)).mappings()]
    rows += [
        {"order_id": old.id, "email_key": old.email_key, "email": old.email, "last_seen": old.last_seen}
        for old, _ in same.values()
    ]
    rows = [
        {**row, "order_id": last.id}
        for row in sorted(rows, key=lambda row: row["last_seen"], reverse=True)  # of two times the later one counts
        if (last := same[row["order_id"]][1][-1]).email_key != row["email_key"]
    ]
    if rows:
        await connection.execute(upsert(former_emails).on_conflict_do_nothing(), rows)
