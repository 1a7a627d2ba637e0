"""How a campaign is, and from when on a figure of the health check is no longer good: for score, gauges and words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from bema_tui.model import CampaignStatus, Lock, Severity

GOOD_FROM: Final = 90
"""The score from which on all is well."""
FAIR_FROM: Final = 70
"""The score from which on it is fair; below, it is poor."""

CPU_PERCENT: Final = 80.0
"""Share of the processor from which on it warns."""
DATABASE_MS: Final = 50.0
"""Milliseconds from which on the smallest read of the database is slow."""
LAG_MS: Final = 100.0
"""Milliseconds from which on the event loop wakes too late."""
LOAD_PER_CORE: Final = 1.0
"""Load for each core above which the machine has too much to do."""


class HealthWord(StrEnum):
    """The score in a word."""

    GOOD = "good"
    """Nothing, or next to nothing, is wrong."""
    FAIR = "fair"
    """Something should be looked at."""
    POOR = "poor"
    """Somebody is needed."""


@frozen
class MemoryLines:
    """Shares of the memory's limit, in per cent."""

    warning: float = 80.0
    """From here on it warns."""
    pause: float = 90.0
    """From here on runs wait."""


def health_word(score: int) -> HealthWord:
    """Return the score in a word."""
    if score >= GOOD_FROM:
        return HealthWord.GOOD
    return HealthWord.FAIR if score >= FAIR_FROM else HealthWord.POOR


@frozen
class CampaignHealth:
    """How one campaign is."""

    campaign: str
    """Its code."""
    status: CampaignStatus
    """How it stands."""
    lock: Lock | None
    """The lock on it, if one is held."""
    runs: Mapping[str, int]
    """Its runs by state: those at work, waiting or lost, and those that ended in 24 hours."""
    findings: Mapping[Severity, int]
    """Its open findings; each severity is named."""
    last_sync: datetime | None
    """When its last sync ended."""
    score: int
    """0 to 100."""
    reasons: tuple[str, ...] = ()
    """Why the score is not 100, worst first."""
