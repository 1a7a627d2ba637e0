"""The ports of the HTTP policy where nobody stops, paces, counts or looks."""

from __future__ import annotations

import asyncio

from bema_tui.waits import Wait


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


class NoWaits:
    """A board that nobody reads."""

    async def show(self, key: object, wait: Wait, seconds: float) -> None:
        """Nobody looks."""

    async def clear(self, key: object) -> None:
        """Nothing was shown."""


class Unlimited:
    """No pacing: for a service without a quota."""

    async def admit(self, cost: int) -> None:
        """At once."""

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Nothing to learn."""

    async def refused(self, retry_after: float) -> float:
        """The client itself waits."""
        return retry_after
