"""How counts, ages and forecasts are said, the same on the screens and in commands; pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

UNDER_A_MINUTE: Final = "<1m"
"""A length of time that is too short for a number: "now" would read as if something happens now."""


def count(number: int | None) -> str:
    """A number grouped by thousands; ``-`` when it is not known."""
    return "-" if number is None else f"{number:,}"


def age(now: datetime, then: datetime | None) -> str:
    """How long ago, in one unit: ``<1m``, ``34m``, ``3h``, ``2d``."""
    return "-" if then is None else short((now - then).total_seconds())


def ago(now: datetime, then: datetime | None) -> str:
    """How long ago, within a sentence: ``less than a minute ago``, ``34m ago``."""
    length = age(now, then)
    return "less than a minute ago" if length == UNDER_A_MINUTE else f"{length} ago"


def short(seconds: float) -> str:
    """A length of time in one unit, rounded down; under a minute is ``<1m``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return UNDER_A_MINUTE
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86400:
        return f"{whole // 3600}h"
    return f"{whole // 86400}d"


def duration(seconds: float) -> str:
    """A length of time as a fact: ``9s``, ``1m 58s``, ``2h 05m``."""
    whole = max(0, math.ceil(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def forecast(seconds: float | None) -> str:
    """A forecast in minutes or hours; ``-`` when there is none."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{max(1, math.ceil(seconds))}s"
    return f"{math.ceil(seconds / 60)}m" if seconds < 5400 else f"{seconds / 3600:.1f}h"
