"""Waiting for what has to come: looked at again and again, and a failure by name when it does not come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

DEADLINE = 60.0
"""Seconds after which a condition that was waited for counts as never coming."""

Seen = TypeVar("Seen")


class Patience:
    """The time that something may take; ``what`` names it, or makes a name when it is too late."""

    def __init__(self, what: str | Callable[[], str], seconds: float = DEADLINE) -> None:
        self._what = what
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Fail if the time is over."""
        if time.monotonic() > self._end:
            what = self._what if isinstance(self._what, str) else self._what()
            pytest.fail(f"after {self._seconds:.0f} s still not: {what}")


def until(what: str, look: Callable[[], Seen | None], *, seconds: float = DEADLINE, every: float = 0.02) -> Seen:
    """Look until something true comes, and return it."""
    patience = Patience(what, seconds)
    while not (seen := look()):
        patience.check()
        time.sleep(every)
    return seen


async def until_async(what: str, look: Callable[[], Awaitable[Seen | None]], *, every: float = 0.01) -> Seen:
    """The same for a look that is awaited; others of the loop go on meanwhile."""
    patience = Patience(what)
    while not (seen := await look()):
        patience.check()
        await asyncio.sleep(every)
    return seen
