"""Runs: what was started by whom, how far it is, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from attrs import evolve
from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import (
    DEFAULT_OPTIONS,
    RUNS_AT_WORK,
    RUNS_THAT_WAIT,
    ChangeOutcome,
    ChangeState,
    Holder,
    Phase,
    PhaseEntry,
    RunError,
    RunKind,
    RunOptions,
    RunState,
)
from bema_tui.store.activity import write_activity
from bema_tui.store.control_requests import close_requests
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence, check_fence
from bema_tui.store.run_changes import RequestCounts, RunChanges, columns_of
from bema_tui.store.run_documents import document_of, documents_of, phases_of
from bema_tui.store.run_rows import Run, no_run, run_record
from bema_tui.store.run_waits import NO_WAIT, wait_columns
from bema_tui.store.schema import ledger, runs
from bema_tui.waits import Wait


class Runs:
    """The table of runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, kind: RunKind, campaign: str, me: Holder, options: RunOptions = DEFAULT_OPTIONS) -> int:
        """Write down a new run in its first phase and return its number."""
        now = self._db.now()
        async with self._db.write() as connection:
            result = await connection.execute(
                insert(runs).values(
                    kind=kind,
                    campaign=campaign,
                    state=RunState.PLANNING,
                    phase=Phase.LOCK,
                    by_user=me.user,
                    host=me.host,
                    pid=me.pid,
                    started_at=now,
                    progressed_at=now,
                    options=document_of(options),
                    # Said beforehand: ``yes_at`` follows when the plan is there and nothing holds it.
                    yes_by=me.user if options.yes else None,
                    phases=documents_of([PhaseEntry(Phase.LOCK, now)]),
                )
            )
            assert result.inserted_primary_key is not None
            return int(result.inserted_primary_key[0])

    async def get(self, run: int) -> Run:
        """One run.

        Raises:
            UsageError: there is none of this number.
        """
        async with self._db.read() as connection:
            row = (await connection.execute(select(runs).where(runs.c.id == run))).first()
        if row is None:
            raise no_run(run)
        return run_record(row)

    async def claim(
        self,
        run: int,
        states: Sequence[RunState],
        fence: Fence,
        me: Holder,
        *,
        state: RunState | None = None,
        yes_by: str | None = None,
    ) -> bool:
        """Make the run ours if it still stands in one of ``states``, and no newer run has begun to read the campaign's
        people since, which overwrites what this one read; false when somebody was quicker.

        ``state`` is given for a run that is resumed, and ``yes_by`` names who says yes to its plan by that.
        """
        values: dict[str, Any] = {}
        if state is not None:
            values |= {"state": state, "finished_at": None, "error": None, "note": ""}
        if yes_by is not None:
            values |= {"yes_at": self._db.now(), "yes_by": yes_by}
        newer = runs.alias()
        overtaken = (
            select(newer.c.id)
            .where(newer.c.campaign == runs.c.campaign, newer.c.id > run, newer.c.mailerlite_read.is_not(None))
            .correlate(runs)
        )
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            if state is not None:
                values |= await _step_cut_off(connection, run)
            result = await connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state.in_(list(states)), ~overtaken.exists())
                .values(
                    lock_token=fence.token,
                    host=me.host,
                    pid=me.pid,
                    progressed_at=self._db.now(),
                    **NO_WAIT,
                    **values,
                )
            )
            return result.rowcount == 1

    async def update(self, run: int, fence: Fence, **changes: Unpack[RunChanges]) -> None:
        """Change what a run says of itself, while it holds its lock: it makes progress.

        Raises:
            LockLost: it does not hold it any more.
        """
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            await connection.execute(
                update(runs).where(runs.c.id == run).values({"progressed_at": self._db.now(), **columns_of(changes)})
            )

    async def show_wait(self, run: int, fence: Fence, wait: tuple[Wait, datetime] | None) -> None:
        """Write what the run waits for and until when; None: it waits for nothing.

        Raises:
            LockLost: it does not hold its lock any more.
        """
        values = {"progressed_at": self._db.now(), **NO_WAIT} if wait is None else wait_columns(*wait)
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            await connection.execute(update(runs).where(runs.c.id == run).values(values))

    async def go_on(self, run: int, fence: Fence, state: RunState, *, rested: float) -> None:
        """Say that a paused run is in ``state`` again; it rested so many seconds of its apply.

        Raises:
            LockLost: it does not hold its lock any more.
        """
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            await connection.execute(
                update(runs)
                .where(runs.c.id == run)
                .values(
                    state=state,
                    note="",
                    paused_seconds=runs.c.paused_seconds + rested,
                    progressed_at=self._db.now(),
                )
            )

    async def enter(self, run: int, fence: Fence, phase: Phase, note: str = "") -> None:
        """Close the present phase with its seconds and ``note``, and open the next one."""
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            row = (await connection.execute(select(runs.c.phases).where(runs.c.id == run))).one()
            entries = (*_closed(phases_of(row.phases), now, note), PhaseEntry(phase, now))
            values = {"phase": phase, "phases": documents_of(entries), "progressed_at": now}
            await connection.execute(update(runs).where(runs.c.id == run).values(values))

    async def finish(
        self,
        run: int,
        token: int,
        state: RunState,
        *,
        seconds: float,
        error: RunError | None = None,
        note: str = "",
        ended: bool = True,
    ) -> bool:
        """Write how the run ended, or that it waits (``ended`` false), unless another process has taken it up since."""
        now = self._db.now()
        async with self._db.write() as connection:
            mine = and_(runs.c.id == run, or_(runs.c.lock_token == token, runs.c.lock_token.is_(None)))
            row = (await connection.execute(select(runs.c.phases).where(mine))).first()
            if row is None:
                return False
            await connection.execute(
                update(runs)
                .where(mine)
                .values(
                    state=state,
                    error=document_of(error) if error is not None else None,
                    note=note,
                    finished_at=now if ended else None,
                    **NO_WAIT,
                    phases=documents_of(_closed(phases_of(row.phases), now, note)),
                    active_seconds=runs.c.active_seconds + seconds,
                )
            )
            await close_requests(connection, run, now)
            return True

    async def request_counts(self, run: int) -> RequestCounts:
        """Return what the run's requests came to so far."""
        columns = (runs.c.requests_read, runs.c.requests_write, runs.c.requests_retried, runs.c.shop_requests)
        async with self._db.read() as connection:
            row = (await connection.execute(select(*columns).where(runs.c.id == run))).one()
        return RequestCounts(
            requests_read=row.requests_read,
            requests_write=row.requests_write,
            requests_retried=row.requests_retried,
            shop_requests=row.shop_requests,
        )

    async def discard(self, run: int, by: str, *, text: str) -> bool:
        """Throw a waiting plan away, with ``text`` as the line of activity; false where it does not wait."""
        now = self._db.now()
        async with self._db.write() as connection:
            campaign = await connection.scalar(
                update(runs)
                .where(runs.c.id == run, runs.c.state.in_(RUNS_THAT_WAIT))
                .values(state=RunState.DISCARDED, finished_at=now, note=f"discarded by {by}")
                .returning(runs.c.campaign)
            )
            if campaign is None:
                return False
            await write_activity(connection, now, by, "discard", text, campaign=campaign, run=run)
            return True

    async def abandon_others(self, run: int, campaign: str, fence: Fence) -> None:
        """Write down that every other run at work on the campaign is lost; only the holder of its lock may call this.

        Their rows on the way become unknown; one that is resumed reads them back.
        """
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            others = (
                runs.c.campaign == campaign,
                runs.c.id != run,
                runs.c.state.in_(RUNS_AT_WORK),
            )
            lost = (await connection.execute(select(runs.c.id).where(*others))).scalars().all()
            if not lost:
                return
            await connection.execute(
                update(ledger)
                .where(ledger.c.run.in_(lost), ledger.c.state == ChangeState.SENDING)
                .values(state=ChangeState.UNKNOWN, outcome=ChangeOutcome.PROCESS_DIED, detail="")
            )
            await connection.execute(
                update(runs)
                .where(runs.c.id.in_(lost))
                .values(
                    state=RunState.LOST,
                    finished_at=now,
                    note=f"its process died; run {run} came after it",
                    **NO_WAIT,
                )
            )

    async def discard_older_plans(self, run: int, campaign: str, fence: Fence) -> None:
        """Discard the plans of the campaign that still wait: what they rest on is about to be read anew."""
        async with self._db.write() as connection:
            await check_fence(connection, fence)
            await connection.execute(
                update(runs)
                .where(
                    runs.c.campaign == campaign,
                    runs.c.id != run,
                    runs.c.state.in_(RUNS_THAT_WAIT),
                )
                .values(state=RunState.DISCARDED, finished_at=self._db.now(), note=f"replaced by run {run}")
            )


async def _step_cut_off(connection: AsyncConnection, run: int) -> dict[str, Any]:
    """The column of steps of a run whose process died: the last one ended when it last made progress."""
    row = (await connection.execute(select(runs.c.phases, runs.c.progressed_at).where(runs.c.id == run))).first()
    entries = phases_of(row.phases) if row is not None else ()
    if row is None or not entries or entries[-1].seconds is not None:
        return {}
    ended = max(entries[-1].started_at, row.progressed_at or entries[-1].started_at)
    return {"phases": documents_of(_closed(entries, ended, ""))}


def _closed(entries: Sequence[PhaseEntry], now: datetime, note: str) -> tuple[PhaseEntry, ...]:
    """The steps with the last one ended now, if it has not ended before."""
    if not entries or entries[-1].seconds is not None:
        return tuple(entries)
    seconds = (now - entries[-1].started_at).total_seconds()
    return (*entries[:-1], evolve(entries[-1], seconds=seconds, note=note))
