"""What runs wait for, and until when: two columns of a run, written while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import cattrs
from attrs import asdict, frozen
from sqlalchemy import select

from bema_tui.model import RUNS_AT_WORK
from bema_tui.store.database import Database
from bema_tui.store.schema import runs
from bema_tui.waits import Wait

NO_WAIT: Final[Mapping[str, Any]] = {"waiting_for": None, "waiting_until": None}
"""The columns of a run that waits for nothing."""


@frozen
class WaitingRun:
    """A run at work that waits."""

    run: int
    """Its number."""
    campaign: str
    """Its campaign's code."""
    by_user: str
    """Who started it."""
    host: str
    """The machine that it runs on."""
    wait: Wait
    """What it waits for."""
    until: datetime
    """Until when."""


def wait_of(waiting_for: Mapping[str, Any] | None, until: datetime | None) -> tuple[Wait, datetime] | None:
    """Return a run's wait and its end out of its two columns."""
    if waiting_for is None or until is None:
        return None
    return cattrs.structure(waiting_for, Wait), until


def wait_columns(wait: Wait, until: datetime) -> Mapping[str, Any]:
    """Return the two columns of a run that waits."""
    return {"waiting_for": asdict(wait), "waiting_until": until}


class RunWaits:
    """The waits of all runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, run: int) -> tuple[Wait, datetime] | None:
        """Return what a run waits for, and until when."""
        async with self._db.read() as connection:
            query = select(runs.c.waiting_for, runs.c.waiting_until).where(runs.c.id == run)
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else wait_of(row.waiting_for, row.waiting_until)

    async def all(self) -> tuple[WaitingRun, ...]:
        """Return the runs that wait at this moment, by their numbers."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(runs)
                .where(
                    runs.c.state.in_(RUNS_AT_WORK),
                    runs.c.waiting_until > self._db.now(),
                )
                .order_by(runs.c.id)
            )
            return tuple(
                WaitingRun(row.id, row.campaign, row.by_user, row.host, *found)
                for row in rows
                if (found := wait_of(row.waiting_for, row.waiting_until)) is not None
            )
