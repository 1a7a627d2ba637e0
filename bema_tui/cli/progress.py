"""What stderr says while a command works: where its run is, and what is waited for until when."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from bema_tui.cli.common import say
from bema_tui.environment import can_draw
from bema_tui.errors import StoreError
from bema_tui.model import RunState
from bema_tui.operations.waits import wait_of_run
from bema_tui.rules.wording.phases import phase_text
from bema_tui.text import clean
from bema_tui.waits import Wait, stalled_words, wait_words

if TYPE_CHECKING:
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import RunView

_LOOK_EVERY: Final = 1.0  # seconds
_SAME: Final = timedelta(seconds=2)
_LONGEST: Final = 500  # characters


async def follow(workspace: Workspace, run: int, *, quiet: bool) -> None:
    """Show on stderr, until cancelled, where a run is; without a terminal, or if ``quiet``, only what it waits for."""
    if not quiet and sys.stderr.isatty() and can_draw(os.environ):
        await _redraw(workspace, run)
    else:
        await _tell_waits(workspace, run)


async def _redraw(workspace: Workspace, run: int) -> None:
    """One line that says where the run is."""
    last = ""
    try:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                text = _line(await workspace.reader.run(run), workspace.db.now())
            except StoreError:  # the database is busy for a moment; the run itself says what comes of it
                continue
            if text != last:
                width = shutil.get_terminal_size().columns - 1
                click.echo(f"\r\x1b[K{text[:width]}", err=True, nl=False)
                last = text
    finally:
        if last:
            click.echo("\r\x1b[K", err=True, nl=False)


def _line(view: RunView, now: datetime) -> str:
    part = f" {view.recorded:,}/{view.total:,} changes" if view.total else ""
    doing = view.note if view.state is RunState.PAUSED else phase_text(view.phase)
    if view.waiting_for is not None and view.waiting_until is not None:
        doing = wait_words(view.waiting_for, view.waiting_until, now)
    if view.stalled_seconds:
        doing = f"{doing}, {stalled_words(view.stalled_seconds)}"
    return clean(f"run {view.id} {view.campaign}: {doing}{part}", _LONGEST)


async def _tell_waits(workspace: Workspace, run: int) -> None:
    """One line for each wait."""
    told: tuple[Wait, datetime] | None = None
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            found = await wait_of_run(workspace, run)
        except StoreError:
            continue
        if found is not None and not _alike(found, told):
            say(f"run {run} {wait_words(*found, workspace.db.now())}")
        told = found or told


def _alike(one: tuple[Wait, datetime], other: tuple[Wait, datetime] | None) -> bool:
    return other is not None and one[0] == other[0] and abs(one[1] - other[1]) < _SAME
