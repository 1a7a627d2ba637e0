"""How the console is left while runs of its own go on: they are stopped at a safe point first, if it comes in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bema_tui.operations import questions
from bema_tui.operations.console import ConsoleOperations

_LOOK_SECONDS = 0.1

Say = Callable[[str], object]
LeaveAnyway = Callable[[tuple[int, ...]], Awaitable[bool]]


async def end_own_runs(operations: ConsoleOperations, say: Say, leave_anyway: LeaveAnyway) -> None:
    """Stop the runs of this process, and return when all have, or when ``leave_anyway`` says to wait no longer."""
    await operations.end_own_runs("the console is closed")
    while True:
        say(f"waiting for the safe point of run {', '.join(map(str, operations.own_runs()))}")
        if await _all_end(operations):
            return
        own = operations.own_runs()
        if not own or await leave_anyway(own):
            return


async def _all_end(operations: ConsoleOperations) -> bool:
    try:
        async with asyncio.timeout(questions.SAFE_POINT_SECONDS):
            while operations.own_runs():  # noqa: ASYNC110 - operations has no event for it
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return False
    return True
