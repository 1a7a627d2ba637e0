"""A run that this process has claimed: it holds its campaign's lock, and nobody else works on it. Records only."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from bema_tui.model import Lock
from bema_tui.store.fence import Fence


class ClaimedFor(StrEnum):
    """What a run was claimed for."""

    PLAN = "plan"
    """It is new: it reads and plans, and goes on if it was told yes."""
    APPLY = "apply"
    """Somebody who saw its plan said yes."""
    RESUME = "resume"
    """It stopped, failed or was lost, and goes on where its ledger stands."""


@frozen
class ClaimedRun:
    """A run that holds its lock and has a number, before its work begins."""

    run: int
    """Its number."""
    campaign: str
    """The code of its campaign."""
    lock: Lock
    """The lock of the campaign."""
    claimed_for: ClaimedFor
    """What it was claimed for."""

    @property
    def fence(self) -> Fence:
        """What each write of the run carries."""
        return Fence(self.lock.key, self.lock.token)
