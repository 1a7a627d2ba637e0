"""Gathers the waits of one piece of work, and tells whoever shows them of the one that ends last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from bema_tui.bounds import SHOWN_FROM
from bema_tui.errors import LockLost, StoreError
from bema_tui.store.fence import Fence
from bema_tui.store.runs import Runs
from bema_tui.waits import Wait

logger = logging.getLogger("bema_tui.sync")

_SAME: Final = timedelta(seconds=1)


@frozen
class ShownWait:
    """A wait as it is shown."""

    wait: Wait
    """What is waited for."""
    until: datetime
    """When the wait ends, as far as is known."""


Tell = Callable[[ShownWait | None], Awaitable[None]]
"""Takes what is waited for from now on; None: nothing any more."""


class WaitList:
    """Implements ``waits.WaitBoard``. Waits are shown in order, and only where they differ from before."""

    def __init__(self, tell: Tell, now: Callable[[], datetime]) -> None:
        self._tell = tell
        self._now = now
        self._open: dict[object, ShownWait] = {}
        self._told: ShownWait | None = None
        self._turn = asyncio.Lock()

    async def show(self, key: object, wait: Wait, seconds: float) -> None:
        """Show a wait of over two seconds, or a wait's new end."""
        if seconds > SHOWN_FROM or key in self._open:
            self._open[key] = ShownWait(wait, self._now() + timedelta(seconds=seconds))
            await self._update()

    async def clear(self, key: object) -> None:
        """Show the wait no more."""
        if self._open.pop(key, None) is not None:
            await self._update()

    async def _update(self) -> None:
        async with self._turn:
            last = max(self._open.values(), key=lambda shown: shown.until, default=None)
            if not _alike(last, self._told):
                self._told = last
                await self._tell(last)


def _alike(one: ShownWait | None, other: ShownWait | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.wait == other.wait and abs(one.until - other.until) < _SAME


def waits_of_run(runs: Runs, run: int, fence: Fence, now: Callable[[], datetime]) -> WaitList:
    """Return the waits of a run, written into the run while it holds its lock."""

    async def write(shown: ShownWait | None) -> None:
        try:
            await runs.show_wait(run, fence, None if shown is None else (shown.wait, shown.until))
        except StoreError as error:
            logger.warning("run %s: what it waits for can't be written: %s", run, error.message)
        except LockLost:
            if shown is not None:
                raise  # else the run hears of it where it works on, and its end forgets the wait

    return WaitList(write, now)
