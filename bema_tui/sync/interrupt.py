"""A run's stop: it ends every wait at once and forbids new requests; the one in flight is let finish."""

from __future__ import annotations

import asyncio

from bema_tui.errors import BemaError, Stopped


class RunInterrupt:
    """Implements ``providers.http.ports.Interrupt``. The first cause given wins."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._cause: BemaError | None = None

    @property
    def asked(self) -> bool:
        """Whether a stop was asked."""
        return self._asked.is_set()

    def stop(self, cause: BemaError) -> None:
        """End waits and forbid requests from now on, for this reason (``Stopped`` or ``LockLost``)."""
        if self._cause is None:
            self._cause = cause
        self._asked.set()

    def check(self) -> None:
        """Raise the cause if a stop was asked."""
        if self._cause is not None:
            raise self._cause

    async def safe_point(self) -> None:
        """The safe point of work that can be stopped, and nothing else."""
        self.check()

    async def sleep(self, seconds: float) -> None:
        """Sleep, or raise the cause as soon as a stop is asked."""
        self.check()
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._asked.wait()
        except TimeoutError:
            return
        self.check()


def stopped(by: str, reason: str) -> Stopped:
    """Return the cause of a stop that a person or a signal asked for."""
    return Stopped(f"Stopped by {by}" + (f": {reason}." if reason else "."))
