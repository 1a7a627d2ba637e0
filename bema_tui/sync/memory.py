"""Watches a run's memory at its safe points: cleans up above its share, waits for a while, and then ends the run."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bema_tui.bounds import MEMORY_PATIENCE, NEEDED_MEMORY
from bema_tui.errors import BemaError, ConfigurationError
from bema_tui.monitor.measure import cgroup_limit, resident_bytes
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.providers.http.ports import Interrupt
from bema_tui.waits import Wait, WaitBoard, WaitReason

_LOOK_EVERY: Final = 5.0  # seconds

Record = Callable[[int, int], Awaitable[None]]
"""Takes the bytes that the process held before and after a cleaning."""


def allowed_bytes(health: MonitorSettings, group: int | None) -> int:
    """Return what a process may hold before its runs wait: a share of the setting, or of its control group's limit.

    Raises:
        ConfigurationError: it is less than a run needs.
    """
    limit, allowed = health.limit(group), health.allowed(group)
    if allowed < NEEDED_MEMORY:
        whose = "the control group's limit" if group and limit == group else "health.memory_limit"
        raise ConfigurationError(
            f"A run needs {NEEDED_MEMORY >> 20} MiB of memory, and may hold {allowed >> 20} here "
            f"({health.memory_pause_percent:g} % of {whose}, {limit >> 20} MiB).",
            advice="Give it more memory.",
        )
    return allowed


def allowed_here(health: MonitorSettings) -> int:
    """Return what this process may hold before its runs wait.

    Raises:
        ConfigurationError: it is less than a run needs.
    """
    return allowed_bytes(health, cgroup_limit())


class MemoryWatch:
    """Makes a run wait while the process holds more than it may. Domain rules, section 7.

    The memory of a process is that of all its runs and its screen, so that the end of another one can help.
    """

    def __init__(
        self,
        allowed: int,
        record: Record,
        interrupt: Interrupt,
        waits: WaitBoard,
        *,
        held: Callable[[], int] = resident_bytes,
        timer: Callable[[], float] = time.monotonic,
        clean: Callable[[], object] = gc.collect,
    ) -> None:
        """``allowed`` is in bytes; ``timer`` counts seconds; ``clean`` gives back what nobody needs."""
        self._allowed = allowed
        self._record = record
        self._interrupt = interrupt
        self._waits = waits
        self._held = held
        self._timer = timer
        self._clean = clean
        self._last_look = timer() - _LOOK_EVERY

    async def safe_point(self) -> None:
        """Look at most every five seconds; above the line, clean up, and wait until that helped.

        Raises:
            BemaError: nothing helped for ten minutes.
            Stopped: a stop was asked.
        """
        if self._timer() - self._last_look < _LOOK_EVERY:
            return
        self._last_look = self._timer()
        if self._held() > self._allowed:
            try:
                await self._wait()
            finally:
                await self._waits.clear(self)

    async def _wait(self) -> None:
        end = self._timer() + MEMORY_PATIENCE
        before = self._held()
        after = self._cleaned()
        await self._record(before, after)
        while after > self._allowed:
            left = end - self._timer()
            if left <= 0:
                raise self._too_much(after)
            told = f"{after >> 20} MiB held, {self._allowed >> 20} allowed"
            await self._waits.show(self, Wait(WaitReason.MEMORY, detail=told), left)
            await self._interrupt.sleep(min(_LOOK_EVERY, left))
            after = self._cleaned()

    def _too_much(self, held: int) -> BemaError:
        return BemaError(
            f"The run stopped itself: {held >> 20} MiB of memory are held, {self._allowed >> 20} are allowed, and "
            f"{MEMORY_PATIENCE / 60:.0f} minutes of waiting did not help.",
            tried="wait for memory",
            advice="Set health.memory_limit higher, or let fewer runs work in one process; then resume it.",
        )

    def _cleaned(self) -> int:
        self._clean()
        return self._held()
