"""Owns the jobs of this process: a screen, a command or a signal asks, the supervisor starts, stops and settles."""

from __future__ import annotations

import asyncio
import logging

from bema_tui.control import ControlVerb
from bema_tui.errors import BemaError, UsageError
from bema_tui.model import Holder
from bema_tui.run_records import RunKind
from bema_tui.store.activity import Activity
from bema_tui.store.database import Database
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.runs import Runs
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.runner import Begun, Runner

logger = logging.getLogger("bema_tui.sync")

LAST_REQUEST_SECONDS = 1.0  # what the request in flight gets when the line drops or the program must go


class Supervisor:
    """Implements ``tui.backend.Backend``. A job outlives the screen that started it until it is settled."""

    def __init__(self, db: Database, runner: Runner, locks: DatabaseLocks, me: Holder) -> None:
        self._db = db
        self._runner = runner
        self._locks = locks
        self._me = me
        self._runs = Runs(db)
        self._jobs: dict[int, tuple[asyncio.Task[None], RunInterrupt]] = {}
        self._failures: asyncio.Queue[str] = asyncio.Queue()

    async def start(self, code: str, *, kind: RunKind) -> int:
        """Begin a run that reads and plans, and answer its number."""
        return self._go(await self._runner.begin(code, kind=kind))

    async def apply(self, run: int) -> None:
        """Begin to apply a waiting plan."""
        self._go(await self._runner.begin_apply(run))

    async def resume(self, run: int) -> None:
        """Take up a stopped or lost run."""
        self._go(await self._runner.begin_resume(run))

    async def ask(self, run: int, verb: ControlVerb, reason: str) -> None:
        """Write down what somebody wants of a run, whoever's it is."""
        await self._runs.ask(run, verb, self._me.user, reason)
        text = f"asked run {run} to {verb}" + (f": {reason}" if reason else "")
        found = await self._runs.get(run)
        await Activity(self._db).add(self._me.user, verb, text, campaign=found.campaign, run=run)

    async def discard(self, run: int) -> None:
        """Throw a waiting plan away."""
        await self._runs.discard(run, self._me.user)
        found = await self._runs.get(run)
        await Activity(self._db).add(
            self._me.user, "discard", f"discarded plan {run}", campaign=found.campaign, run=run
        )

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        """Release a lock."""
        await self._locks.release_lock(lock_id, reason=reason, force=force)

    def own_runs(self) -> tuple[int, ...]:
        """The runs at work in this process."""
        return tuple(sorted(run for run, (task, _) in self._jobs.items() if not task.done()))

    async def failure(self) -> str:
        """Wait for the next job that ends with an error, and answer what happened."""
        return await self._failures.get()

    async def settle(self, *, by: str, at_once: bool = False) -> None:
        """Stop every job of this process at its next safe point and wait until all have written their end.

        ``at_once`` gives the requests in flight one second; what is on its way then is unknown, and says so.
        """
        for _, interrupt in self._jobs.values():
            interrupt.stop(stopped(by, ""))
        tasks = [task for task, _ in self._jobs.values() if not task.done()]
        if not tasks:
            return
        _, pending = await asyncio.wait(tasks, timeout=LAST_REQUEST_SECONDS if at_once else None)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)

    def _go(self, begun: Begun) -> int:
        if begun.run in self._jobs and not self._jobs[begun.run][0].done():
            raise UsageError(f"Run {begun.run} is at work already.")
        interrupt = RunInterrupt()
        task = asyncio.create_task(self._carry_out(begun, interrupt), name=f"run {begun.run}")
        self._jobs[begun.run] = (task, interrupt)
        return begun.run

    async def _carry_out(self, begun: Begun, interrupt: RunInterrupt) -> None:
        try:
            await self._runner.carry_out(begun, interrupt)
        except BemaError as error:
            logger.warning("run %s: %s", begun.run, error)
            self._failures.put_nowait(f"run {begun.run}: {error.message}")
        except Exception as error:
            # The one place that sees what a job did not foresee: it must not vanish with its task.
            logger.exception("run %s ended with an error of the program itself", begun.run)
            self._failures.put_nowait(
                f"run {begun.run}: the program itself failed ({type(error).__name__}); see the log"
            )
