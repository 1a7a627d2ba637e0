"""Executes a run without a screen: signals stop it at a safe point, and its end becomes an exit status."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import click
from attrs import frozen

from bema_tui import signals
from bema_tui.cli.progress import follow
from bema_tui.errors import BemaError, LockLost, StoreError
from bema_tui.model import RunState
from bema_tui.operations.jobs import open_jobs
from bema_tui.operations.runs import Attention, attention

if TYPE_CHECKING:
    from bema_tui.operations.jobs import Jobs
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import RunView

logger = logging.getLogger("bema_tui.cli")

DONE: Final = 0
FAILED: Final = 1
ATTENTION: Final = 3
STOPPED: Final = 5


@frozen
class EndedRun:
    """A run as it stands at its end."""

    run: RunView
    """The run."""
    error: BemaError | None
    """The error that ended it, also where the database could not take it in."""
    attention: Attention
    """What of it needs a person."""

    @property
    def status(self) -> int:
        """0 done, 1 failed, 2 wrong settings, 3 done but somebody is needed, 5 stopped. Precedence: 2, 5, 1, 3, 0."""
        if self.error is not None:
            return self.error.exit_status
        if self.run.state in {RunState.STOPPED, RunState.LOST, RunState.PAUSED}:
            return STOPPED
        if self.run.state is RunState.FAILED:
            return FAILED
        needed = self.run.state is RunState.NEEDS_APPROVAL or self.attention.needed
        return ATTENTION if needed else DONE


StartRun = Callable[["Workspace", "Jobs"], Awaitable[int]]
"""Starts a run, and returns its number."""


async def execute(workspace: Workspace, start: StartRun, *, quiet: bool) -> EndedRun:
    """Start a run, execute it to its end, and return how it stands then.

    The first signal asks it to stop; a second one, or one that means that the line is gone, cuts short what is in
    flight. A signal while it starts stops it as soon as it has started: then it has a number, and nothing is left half
    open.

    Raises:
        BemaError: it could not be started. How it ended otherwise stands in the run.
    """
    jobs = open_jobs(workspace)
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Task[None]] = []

    def stop(name: str) -> None:
        if ends:
            jobs.cut_short()
        else:
            ends.append(loop.create_task(jobs.shut_down(by=name, at_once=name != "SIGINT")))

    with signals.handed_to(lambda name: loop.call_soon_threadsafe(stop, name)):
        number = await start(workspace, jobs)
        progress = asyncio.create_task(follow(workspace, number, quiet=quiet))
        try:
            error = await jobs.ended(number)
        finally:
            progress.cancel()
            (ended,) = await asyncio.gather(progress, return_exceptions=True)
            if isinstance(ended, Exception):  # the terminal is gone, for one: that ends no run
                logger.warning("what stderr says of the run ended: %s", ended)
        await asyncio.gather(*ends)
    try:
        run = await workspace.reader.run(number)
    except StoreError as unreadable:  # most likely for the very reason that ended the run: that is said once
        raise error or unreadable from None
    if error is not None and not isinstance(error, LockLost):
        click.echo(f"bema-tui: run {number}: {error}", err=True)
    return await stands(workspace, run, error)


async def stands(workspace: Workspace, run: RunView, error: BemaError | None = None) -> EndedRun:
    """How a run stands that is not at work; one that came to its end or waits, with what of it needs a person."""
    cut = error is not None or run.state in {RunState.STOPPED, RunState.LOST, RunState.PAUSED, RunState.FAILED}
    return EndedRun(run, error, Attention({}, 0) if cut else await attention(workspace, run))
