"""Spares a service that is down, and whoever waits for it: after enough failures in a row nobody asks for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from bema_tui.errors import ConnectionFailed


class BreakerState(StrEnum):
    """What the breaker does with the next call."""

    CLOSED = "closed"
    """It lets the call through."""
    OPEN = "open"
    """It refuses the call."""
    HALF_OPEN = "half-open"
    """It lets one call through, to try the service."""


class CircuitOpen(ConnectionFailed):
    """Nothing was sent: the service failed too often in a row, and is asked again only after a pause."""


class Breaker:
    """Counts the calls in a row that failed for good, tries included; any answer at all closes it again.

    Open, it lets nothing through for the cool-down. Half-open, it lets one call through, the probe, with a single try:
    its success closes the breaker, its failure opens it for another cool-down. One breaker serves one service; several
    clients of one process may share it.
    """

    def __init__(
        self, failures: int = 5, cool_down: float = 30.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start closed.

        Args:
            failures: calls in a row that fail before it opens.
            cool_down: seconds until a probe is let through.
            clock: monotonic seconds.
        """
        self._most = failures
        self._cool_down = cool_down
        self._clock = clock
        self._failed = 0
        self._opened: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Closed; open; or half-open, when the cool-down is over and a probe may go or is on its way."""
        if self._opened is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.seconds_left > 0 else BreakerState.HALF_OPEN

    @property
    def seconds_left(self) -> float:
        """Seconds until a probe is let through; 0 when one may go."""
        if self._opened is None:
            return 0.0
        return max(0.0, self._opened + self._cool_down - self._clock())

    def enter(self, service: str, where: str, tried: str) -> bool:
        """Let a call through, and say whether it is the probe. ``left`` must follow, whatever becomes of the call.

        Raises:
            CircuitOpen: it is not let through; nothing was sent.
        """
        state = self.state
        if state is BreakerState.CLOSED:
            return False
        if state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        wait = f"in {self.seconds_left:.0f} seconds" if self.seconds_left else "when the probe that runs is answered"
        raise CircuitOpen(
            f"{service} failed {self._failed} times in a row and is left in peace; the next try is possible {wait}.",
            tried=tried,
            where=where,
            advice="Look whether the service is up, and resume then. Nothing was sent.",
        )

    def left(self, *, probe: bool, answered: bool | None) -> None:
        """Learn how a call ended: answered, failed for good, or (None) ended by us, which says nothing."""
        if probe:
            self._probing = False
        if answered:
            self._failed = 0
            self._opened = None
        elif answered is not None:
            self._failed += 1
            if probe or (self._opened is None and self._failed >= self._most):
                self._opened = self._clock()
