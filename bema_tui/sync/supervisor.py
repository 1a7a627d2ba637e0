"""Owns the runs at work in this process: a screen, a command or a timer starts them, a signal or the end stops them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from attrs import frozen

from bema_tui.errors import BemaError, UsageError
from bema_tui.interfaces import HealthMonitor
from bema_tui.model import DEFAULT_OPTIONS, RunKind, RunOptions
from bema_tui.sync.claimed_run import ClaimedRun
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.run_end import program_failed
from bema_tui.sync.runner import Runner

logger = logging.getLogger("bema_tui.sync")

LAST_REQUEST_SECONDS: Final = 1.0
"""What the request in flight gets when the line drops or the program must go."""


@frozen
class _AtWork:
    """A run at work in this process."""

    task: asyncio.Task[BemaError | None]
    """Its work; it returns the error that the run ended with."""
    interrupt: RunInterrupt
    """Stops it."""


class Supervisor:
    """Starts runs, and holds them until they have written their end. A run outlives the screen that started it."""

    def __init__(self, runner: Runner, monitor: HealthMonitor) -> None:
        """``monitor`` watches each run while it is at work."""
        self._runner = runner
        self._monitor = monitor
        self._at_work: dict[int, _AtWork] = {}
        self._failures: asyncio.Queue[str] = asyncio.Queue()
        self._stopped_by = ""
        self._cut: set[asyncio.Task[BemaError | None]] = set()

    async def start(self, code: str, *, kind: RunKind, options: RunOptions = DEFAULT_OPTIONS) -> int:
        """Start a run that reads and plans, and return its number.

        Raises:
            LockHeld: somebody else works on the campaign.
            BemaError: the run can't be started.
        """
        return self._work_on(await self._runner.claim(code, kind=kind, options=options))

    async def apply(self, run: int) -> int:
        """Start to apply a plan that waits.

        Raises:
            LockHeld: somebody else works on the campaign.
            BemaError: the run can't be started.
        """
        return self._work_on(await self._runner.claim_apply(run))

    async def resume(self, run: int) -> int:
        """Start to go on with a run that stopped, failed or was lost.

        Raises:
            LockHeld: its process, or another run, still works on the campaign.
            BemaError: the run can't be started.
        """
        return self._work_on(await self._runner.claim_resume(run))

    def own_runs(self) -> tuple[int, ...]:
        """Return the runs at work in this process."""
        return tuple(sorted(run for run, one in self._at_work.items() if not one.task.done()))

    async def failure(self) -> str:
        """Wait for the next run that ends with an error, and return what happened."""
        return await self._failures.get()

    async def ended(self, run: int) -> BemaError | None:
        """Wait until a run of this process has written its end; returns the error that it failed with, if it did."""
        task = self._at_work[run].task
        await asyncio.wait([task])
        return stopped("the end of the program", "") if task.cancelled() else task.result()

    async def shut_down(self, *, by: str, at_once: bool = False) -> None:
        """Stop every run of this process at its next safe point, and wait until all have written their end.

        A run that starts after this is stopped before its work. ``at_once`` gives the requests in flight one second;
        what is on its way then is unknown, and says so.
        """
        self._stopped_by = self._stopped_by or by
        for one in self._at_work.values():
            one.interrupt.stop(stopped(by, ""))
        tasks = self._tasks()
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=LAST_REQUEST_SECONDS if at_once else None)
        self.cut_short()
        if tasks := self._tasks():
            await asyncio.wait(tasks)

    def cut_short(self) -> None:
        """Leave the requests in flight; each run writes its end down, with what was on its way as unknown."""
        for task in self._tasks():
            if task not in self._cut:  # once is enough: it is ending then, and its end is written in any case
                self._cut.add(task)
                task.cancel()

    def _tasks(self) -> list[asyncio.Task[BemaError | None]]:
        return [one.task for one in self._at_work.values() if not one.task.done()]

    def _work_on(self, claimed: ClaimedRun) -> int:
        if claimed.run in self.own_runs():
            raise UsageError(f"Run {claimed.run} is at work already.")
        interrupt = RunInterrupt()
        if self._stopped_by:
            interrupt.stop(stopped(self._stopped_by, ""))
        task = asyncio.create_task(self._execute(claimed, interrupt), name=f"run {claimed.run}")
        self._at_work[claimed.run] = _AtWork(task, interrupt)
        return claimed.run

    async def _execute(self, claimed: ClaimedRun, interrupt: RunInterrupt) -> BemaError | None:
        try:
            await self._monitor.start_monitoring(claimed.run)
            await self._runner.execute(claimed, interrupt)
        except BemaError as error:
            logger.warning("run %s: %s", claimed.run, error)
            self._failures.put_nowait(f"run {claimed.run}: {error.message}")
            return error
        except Exception as error:
            # The one place that sees what a run did not foresee: it must not vanish with its task.
            logger.exception("run %s ended with an error of the program itself", claimed.run)
            failed = program_failed(error)
            self._failures.put_nowait(f"run {claimed.run}: {failed.message}")
            return failed
        finally:
            await self._monitor.stop_monitoring(claimed.run)
        return None
