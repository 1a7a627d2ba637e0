"""Simple pacing inside one process, for whoever does not share a budget through the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bema_tui.interfaces import Interrupt

_SLACK: Final = 0.001


class NoInterrupt:
    """An interrupt that nobody ever pulls."""

    def check(self) -> None:
        """Nothing to say."""

    async def sleep(self, seconds: float) -> None:
        """Sleep, in seconds."""
        await asyncio.sleep(seconds)


class NoMeter:
    """A meter that nobody reads."""

    def count(self, provider: str, *, write: bool, cost: int, retried: bool) -> None:
        """Nothing to keep."""


class Unlimited:
    """No pacing: for a service without a quota."""

    async def admit(self, cost: int) -> None:
        """At once."""

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Nothing to learn."""

    async def refused(self, retry_after: float) -> None:
        """The client itself waits."""


class WindowGate:
    """A fixed window that starts with its first request, as MailerLite counts.

    It never admits more than ``limit - reserve`` in a window. What the server's headers say outranks its own count and
    its own limit. The window is counted from the first *answer*, so that it never ends before the server's.
    """

    def __init__(
        self,
        limit: int = 120,
        window_seconds: float = 60.0,
        reserve: int = 10,
        *,
        interrupt: Interrupt | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window = window_seconds
        self._reserve = reserve
        self._interrupt: Interrupt = interrupt or NoInterrupt()
        self._clock = clock
        self._turn = asyncio.Lock()
        self._used = 0
        self._pending = 0
        self._ends: float | None = None
        self._answered = False
        self._last_remaining: int | None = None
        self._closed_until = float("-inf")

    @property
    def limit(self) -> int:
        """Requests in a window: the server's word, or the setting until it spoke."""
        return self._limit

    @property
    def left(self) -> int:
        """What may still leave in the present window, the reserve kept back."""
        self._roll()
        return 0 if self._clock() < self._closed_until else max(0, self.budget - self._used)

    @property
    def resets_in(self) -> float:
        """Seconds until the present window ends; 0 when none has begun."""
        self._roll()
        ends = max(self._closed_until, self._ends if self._ends is not None else float("-inf"))
        return max(0.0, ends - self._clock())

    @property
    def budget(self) -> int:
        """What a whole window admits: its limit, less what is left for others."""
        return max(1, self._limit - self._reserve)

    async def admit(self, cost: int) -> None:
        """Wait, first come first served, until ``cost`` fits; what never fits gets a fresh window alone."""
        async with self._turn:
            await self._until_it_fits(cost)
            if self._ends is None:
                self._ends = self._clock() + self._window
            self._used += cost
            self._pending += cost

    async def wait_for(self, cost: int) -> None:
        """Wait until ``cost`` would fit, and take nothing: for who must not wait once a write is announced."""
        async with self._turn:
            await self._until_it_fits(cost)

    async def _until_it_fits(self, cost: int) -> None:
        while True:
            self._interrupt.check()
            self._roll()
            if self._clock() >= self._closed_until and self._fits(cost):
                return
            await self._interrupt.sleep(max(self.resets_in, _SLACK))

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over the server's count; an answer without headers leaves our own."""
        self._roll()
        now = self._clock()
        self._pending = max(0, self._pending - cost)
        if limit is not None and limit > 0:
            self._limit = limit
        if self._ends is not None and not self._answered:
            self._restart(now)
        if remaining is None:
            return
        fresh = remaining >= self._limit - cost - self._pending
        if self._last_remaining is not None and remaining > self._last_remaining and fresh:
            self._restart(now)
        self._ends = self._ends if self._ends is not None else now + self._window
        self._answered = True
        self._last_remaining = remaining
        self._used = max(0, self._limit - remaining) + self._pending

    async def refused(self, retry_after: float) -> None:
        """Close for ``retry_after`` seconds; a new window begins after it."""
        self._closed_until = max(self._closed_until, self._clock() + retry_after)
        self._ends = self._closed_until
        self._answered = True
        self._used = self._limit

    def _fits(self, cost: int) -> bool:
        return self._used + cost <= self.budget or (cost > self.budget and self._used == 0)

    def _restart(self, now: float) -> None:
        self._ends = now + self._window
        self._answered = True

    def _roll(self) -> None:
        if self._ends is not None and self._clock() >= self._ends:
            self._ends = None
            self._answered = False
            self._last_remaining = None
            self._used = 0
            self._pending = 0
