"""Time that passes when the test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

AFTERNOON = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)
"""The moment at which a clock of a test stands unless it says otherwise."""


class SetClock:
    """The time of day; it stands until it is moved."""

    def __init__(self, at: datetime = AFTERNOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float = 0.0, **more: float) -> None:
        """Move it: by seconds, or by what ``timedelta`` takes; backwards where that is negative."""
        self.at += timedelta(seconds=seconds, **more)


class SetTimer:
    """Seconds from some start on, as a monotonic clock counts them; they stand until they are moved."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += seconds
