"""MailerLite's limit of requests in a period."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Quota:
    """Counts the requests in a period that begins with the first request after the last one ended.

    The period neither slides nor follows the clock's minutes (contract, section 3). `limit` and `seconds` are called
    for each request, because they can be changed while the simulator runs.
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
        """The requests that are left in this period."""
        return max(0, self._limit() - self._used)

    @property
    def retry_after(self) -> int:
        """Whole seconds until the period ends, at least 1."""
        return math.ceil(max(1.0, self._ends - self._clock()))

    def take(self) -> bool:
        """Counts one request. Returns whether there was room for it; a refused one does not count."""
        now = self._clock()
        if now >= self._ends:
            self._ends = now + self._seconds()
            self._used = 0
        if self._used >= self._limit():
            return False
        self._used += 1
        return True

    def exhaust(self, seconds: float) -> None:
        """Uses up the quota, as somebody else would, for so many seconds from now."""
        if seconds <= 0:
            return
        self._ends = self._clock() + seconds
        self._used = max(self._used, self._limit())

    def spend(self, cost: int) -> None:
        """Counts what a request takes beyond its first unit, also beyond the limit."""
        self._used += cost
