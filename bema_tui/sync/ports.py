"""What a run needs of its locks and its statistics: the contract of each, with what the run uses beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from bema_tui.interfaces import LockHandler, StatsCollector
from bema_tui.model import Tier


class Heartbeat(Protocol):
    """Keeps a lock that is held, and says something about it."""

    async def beat(self, key: str, token: int) -> bool:
        """Say that the holder lives; false when the lock is not ours any more."""
        ...

    async def note(self, key: str, token: int, text: str) -> bool:
        """Say something about the lock that everybody sees; false when it is not ours any more."""
        ...


class RunLocks(LockHandler, Heartbeat, Protocol):
    """Takes the lock of a run and releases it."""

    async def assign(self, key: str, token: int, run: int) -> bool:
        """Say which run the lock is for, once it has its number; false when the lock is not ours any more."""
        ...

    async def release(self, key: str, token: int) -> bool:
        """Release the lock; false when it is not ours any more."""
        ...


class RunStatistics(StatsCollector, Protocol):
    """Keeps what a run cost, and what its campaign brought."""

    async def record_campaign(
        self,
        code: str,
        run: int | None,
        tiers: Mapping[Tier, int],
        members: int,
        buyers: int,
        revenue: Decimal,
        currency: str,
        buyers_per_day: Sequence[int],
    ) -> None:
        """Keep what the campaign is at the end of a run; ``buyers_per_day`` is the last 30 days, oldest first."""
        ...
