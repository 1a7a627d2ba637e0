"""Watches a run's memory at its safe points: cleans up above the limit's share, and waits rather than fall over it."""

from __future__ import annotations

import gc
import time

import psutil

from bema_tui.store.statistics import Statistics
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.job import Job

_LOOK_EVERY = 5.0  # seconds
_process = psutil.Process()


def resident_bytes() -> int:
    """The memory this process holds."""
    return int(_process.memory_info().rss)


class MemoryWatch:
    """Pauses a run while the process holds more than its share. Domain rules, section 7."""

    def __init__(self, job: Job, statistics: Statistics, interrupt: RunInterrupt) -> None:
        self._job = job
        self._statistics = statistics
        self._interrupt = interrupt
        health = job.settings.health
        self._pause_at = int(health.memory_limit * health.memory_pause_percent / 100)
        self._last_look = 0.0

    async def safe_point(self) -> None:
        """Look at most every five seconds; above the pause line, clean up, and wait until it helped or a stop comes."""
        if time.monotonic() - self._last_look < _LOOK_EVERY:
            return
        self._last_look = time.monotonic()
        while (before := resident_bytes()) > self._pause_at:
            gc.collect()
            after = resident_bytes()
            await self._statistics.record_memory_cleanup(
                self._job.campaign.code, self._job.run, before=before, after=after
            )
            if after <= self._pause_at:
                return
            await self._job.note(note=f"waits for memory: {after >> 20} MiB held, {self._pause_at >> 20} allowed")
            await self._interrupt.sleep(_LOOK_EVERY)
            await self._job.note(note="")
