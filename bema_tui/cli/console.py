"""Opens the console on a database: the program owns the loop and the jobs, the screen runs inside it."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bema_tui import signals
from bema_tui.cli.common import open_workspace, run_async, say_wait
from bema_tui.errors import UsageError
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.operations.console import Console

_SIGNAL_STATUS: Final = 128


def open_console(settings: Settings) -> int:
    """Run the console until it is left, end what it started, and return the exit status."""
    require_screen()
    require_services(settings)
    return run_async(lambda: show_console(settings))


def require_screen() -> None:
    """Raise where no screen can be drawn.

    Raises:
        UsageError: the output is no terminal, or one that can't draw.
    """
    from bema_tui.tui.run import why_no_console

    reason = why_no_console(os.environ, tty=sys.stdout.isatty() and sys.stdin.isatty() and sys.stderr.isatty())
    if reason is not None:
        raise UsageError(reason)


async def show_console(settings: Settings) -> int:
    """Show the console on the settings' database until it is left, shut down what it started; returns the status."""
    from bema_tui.operations import console
    from bema_tui.tui.run import run_console

    async with open_workspace(settings) as workspace, console.open_console(workspace) as operations:
        status = _SIGNAL_STATUS
        with signals.held():
            try:
                status = await run_console(
                    workspace.reader,
                    operations,
                    operations.presence,
                    mode=workspace.mode,
                    user=workspace.me.user,
                    profile=settings.profile or workspace.me.user,
                    read_only=workspace.read_only,
                    fresh_for=timedelta(seconds=settings.write_limits.stale_after_seconds),
                    memory_lines=settings.health.memory_lines,
                    tell_waits_to=workspace.db.tell_waits_to,
                )
            finally:
                workspace.db.tell_waits_to(say_wait)
                # The terminal is restored by now; a signal leaves the request in flight one second, a person all it
                # takes, until a signal comes.
                await _shut_down(operations, at_once=status > _SIGNAL_STATUS)
                signals.finish()
    return status


async def _shut_down(operations: Console, *, at_once: bool) -> None:
    loop = asyncio.get_running_loop()
    ends = [loop.create_task(operations.shut_down(at_once=at_once))]

    def hurry() -> None:
        ends.append(loop.create_task(operations.shut_down(at_once=True)))

    with signals.handed_to(lambda _name: loop.call_soon_threadsafe(hurry)):
        await asyncio.wait(ends[:1])
    await asyncio.gather(*ends)
