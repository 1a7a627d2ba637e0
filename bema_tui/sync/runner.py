"""Carries a run from its lock to its end: read both sides, plan, wait for a yes, apply, count, unlock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, timedelta

from attrs import frozen

from bema_tui.bounds import PAUSED_AT_MOST
from bema_tui.errors import BemaError, LockLost, RateLimited, Stopped, StoreError, UsageError
from bema_tui.model import DEFAULT_OPTIONS, Holder, Lock, RunError, RunKind, RunOptions, RunState
from bema_tui.monitor.measure import resident_bytes
from bema_tui.rules.wording.checks import hold_text
from bema_tui.settings import Settings
from bema_tui.store.activity import Activity
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.findings import Findings
from bema_tui.store.ledger import Ledger
from bema_tui.store.members import People
from bema_tui.store.orders import Orders
from bema_tui.store.run_rows import Run
from bema_tui.store.runs import Runs
from bema_tui.store.statistics import Statistics
from bema_tui.sync.apply.apply_plan import apply_plan
from bema_tui.sync.connections import Connect, Connections
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.lock_keeper import Keeper
from bema_tui.sync.memory import MemoryWatch, allowed_here
from bema_tui.sync.plan.make_plan import make_plan
from bema_tui.sync.ports import RunLocks, RunStatistics
from bema_tui.sync.run_context import Job, Meter
from bema_tui.sync.run_waits import waits_of_run
from bema_tui.waits import WaitBoard, until_words

logger = logging.getLogger("bema_tui.sync")

_WAITING = tuple(state for state in RunState if state.waiting)
_RESUMED = tuple(state for state in RunState if state.resumable or state.active)
"""States in which a run can be claimed to go on: also those at work, for whoever gets the campaign's lock knows that
the process of such a run is gone, and nobody has written that down yet."""


@frozen
class Begun:
    """A run that holds its lock and has a number, before its work begins."""

    run: int
    campaign: str
    lock: Lock
    what: str  # plan, apply, resume
    kind: RunKind


class Runner:
    """The engine of one process. Each ``begin_*`` takes the lock at once or raises; ``carry_out`` does the work."""

    def __init__(self, db: Database, settings: Settings, me: Holder, locks: RunLocks, connect: Connect) -> None:
        self._db = db
        self._settings = settings
        self._me = me
        self._locks = locks
        self._connect = connect
        self._runs = Runs(db)
        self._activity = Activity(db)
        self._statistics: RunStatistics = Statistics(db, resident_bytes)

    async def begin(self, code: str, *, kind: RunKind, options: RunOptions = DEFAULT_OPTIONS) -> Begun:
        """Take a campaign's lock and open a new run on it.

        Raises:
            LockHeld: somebody else works on the campaign.
            UsageError: there is no such campaign.
            ConfigurationError: an address or a key can't be one.
        """
        campaign = await Campaigns(self._db).get(code)
        await self._refuse_mistakes()
        lock = await self._locks.acquire_lock(campaign.code, kind)
        try:
            run = await self._runs.create(kind, campaign.code, self._me, options)
            await self._locks.assign(lock.key, lock.token, run)
            fence = Fence(lock.key, lock.token)
            await self._runs.claim(run, [RunState.PLANNING], fence, self._me)
            await self._runs.abandon_others(run, campaign.code, fence)
        except BaseException:
            await self._locks.give_back(lock.key, lock.token)
            raise
        await self._say(kind, f"{kind} {campaign.code}", campaign.code, run)
        return Begun(run, campaign.code, lock, "plan", kind)

    async def begin_apply(self, run: int) -> Begun:
        """Take the lock for a plan that waits; this call is the yes of somebody who saw it.

        Raises:
            UsageError: the run does not wait for a yes any more.
            LockHeld: somebody else works on the campaign.
        """
        found = await self._runs.get(run)
        return await self._take_up(found, "apply", _WAITING, yes_by=self._me.user)

    async def begin_resume(self, run: int) -> Begun:
        """Take up a stopped, failed or lost run where its ledger stands.

        Raises:
            UsageError: the run waits, is done, was discarded, or was overtaken by a newer one.
            LockHeld: its process, or another run, still works on the campaign.
        """
        return await self._take_up(await self._runs.get(run), "resume", _RESUMED)

    async def _take_up(
        self, found: Run, what: str, states: tuple[RunState, ...], *, yes_by: str | None = None
    ) -> Begun:
        await self._refuse_mistakes()
        lock = await self._locks.acquire_lock(found.campaign, what, run=found.id)
        state = RunState.APPLYING if what == "apply" or found.may_apply else RunState.PLANNING
        fence = Fence(lock.key, lock.token)
        try:
            claimed = await self._runs.claim(found.id, states, fence, self._me, state=state, yes_by=yes_by)
            if not claimed:
                raise UsageError(  # noqa: TRY301
                    f"Somebody else was quicker with run {found.id}.", advice="`bema-tui runs` shows its state."
                )
            await ControlRequests(self._db).set_aside(found.id)
            await self._runs.abandon_others(found.id, found.campaign, fence)
        except BaseException:
            await self._locks.give_back(lock.key, lock.token)
            raise
        await self._say(what, f"{what} run {found.id}", found.campaign, found.id)
        return Begun(found.id, found.campaign, lock, what, found.kind)

    async def carry_out(self, begun: Begun, interrupt: RunInterrupt) -> RunState:
        """Do the work of a begun run to its end, whatever happens, and answer the state it ended in.

        Raises:
            BemaError: why it failed; the run and its ledger say the same.
        """
        fence = Fence(begun.lock.key, begun.lock.token)
        began = time.monotonic()
        ended = _End(RunState.FAILED)
        try:
            ended = await self._guarded(lambda: self._connected(begun, fence, interrupt))
        finally:
            await asyncio.shield(self._end(begun, fence, ended, time.monotonic() - began))
        if ended.error is not None and not isinstance(ended.error, Stopped):
            raise ended.error
        return ended.state

    async def _connected(self, begun: Begun, fence: Fence, interrupt: RunInterrupt) -> _End:
        """Prepare both services, keep the lock alive beside the work, and close the connections after it."""
        run = await self._runs.get(begun.run)
        counter = Meter(*await self._runs.meter(begun.run))
        waits = waits_of_run(self._runs, begun.run, fence, self._db.now)
        connections = self._connect(interrupt, counter, waits)
        try:
            job = await self._job(run, begun, fence, counter, connections, interrupt, waits)
            await self._statistics.start_campaign(begun.campaign, begun.run)
            keeper = Keeper(
                self._runs,
                self._locks,
                ControlRequests(self._db),
                begun.run,
                fence,
                interrupt,
                waits=waits,
                meter=counter,
                heartbeat=self._settings.locks.heartbeat,
                now=self._db.now,
            )
            keeper.also(self._memory_watch(job).safe_point)
            job.safe_point = keeper.safe_point
            left = PAUSED_AT_MOST
            async with keeper:
                while True:
                    try:
                        return await self._work(job, keeper, begun, connections)
                    except RateLimited as asked:
                        left -= asked.waited + asked.seconds
                        if left < 0:
                            raise
                        await self._wait_out(job, keeper, asked)
        finally:
            with suppress(LockLost, StoreError):  # the run is told of these where it works
                await self._runs.update(begun.run, fence, **counter.values())
            await connections.close()

    async def _work(self, job: Job, keeper: Keeper, begun: Begun, connections: Connections) -> _End:
        run = await self._runs.get(begun.run)
        account = None
        if run.planned_at is None:
            account = await make_plan(job, self._statistics, connections.gate)
            if account is None:
                return _End(RunState.DONE, note="nothing to do")
            run = await self._runs.get(begun.run)
        if not run.may_apply:
            why = hold_text(run.checks)
            return _End(RunState.NEEDS_APPROVAL if why else RunState.PLANNED, note=why or "waits for a yes")
        if run.yes_at is None and run.apply_started_at is None:
            await job.note(yes_at=self._db.now())
        approved = begun.what == "apply"
        note = await apply_plan(job, keeper, connections.gate, self._statistics, account=account, approved=approved)
        return _End(RunState.DONE, note=note)

    async def _wait_out(self, job: Job, keeper: Keeper, asked: RateLimited) -> None:
        """Pause the run for as long as a service asks for; its work is then taken up as a resume would."""
        state = (await self._runs.get(job.run)).state
        now = self._db.now()
        until = until_words(now + timedelta(seconds=asked.seconds), now, UTC)
        await self._say("pause", f"run {job.run} paused {until} UTC: {asked.message}", job.campaign.code, job.run)
        await keeper.wait_out(state, asked.message, asked.wait, asked.seconds)
        job.people_read = 0
        job.set_aside.clear()
        job.unsettled.clear()

    async def _guarded(self, work: Callable[[], Awaitable[_End]]) -> _End:
        """The one place where a run's error becomes the state it ended in."""
        try:
            return await work()
        except Stopped as error:
            return _End(RunState.STOPPED, error, note=error.message)
        except LockLost as error:
            return _End(RunState.LOST, error, note=error.message)
        except BemaError as error:
            return _End(RunState.FAILED, error, note=error.message)
        except asyncio.CancelledError:
            # The process is going down: what was on its way is unknown, and one resume away.
            return _End(RunState.STOPPED, stopped("the end of the program", ""), note="the program ended")
        except Exception as error:
            logger.exception("a run ended with an error of the program itself")
            wrong = BemaError(
                f"The program itself failed: {type(error).__name__}.",
                tried="carry out a run",
                advice="The log has the details. What was written is in the ledger; the run can be resumed.",
            )
            return _End(RunState.FAILED, wrong, note=wrong.message)

    async def _job(
        self,
        run: Run,
        begun: Begun,
        fence: Fence,
        meter: Meter,
        connections: Connections,
        interrupt: RunInterrupt,
        waits: WaitBoard,
    ) -> Job:
        campaign = await Campaigns(self._db).get(begun.campaign)
        return Job(
            db=self._db,
            settings=self._settings,
            run=begun.run,
            campaign=campaign,
            fence=fence,
            runs=self._runs,
            orders=Orders(self._db),
            findings=Findings(self._db),
            people=People(self._db, begun.campaign, begun.run, fence),
            ledger=Ledger(self._db, begun.run, begun.campaign, fence),
            mailerlite=connections.mailerlite,
            shop=connections.shop,
            interrupt=interrupt,
            meter=meter,
            waits=waits,
            options=run.options,
            canary_done=run.canary_done,
        )

    async def _end(self, begun: Begun, fence: Fence, ended: _End, seconds: float) -> None:
        """Settle the run's row, its ledger and its lock. A database that fails here has failed the run already."""
        run = begun.run
        try:
            await Ledger(self._db, run, begun.campaign, fence).mark_unknown()
            written = await self._runs.finish(
                run,
                begun.lock.token,
                ended.state,
                seconds=seconds,
                error=RunError.of(ended.error) if ended.error and ended.state is RunState.FAILED else None,
                note=ended.note,
                ended=not ended.state.waiting,
            )
            await self._statistics.end_campaign(begun.campaign, run, outcome=ended.state)
            if written:
                done = "done, " if ended.state is RunState.DONE and ended.note else ""
                await self._say(str(ended.state), f"run {run} {done}{ended.note or ended.state}", begun.campaign, run)
        except (StoreError, UsageError) as error:
            logger.error("run %s: its end could not be written: %s", run, error.message)  # noqa: TRY400
        try:
            await self._locks.give_back(begun.lock.key, begun.lock.token)
        except StoreError as error:
            logger.error("run %s: its lock could not be released: %s", run, error.message)  # noqa: TRY400

    async def _say(self, action: str, text: str, campaign: str, run: int) -> None:
        await self._activity.add(self._me.user, action, text, campaign=campaign, run=run)

    async def _refuse_mistakes(self) -> None:
        """Find an address, a key or a limit that can't be one before a run begins, not in it."""
        allowed_here(self._settings.health)
        await self._connect(RunInterrupt(), Meter()).close()

    def _memory_watch(self, job: Job) -> MemoryWatch:
        async def record(before: int, after: int) -> None:
            await self._statistics.record_memory_cleanup(job.campaign.code, job.run, before=before, after=after)

        return MemoryWatch(allowed_here(self._settings.health), record, job.interrupt, job.waits)


@frozen
class _End:
    """How a run's work ended."""

    state: RunState
    error: BemaError | None = None
    note: str = ""
