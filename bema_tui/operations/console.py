"""What a console may ask for: everything else that it does is reading the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from bema_tui.errors import StoreError
from bema_tui.model import ControlVerb, RunKind
from bema_tui.operations import locks, runs
from bema_tui.operations.health import open_monitor
from bema_tui.operations.jobs import open_jobs
from bema_tui.operations.workspace import Workspace
from bema_tui.store.presence import Presence
from bema_tui.sync.supervisor import Supervisor

logger = logging.getLogger("bema_tui.console")

_SWEEP_SECONDS: Final = 60


class ConsoleOperations(Protocol):
    """Starts and steers runs. Each call returns quickly; the work goes on beside it and shows in the database."""

    async def start(self, code: str, *, kind: RunKind) -> int:
        """Begin a run that reads and plans, and return its number; its plan waits for a yes.

        Raises:
            LockHeld: another run holds the campaign.
            BemaError: the run can't begin.
        """
        ...

    async def apply(self, run: int) -> None:
        """Begin to apply a waiting plan; the person at the console has seen it and said yes."""
        ...

    async def resume(self, run: int) -> None:
        """Go on with a stopped, failed or lost run from its ledger."""
        ...

    async def control(self, run: int, verb: ControlVerb, reason: str) -> None:
        """Ask something of a run of anybody; it obeys at its next safe point."""
        ...

    async def discard(self, run: int) -> None:
        """Throw a waiting plan away; nothing of it was written."""
        ...

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        """Release a lock."""
        ...

    def own_runs(self) -> tuple[int, ...]:
        """The runs that this process works on at this moment."""
        ...

    async def end_own_runs(self, reason: str) -> None:
        """Ask the runs of this process to stop."""
        ...

    async def failure(self) -> str:
        """Wait until a job of this console ends with an error, and return its message for the footer."""
        ...


class Console:
    """Implements ``ConsoleOperations`` on an open workspace."""

    def __init__(self, workspace: Workspace, jobs: Supervisor) -> None:
        self.workspace = workspace
        self.presence = Presence(workspace.db, workspace.me)
        self._jobs = jobs

    async def start(self, code: str, *, kind: RunKind) -> int:
        """Begin a run that reads and plans, and return its number."""
        return await runs.start(self.workspace, self._jobs, code, kind)

    async def apply(self, run: int) -> None:
        """Begin to apply a waiting plan."""
        await runs.apply(self.workspace, self._jobs, run)

    async def resume(self, run: int) -> None:
        """Go on with a stopped, failed or lost run."""
        await runs.resume(self.workspace, self._jobs, run)

    async def control(self, run: int, verb: ControlVerb, reason: str) -> None:
        """Ask something of a run."""
        await runs.control(self.workspace, run, verb, reason)

    async def discard(self, run: int) -> None:
        """Throw a waiting plan away."""
        await runs.discard(self.workspace, run)

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        """Release a lock."""
        await locks.release(self.workspace, lock_id, reason=reason, force=force)

    def own_runs(self) -> tuple[int, ...]:
        """The runs of this process."""
        return self._jobs.own_runs()

    async def end_own_runs(self, reason: str) -> None:
        """Ask the runs of this process to stop."""
        await runs.end_own(self.workspace, self._jobs, reason)

    async def failure(self) -> str:
        """Wait until a job of this process ends with an error."""
        return await self._jobs.failure()

    async def shut_down(self, *, at_once: bool) -> None:
        """Stop the runs of this process and wait until they have written their end; ``at_once`` within a second."""
        await self._jobs.shut_down(by=self.workspace.me.user, at_once=at_once)


@asynccontextmanager
async def open_console(workspace: Workspace) -> AsyncIterator[Console]:
    """While this lasts, health is measured and stale locks are released; the runs are the caller's to shut down."""
    monitor = open_monitor(workspace)
    await monitor.start_monitoring()
    sweeper = asyncio.create_task(_sweep(workspace), name="sweeper")
    try:
        yield Console(workspace, open_jobs(workspace))
    finally:
        sweeper.cancel()
        await monitor.stop_monitoring()


async def _sweep(workspace: Workspace) -> None:
    """Release stale locks again and again; whatever keeps it from that is tried again at the next turn."""
    sweep = workspace.locks.release_owed if workspace.read_only else workspace.locks.sweep
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await sweep()
        except StoreError as error:
            logger.warning("the sweeper can't use the database: %s", error.message)
        except Exception:
            # Nobody awaits the sweeper: an error that ended it would leave stale locks until the console is left.
            logger.exception("the sweeper failed")
