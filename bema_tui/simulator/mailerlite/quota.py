"""The fixed-window request limit of MailerLite: it starts with the first request after the last window ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class FixedWindow:
    """Counts requests in a window that is neither sliding nor aligned to the clock (contract, section 3).

    `limit` and `seconds` are asked anew at each request, because they can be changed while the simulator runs.
    """

    def __init__(
        self, limit: Callable[[], int], seconds: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._ends = -math.inf
        self._used = 0

    @property
    def limit(self) -> int:
        return self._limit()

    @property
    def remaining(self) -> int:
        """How many requests are left in the window that is open."""
        return max(0, self._limit() - self._used)

    @property
    def retry_after(self) -> int:
        """Whole seconds until the window ends, at least 1."""
        return math.ceil(max(1.0, self._ends - self._clock()))

    def take(self) -> bool:
        """Counts one request if the window still has room; a refused one is not counted."""
        now = self._clock()
        if now >= self._ends:
            self._ends = now + self._seconds()
            self._used = 0
        if self._used >= self._limit():
            return False
        self._used += 1
        return True

    def exhaust(self, seconds: float) -> None:
        """Somebody else uses up the window, and it lasts so long from now."""
        if seconds <= 0:
            return
        self._ends = self._clock() + seconds
        self._used = max(self._used, self._limit())

    def spend(self, cost: int) -> None:
        """Counts what a request cost beyond its first unit, even beyond the limit."""
        self._used += cost
