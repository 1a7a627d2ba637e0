"""From when on a figure of the health check is no longer good: the same for the score, the gauges and the words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen

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
