"""Claims runs and executes them: each takes its campaign's lock first, and releases it when its end is written."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from bema_tui.errors import BemaError, Stopped, StoreError, UsageError
from bema_tui.model import DEFAULT_OPTIONS, RUNS_THAT_WAIT, Holder, Lock, RunError, RunKind, RunOptions, RunState
from bema_tui.monitor.measure import resident_bytes
from bema_tui.settings import Settings
from bema_tui.store.activity import Activity
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.ledger import Ledger
from bema_tui.store.run_rows import Run
from bema_tui.store.runs import Runs
from bema_tui.store.statistics import Statistics
from bema_tui.sync.claimed_run import ClaimedFor, ClaimedRun
from bema_tui.sync.connections import Connect
from bema_tui.sync.execution import Execution
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.memory import allowed_here
from bema_tui.sync.ports import RunLocks, RunStatistics
from bema_tui.sync.run_context import Meter
from bema_tui.sync.run_end import RunEnd, end_by

logger = logging.getLogger("bema_tui.sync")

_RESUMED = tuple(state for state in RunState if state.resumable or state.active)
"""States in which a run can be claimed to go on: also those at work, for whoever gets the campaign's lock knows that
the process of such a run is gone, and nobody has written that down yet."""


class Runner:
    """The engine of one process. Each ``claim`` takes the lock at once or raises; ``execute`` does the work."""

    def __init__(self, db: Database, settings: Settings, me: Holder, locks: RunLocks, connect: Connect) -> None:
        self._db = db
        self._settings = settings
        self._me = me
        self._locks = locks
        self._connect = connect
        self._runs = Runs(db)
        self._activity = Activity(db)
        self._statistics: RunStatistics = Statistics(db, resident_bytes)

    async def claim(self, code: str, *, kind: RunKind, options: RunOptions = DEFAULT_OPTIONS) -> ClaimedRun:
        """Take a campaign's lock and make a new run on it.

        Raises:
            LockHeld: somebody else works on the campaign.
            UsageError: there is no such campaign.
            ConfigurationError: a URL or a key can't be one.
        """
        campaign = await Campaigns(self._db).get(code)
        await self._refuse_mistakes()
        lock = await self._locks.acquire_lock(campaign.code, kind)
        async with self._released_on_failure(lock):
            run = await self._runs.create(kind, campaign.code, self._me, options)
            await self._locks.assign(lock.key, lock.token, run)
            fence = Fence(lock.key, lock.token)
            await self._runs.claim(run, [RunState.PLANNING], fence, self._me)
            await self._runs.abandon_others(run, campaign.code, fence)
            await self._log(kind, f"{kind} {campaign.code}", campaign.code, run)
        return ClaimedRun(run, campaign.code, lock, ClaimedFor.PLAN)

    async def claim_apply(self, run: int) -> ClaimedRun:
        """Take the lock for a plan that waits; this call is the yes of somebody who saw it.

        Raises:
            UsageError: the run does not wait for a yes any more.
            LockHeld: somebody else works on the campaign.
        """
        return await self._claim(await self._runs.get(run), ClaimedFor.APPLY, RUNS_THAT_WAIT, yes_by=self._me.user)

    async def claim_resume(self, run: int) -> ClaimedRun:
        """Take the lock for a stopped, failed or lost run, which goes on where its ledger stands.

        Raises:
            UsageError: the run waits, is done, was discarded, or was overtaken by a newer one.
            LockHeld: its process, or another run, still works on the campaign.
        """
        return await self._claim(await self._runs.get(run), ClaimedFor.RESUME, _RESUMED)

    async def _claim(
        self, run: Run, claimed_for: ClaimedFor, states: tuple[RunState, ...], *, yes_by: str | None = None
    ) -> ClaimedRun:
        await self._refuse_mistakes()
        lock = await self._locks.acquire_lock(run.campaign, claimed_for, run=run.id)
        state = RunState.APPLYING if claimed_for is ClaimedFor.APPLY or run.may_apply else RunState.PLANNING
        fence = Fence(lock.key, lock.token)
        async with self._released_on_failure(lock):
            claimed = await self._runs.claim(run.id, states, fence, self._me, state=state, yes_by=yes_by)
            if not claimed:
                raise UsageError(
                    f"Somebody else was quicker with run {run.id}.", advice="`bema-tui runs` shows its state."
                )
            await ControlRequests(self._db).set_aside(run.id)
            await self._runs.abandon_others(run.id, run.campaign, fence)
            await self._log(claimed_for, f"{claimed_for} run {run.id}", run.campaign, run.id)
        return ClaimedRun(run.id, run.campaign, lock, claimed_for)

    @asynccontextmanager
    async def _released_on_failure(self, lock: Lock) -> AsyncIterator[None]:
        """Release the lock of a run that can't begin: without it, a run that should be at work shows as lost."""
        try:
            yield
        except BaseException:
            await asyncio.shield(self._locks.release(lock.key, lock.token))
            raise

    async def execute(self, claimed: ClaimedRun, interrupt: RunInterrupt) -> RunState:
        """Do the work of a claimed run to its end, whatever happens, and return the state that it ended in.

        Raises:
            BemaError: why it failed; the run and its ledger say the same, unless the database can't be written: that
                is an error as well.
        """
        began = time.monotonic()
        end = RunEnd(RunState.FAILED)
        try:
            end = await self._work(claimed, interrupt)
        finally:
            unwritten = await _to_its_end(self._finish(claimed, end, time.monotonic() - began))
        if end.error is not None and (unwritten is not None or not isinstance(end.error, Stopped)):
            raise end.error
        if unwritten is not None:
            raise unwritten
        return end.state

    async def _work(self, claimed: ClaimedRun, interrupt: RunInterrupt) -> RunEnd:
        """Execute the run: the one place where its error becomes the state that it ends in."""
        execution = Execution(self._db, self._settings, self._me, self._locks, self._statistics, claimed, interrupt)
        try:
            return await execution.execute(self._connect)
        except (BemaError, asyncio.CancelledError) as error:
            return end_by(error)
        except Exception as error:
            logger.exception("a run ended with an error of the program itself")
            return end_by(error)

    async def _finish(self, claimed: ClaimedRun, end: RunEnd, seconds: float) -> BemaError | None:
        """Write the run's end, and release its lock; returns why the end could not be written, if it could not."""
        run, campaign = claimed.run, claimed.campaign
        unwritten: BemaError | None = None
        written = False
        try:
            await Ledger(self._db, run, campaign, claimed.fence).mark_unknown()
            written = await self._runs.finish(
                run,
                claimed.lock.token,
                end.state,
                seconds=seconds,
                error=RunError.of(end.error) if end.error and end.state is RunState.FAILED else None,
                note=end.note,
                ended=not end.state.waiting,
            )
            await self._statistics.end_campaign(campaign, run, outcome=end.state)
            if written:
                done = "done, " if end.state is RunState.DONE and end.note else ""
                await self._log(end.state, f"run {run}: {done}{end.note or end.state}", campaign, run)
        except (StoreError, UsageError) as error:
            unwritten = None if written else error
            logger.error("run %s: its end could not be written: %s", run, error.message)  # noqa: TRY400
        try:
            await self._locks.release(claimed.lock.key, claimed.lock.token)
        except StoreError as error:
            logger.error("run %s: its lock could not be released: %s", run, error.message)  # noqa: TRY400
        return unwritten

    async def _log(self, action: str, text: str, campaign: str, run: int) -> None:
        await self._activity.add(self._me.user, str(action), text, campaign=campaign, run=run)

    async def _refuse_mistakes(self) -> None:
        """Find a URL, a key or a limit that can't be one before a run begins, not in it."""
        allowed_here(self._settings.health)
        await self._connect(RunInterrupt(), Meter()).close()


async def _to_its_end(last_words: Coroutine[Any, Any, BemaError | None]) -> BemaError | None:
    """Wait for the writing of a run's end, also when the run is cut short meanwhile: then it is ending already."""
    writing = asyncio.ensure_future(last_words)
    while not writing.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([writing])
    return writing.result()
