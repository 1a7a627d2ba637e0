"""What stderr says while a command works: where its run is, and what is waited for until when."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import click

from bema_tui.cells import cut
from bema_tui.cli.common import say
from bema_tui.environment import can_draw
from bema_tui.errors import StoreError
from bema_tui.model import RunState
from bema_tui.operations.waits import wait_of_run
from bema_tui.rules.wording.phases import phase_text
from bema_tui.text import clean
from bema_tui.waits import Wait, stalled_words, wait_words_utc

if TYPE_CHECKING:
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import RunView

_LOOK_EVERY: Final = 1.0  # seconds
_SAME: Final = timedelta(seconds=2)
_LONGEST: Final = 500  # characters
_log = logging.getLogger(__name__)

Found = TypeVar("Found")


class Look(Generic[Found]):
    """Looks at a run again and again. Why it can't is logged once, until it can or errs otherwise.

    It is not said: the run is of this process and meets the same error, which ends it and is said then, once.
    """

    def __init__(self, run: int, read: Callable[[], Awaitable[Found]]) -> None:
        self._run = run
        self._read = read
        self._problem: type[StoreError] | None = None

    async def __call__(self) -> Found | None:
        """Returns what was read, or None if nothing could be."""
        try:
            found = await self._read()
        except StoreError as error:
            if type(error) is not self._problem:
                _log.warning("run %s can't be looked at", self._run, exc_info=True)
            self._problem = type(error)
            return None
        self._problem = None
        return found


async def follow(workspace: Workspace, run: int, *, quiet: bool) -> None:
    """Show on stderr, until cancelled, where a run is; without a terminal, or if ``quiet``, only what it waits for."""
    if not quiet and sys.stderr.isatty() and can_draw(os.environ):
        await _redraw(workspace, run)
    else:
        await _tell_waits(workspace, run)


async def _redraw(workspace: Workspace, run: int) -> None:
    """One line that says where the run is."""
    last = ""
    look = Look(run, lambda: workspace.reader.run(run))
    try:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            view = await look()
            if view is None:
                continue
            text = progress_line(view, workspace.db.now(), shutil.get_terminal_size().columns - 1)
            if text != last:
                click.echo(f"\r\x1b[K{text}", err=True, nl=False)
                last = text
    finally:
        if last:
            click.echo("\r\x1b[K", err=True, nl=False)


def progress_line(view: RunView, now: datetime, width: int) -> str:
    """Returns where a run is, in at most ``width`` cells: a line that wraps could not be drawn over."""
    part = f" {view.recorded:,}/{view.total:,} changes" if view.total else ""
    doing = view.note if view.state is RunState.PAUSED else phase_text(view.phase)
    if view.waiting_for is not None and view.waiting_until is not None:
        doing = wait_words_utc(view.waiting_for, view.waiting_until, now)
    if view.stalled_seconds:
        doing = f"{doing}, {stalled_words(view.stalled_seconds)}"
    return cut(clean(f"run {view.id} {view.campaign}: {doing}{part}", _LONGEST), width)


async def _tell_waits(workspace: Workspace, run: int) -> None:
    """One line for each wait."""
    told: tuple[Wait, datetime] | None = None
    look = Look(run, lambda: wait_of_run(workspace, run))
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        found = await look()
        if found is not None and not _alike(found, told):
            say(f"run {run} {wait_words_utc(*found, workspace.db.now())}")
        told = found or told


def _alike(one: tuple[Wait, datetime], other: tuple[Wait, datetime] | None) -> bool:
    return other is not None and one[0] == other[0] and abs(one[1] - other[1]) < _SAME
