"""What the HTTP policy asks of whoever uses it: a stop, a pace, and a count of requests."""

from __future__ import annotations

from typing import Protocol


class PacingGate(Protocol):
    """Decides when the next request to a rate-limited service may leave, and learns from its answers."""

    async def admit(self, cost: int) -> None:
        """Wait until ``cost`` units fit in the present period; ends at once with ``Stopped`` when a stop is asked."""
        ...

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over what an answer's headers say."""
        ...

    async def refused(self, retry_after: float) -> float:
        """The service refused because of its quota: nothing leaves for this many seconds.

        Returns the seconds of it that the caller must wait itself; 0 where the next ``admit`` waits them.
        """
        ...


class Interrupt(Protocol):
    """A stop that ends waits at once and forbids new requests."""

    def check(self) -> None:
        """Raise ``Stopped`` if a stop was asked."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep, or raise ``Stopped`` as soon as a stop is asked."""
        ...


class RequestMeter(Protocol):
    """Counts what a run's requests cost."""

    def count(self, provider: str, *, write: bool, cost: int, retried: bool) -> None:
        """One request left; ``cost`` is 1, or for a batch one and its items."""
        ...
