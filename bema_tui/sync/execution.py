"""Executes one claimed run: connects it to both services, keeps its lock, and takes it through its phases."""

from __future__ import annotations

import logging
from datetime import timedelta

from bema_tui.bounds import PAUSED_AT_MOST
from bema_tui.errors import LockLost, RateLimited, StoreError
from bema_tui.model import Holder, RunState, holding_checks
from bema_tui.settings import Settings
from bema_tui.store.activity import Activity
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.findings import Findings
from bema_tui.store.ledger import Ledger
from bema_tui.store.members import Members
from bema_tui.store.orders import Orders
from bema_tui.store.runs import Runs
from bema_tui.sync.apply.apply_plan import apply_plan
from bema_tui.sync.claimed_run import ClaimedFor, ClaimedRun
from bema_tui.sync.connections import Connect, Connections
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.lock_keeper import LockKeeper
from bema_tui.sync.memory import MemoryWatch, allowed_here
from bema_tui.sync.plan.make_plan import make_plan
from bema_tui.sync.ports import RunLocks, RunStatistics
from bema_tui.sync.run_context import Meter, RunContext
from bema_tui.sync.run_end import RunEnd, end_without_yes
from bema_tui.sync.run_waits import waits_of_run
from bema_tui.waits import WaitBoard, until_utc

logger = logging.getLogger("bema_tui.sync")


class Execution:
    """The work of one run in this process."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        me: Holder,
        locks: RunLocks,
        statistics: RunStatistics,
        claimed: ClaimedRun,
        interrupt: RunInterrupt,
    ) -> None:
        """``interrupt`` stops the run."""
        self._db = db
        self._settings = settings
        self._me = me
        self._locks = locks
        self._statistics = statistics
        self._claimed = claimed
        self._interrupt = interrupt
        self._runs = Runs(db)

    async def execute(self, connect: Connect) -> RunEnd:
        """Do the work of the run until it ends or waits for a yes, and return which of them it is.

        Raises:
            BemaError: it could not go on; its ledger says how far it came.
        """
        run, fence = self._claimed.run, self._claimed.fence
        meter = Meter.of(await self._runs.request_counts(run))
        waits = waits_of_run(self._runs, run, fence, self._db.now)
        connections = connect(self._interrupt, meter, waits)
        try:
            await self._statistics.start_campaign(self._claimed.campaign, run)
            keeper = self._keeper(meter, waits)
            context = await self._context(connections, meter, waits, keeper)
            async with keeper:
                return await self._pausing_for_services(context, keeper)
        finally:
            try:
                await self._runs.update(run, fence, **meter.values())
            except (LockLost, StoreError):  # the run is told of these where it works
                logger.info("run %d: its last counts of requests are not kept", run, exc_info=True)
            await connections.close()

    async def _pausing_for_services(self, context: RunContext, keeper: LockKeeper) -> RunEnd:
        """Do the work; where a service asks for a long wait, pause, and go on as a resume would.

        Raises:
            RateLimited: the pauses of the run would come to more than a run is paused in all.
        """
        while True:
            try:
                return await self._work(context)
            except RateLimited as asked:
                if not keeper.may_pause(asked.seconds, waited=asked.waited):
                    raise
                await self._wait_out(asked, keeper)

    async def _work(self, context: RunContext) -> RunEnd:
        run = await self._runs.get(context.run)
        account = None
        if run.planned_at is None:
            account = await make_plan(context)
            if account is None:
                return RunEnd(RunState.DONE, note="nothing to do")
            run = await self._runs.get(context.run)
        if not run.may_apply:
            return end_without_yes(run)
        if run.yes_at is None and run.apply_started_at is None:
            await context.note(yes_at=self._db.now())
        # Whoever said yes to a plan that was held had seen it; a resume goes on from there, if the apply did not begin.
        seen = self._claimed.claimed_for is ClaimedFor.APPLY or bool(holding_checks(run.checks))
        approved = seen and run.apply_started_at is None
        return RunEnd(RunState.DONE, note=await apply_plan(context, account, approved=approved))

    async def _wait_out(self, asked: RateLimited, keeper: LockKeeper) -> None:
        now, run = self._db.now(), self._claimed.run
        until = until_utc(now + timedelta(seconds=asked.seconds), now)
        text = f"run {run} paused {until}: {asked.message}"
        await Activity(self._db).add(self._me.user, "pause", text, campaign=self._claimed.campaign, run=run)
        await keeper.wait_out(asked.message, asked.wait, asked.seconds)

    def _keeper(self, meter: Meter, waits: WaitBoard) -> LockKeeper:
        async def record(before: int, after: int) -> None:
            code, run = self._claimed.campaign, self._claimed.run
            await self._statistics.record_memory_cleanup(code, run, before=before, after=after)

        memory = MemoryWatch(allowed_here(self._settings.health), record, self._interrupt, waits)
        return LockKeeper(
            self._runs,
            self._locks,
            ControlRequests(self._db),
            self._claimed.run,
            self._claimed.fence,
            self._interrupt,
            waits=waits,
            meter=meter,
            heartbeat=self._settings.locks.heartbeat,
            now=self._db.now,
            checks=[memory.safe_point],
            paused_at_most=PAUSED_AT_MOST,
        )

    async def _context(
        self, connections: Connections, meter: Meter, waits: WaitBoard, keeper: LockKeeper
    ) -> RunContext:
        db, run, code, fence = self._db, self._claimed.run, self._claimed.campaign, self._claimed.fence
        return RunContext(
            run=run,
            campaign=await Campaigns(db).get(code),
            options=(await self._runs.get(run)).options,
            settings=self._settings,
            db=db,
            fence=fence,
            runs=self._runs,
            orders=Orders(db),
            findings=Findings(db),
            members=Members(db, code, run, fence),
            ledger=Ledger(db, run, code, fence),
            statistics=self._statistics,
            mailerlite=connections.mailerlite,
            shop=connections.shop,
            quota=connections.quota,
            interrupt=self._interrupt,
            meter=meter,
            waits=waits,
            safe_point=keeper.safe_point,
        )
