"""How the console is left while runs of its own go on: they are stopped at a safe point first, if it comes in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bema_tui.control import ControlVerb
from bema_tui.errors import BemaError
from bema_tui.tui.backend import Backend

_log = logging.getLogger(__name__)
ASK_AGAIN_SECONDS = 10.0
"""How long a safe point is waited for before somebody is asked again."""
_LOOK_SECONDS = 0.1

Say = Callable[[str], object]
LeaveAnyway = Callable[[tuple[int, ...]], Awaitable[bool]]


async def end_own_runs(runs: tuple[int, ...], backend: Backend, say: Say, leave_anyway: LeaveAnyway) -> None:
    """Ask the runs to stop, and return when all have, or when ``leave_anyway`` says to wait no longer."""
    for run in runs:
        if run in backend.own_runs():
            await _ask_to_stop(run, backend)
    while True:
        say(f"waiting for the safe point of run {', '.join(map(str, backend.own_runs()))}")
        if await _all_end(backend):
            return
        own = backend.own_runs()
        if not own or await leave_anyway(own):
            return


async def _ask_to_stop(run: int, backend: Backend) -> None:
    try:
        await backend.ask(run, ControlVerb.STOP, "the console is closed")
    except BemaError:
        # It ended while the question stood, or can't be told: leaving waits for it all the same.
        _log.info("run %d could not be asked to stop", run, exc_info=True)


async def _all_end(backend: Backend) -> bool:
    try:
        async with asyncio.timeout(ASK_AGAIN_SECONDS):
            while backend.own_runs():  # noqa: ASYNC110 - the backend has no event for it
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return False
    return True
