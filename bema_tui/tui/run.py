"""Starts the console where it can work, owns its end: signals and a dropped line leave the screen at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta, tzinfo

from bema_tui import signals
from bema_tui.clock import Clock, utc_now
from bema_tui.environment import can_draw
from bema_tui.errors import BemaError
from bema_tui.health import MemoryLines
from bema_tui.model import Mode
from bema_tui.operations.console import ConsoleOperations
from bema_tui.tui.app import BemaApp
from bema_tui.tui.drawing.line import TerminalLine, drawn_on_line, restored_on_line
from bema_tui.tui.glyphs import choose_glyphs
from bema_tui.tui.ports import Presence, Reader
from bema_tui.tui.render_context import FRESH_FOR, MEMORY_LINES, RenderContext
from bema_tui.waits import TellWait

_log = logging.getLogger(__name__)
_LINE_CHECK_SECONDS = 0.5
_GOODBYE_SECONDS = 0.5


def why_no_console(environment: Mapping[str, str], *, tty: bool) -> str | None:
    """Why no screen can be drawn here, with what to use in its place; None when it can."""
    if not tty:
        reason = "the console needs a terminal, and its output is not one"
    elif not can_draw(environment):
        reason = f"the console can't draw on TERM={environment.get('TERM', '') or '(not set)'}"
    else:
        return None
    return f"{reason}. Every action is also a command with --json, for one: bema-tui runs --json"


def hung_up(descriptor: int) -> bool:
    """Whether the terminal behind this descriptor is gone."""
    poll = select.poll()
    try:
        poll.register(descriptor, select.POLLHUP)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
    except (OSError, ValueError):
        return True


async def run_console(
    reader: Reader,
    operations: ConsoleOperations,
    presence: Presence | None,
    *,
    mode: Mode,
    profile: str,
    user: str,
    read_only: bool = False,
    theme: str = "dark",
    zone: tzinfo | None = None,
    fresh_for: timedelta = FRESH_FOR,
    memory_lines: MemoryLines = MEMORY_LINES,
    clock: Clock = utc_now,
    busy_every: float = 1.0,
    idle_every: float = 2.0,
    tell_waits_to: Callable[[TellWait], None] | None = None,
) -> int:
    """Show the console until the person leaves it, and return the exit status; ``why_no_console`` is asked before.

    ``tell_waits_to`` is given who is to be told what the process waits for while the screen stands: its footer.
    SIGINT, SIGTERM, SIGHUP and a terminal that is gone leave the screen at once with 128 plus the signal's number.
    Jobs are not touched here: the caller shuts them down when this returns, with the terminal already restored.
    """
    glyphs = choose_glyphs(os.environ)
    context = RenderContext(
        now=clock(),
        mode=mode,
        profile=profile,
        me=user,
        read_only=read_only,
        glyphs=glyphs,
        zone=zone,
        fresh_for=fresh_for,
        memory_lines=memory_lines,
    )
    app = BemaApp(
        reader,
        operations,
        context,
        presence=presence,
        theme=theme,
        clock=clock,
        busy_every=busy_every,
        idle_every=idle_every,
    )
    if tell_waits_to is not None:
        tell_waits_to(lambda wait, _until: app.say(str(wait), "warn") if app.is_running else None)
    with drawn_on_line(ascii_only=glyphs.ascii) as line:
        app.driver_class = restored_on_line(app.driver_class, line)
        async with _leaving(app, line):
            await app.run_async(mouse=os.environ.get("BEMA_MOUSE", "1") != "0")
    if presence is not None:
        await _say_closed(presence)
    return app.return_code or 0


async def _say_closed(presence: Presence) -> None:
    """Take this console off the others' screens; nobody waits for it: they also see its signs of life end."""
    try:
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await presence.closed()
    except (BemaError, TimeoutError):
        _log.warning("the others could not be told that this console is closed", exc_info=True)


@contextlib.asynccontextmanager
async def _leaving(app: BemaApp, line: TerminalLine) -> AsyncIterator[None]:
    """Signals and a dropped line end the app, as long as this lasts."""
    loop = asyncio.get_running_loop()

    def on_signal(name: str) -> None:
        loop.call_soon_threadsafe(_leave, app, signal.Signals[name])

    watching = asyncio.create_task(_watch_line(app, line), name="terminal line")
    try:
        with signals.handed_to(on_signal):
            yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def _leave(app: BemaApp, number: int) -> None:
    app.exit(return_code=128 + number)


async def _watch_line(app: BemaApp, line: TerminalLine) -> None:
    """Leave when the terminal is gone, and draw all anew when one that took nothing takes something again.

    It can go without a signal (when SIGHUP went to somebody else): then nobody is left to press a key.
    """
    descriptor = sys.stdin.fileno()
    while True:
        await asyncio.sleep(_LINE_CHECK_SECONDS)
        if hung_up(descriptor):
            _leave(app, signal.SIGHUP)
            return
        if line.take_up():
            app.redraw()
