"""Opens the console on a database: the program owns the loop and the jobs, the screen runs inside it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from bema_tui import signals
from bema_tui.cli.common import World, open_world, run_async, say_wait
from bema_tui.cli.monitoring import make_monitor
from bema_tui.errors import StoreError, UsageError
from bema_tui.loopback import is_loopback
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.sync.supervisor import Supervisor

_SIGNAL_STATUS = 128
_SWEEP_SECONDS = 60
logger = logging.getLogger("bema_tui.console")


def mode_of(settings: Settings) -> Literal["LIVE", "SIMULATOR"]:
    """``LIVE``, unless both services are on this very machine: no real people can be mailed from there."""
    hosts = [urlsplit(url).hostname or "" for url in (settings.mailerlite.url, settings.edd.url)]
    return "SIMULATOR" if all(map(is_loopback, hosts)) else "LIVE"


def open_console(settings: Settings) -> int:
    """Run the console until it is left, settle what it started, and answer the exit status."""
    require_screen()
    require_services(settings)
    return run_async(lambda: show_console(settings))


def require_screen() -> None:
    """Raise where no screen can be drawn.

    Raises:
        UsageError: the output is no terminal, or one that can't draw.
    """
    from bema_tui.tui.run import why_not

    reason = why_not(os.environ, tty=sys.stdout.isatty() and sys.stdin.isatty() and sys.stderr.isatty())
    if reason is not None:
        raise UsageError(reason.removeprefix("bema-tui: "))


async def _sweep(world: World) -> None:
    """Release stale locks while the console is open; a database that is busy is tried again at the next turn."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await world.locks.sweep()
        except StoreError as error:
            logger.warning("the sweeper can't use the database: %s", error.message)


async def show_console(settings: Settings) -> int:
    """Show the console on the settings' database until it is left, settle what it started, and return the status."""
    from bema_tui.store.presence import Presence
    from bema_tui.sync.connections import connector
    from bema_tui.sync.runner import Runner
    from bema_tui.sync.supervisor import Supervisor
    from bema_tui.tui.run import run_console

    async with open_world(settings) as world:
        runner = Runner(world.db, settings, world.me, world.locks, connector(world.db, settings))
        supervisor = Supervisor(world.db, runner, world.locks, world.me)
        monitor = make_monitor(world)
        await monitor.start_monitoring()
        sweeper = asyncio.create_task(_sweep(world), name="sweeper")
        status = _SIGNAL_STATUS
        with signals.held():
            try:
                status = await run_console(
                    world.reader,
                    supervisor,
                    Presence(world.db, world.me),
                    mode=mode_of(settings),
                    user=world.me.user,
                    profile=settings.profile or world.me.user,
                    read_only=settings.read_only,
                    fresh_for=timedelta(seconds=settings.write_limits.stale_after_seconds),
                    memory_lines=settings.health.memory_lines,
                    tell_waits_to=world.db.tell_waits_to,
                )
            finally:
                world.db.tell_waits_to(say_wait)
                # The terminal is restored by now; a signal leaves the request in flight one second, a person all it
                # takes, until a signal comes.
                sweeper.cancel()
                await _settle(supervisor, by=world.me.user, at_once=status > _SIGNAL_STATUS)
                await monitor.stop_monitoring()
                signals.finish()
    return status


async def _settle(supervisor: Supervisor, *, by: str, at_once: bool) -> None:
    loop = asyncio.get_running_loop()
    settling = [loop.create_task(supervisor.settle(by=by, at_once=at_once))]

    def hurry() -> None:
        settling.append(loop.create_task(supervisor.settle(by=by, at_once=True)))

    with signals.handed_to(lambda _name: loop.call_soon_threadsafe(hurry)):
        await asyncio.wait(settling[:1])
    for task in settling:
        await task
