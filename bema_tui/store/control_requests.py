"""What people ask of runs: written down by whoever asks, obeyed by the run's own process, on whatever machine."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import RUNS_AT_WORK, ControlRequest, ControlVerb
from bema_tui.store.activity import write_activity
from bema_tui.store.database import Database
from bema_tui.store.schema import control_requests, runs
from bema_tui.store.schema_base import UtcTime
from bema_tui.text import one_line


class ControlRequests:
    """The table of control requests."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ask(self, run: int, verb: ControlVerb, by: str, reason: str = "", *, text: str = "") -> bool:
        """Ask something of a run at work, with ``text`` as the line of activity; false where it is not at work."""
        now = self._db.now()
        async with self._db.write() as connection:
            row = (await connection.execute(select(runs.c.campaign, runs.c.state).where(runs.c.id == run))).first()
            if row is None or row.state not in RUNS_AT_WORK:
                return False
            await connection.execute(
                insert(control_requests).values(run=run, verb=verb, by_user=by, reason=one_line(reason), asked_at=now)
            )
            if text:
                await write_activity(connection, now, by, verb, text, campaign=row.campaign, run=run)
            return True

    async def unseen(self, run: int) -> tuple[ControlRequest, ...]:
        """What was asked of the run and not yet seen, oldest first."""
        query = select(control_requests).where(control_requests.c.run == run, control_requests.c.seen_at.is_(None))
        async with self._db.read() as connection:
            rows = await connection.execute(query.order_by(control_requests.c.id))
            return tuple(_request(row) for row in rows)

    async def saw(self, request: int, *, done: bool = False) -> None:
        """Say that the run saw a request, or has done what it asks."""
        now = self._db.now()
        seen = func.coalesce(control_requests.c.seen_at, literal(now, UtcTime))
        values = {"seen_at": seen} | ({"done_at": now} if done else {})
        async with self._db.write() as connection:
            await connection.execute(update(control_requests).where(control_requests.c.id == request).values(values))

    async def pauses_are_over(self, run: int) -> None:
        """Say that the run has paused as it was asked to, or that somebody let it go on before it did."""
        async with self._db.write() as connection:
            await close_requests(connection, run, self._db.now(), ControlVerb.PAUSE)

    async def set_aside(self, run: int) -> None:
        """A run that is resumed starts without the requests of its life before."""
        now = self._db.now()
        async with self._db.write() as connection:
            await connection.execute(
                update(control_requests)
                .where(control_requests.c.run == run, control_requests.c.seen_at.is_(None))
                .values(seen_at=now)
            )
            await close_requests(connection, run, now)


async def close_requests(connection: AsyncConnection, run: int, at: datetime, *verbs: ControlVerb) -> None:
    """What was asked of the run is over: all of it, as when it has ended, or these ``verbs``."""
    await connection.execute(
        update(control_requests)
        .where(control_requests.c.run == run, control_requests.c.done_at.is_(None))
        .where(control_requests.c.verb.in_(verbs or tuple(ControlVerb)))
        .values(done_at=at)
    )


async def read_requests(connection: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[ControlRequest, ...]]:
    """What people asked of these runs, oldest first."""
    if not ids:
        return {}
    query = select(control_requests).where(control_requests.c.run.in_(sorted(ids))).order_by(control_requests.c.id)
    found: dict[int, tuple[ControlRequest, ...]] = {}
    for row in await connection.execute(query):
        found[row.run] = (*found.get(row.run, ()), _request(row))
    return found


def _request(row: Row[Any]) -> ControlRequest:
    return ControlRequest(
        id=row.id,
        verb=ControlVerb(row.verb),
        by_user=row.by_user,
        reason=row.reason,
        asked_at=row.asked_at,
        seen_at=row.seen_at,
        done_at=row.done_at,
    )
