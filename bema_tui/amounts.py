"""How counts, ages and forecasts are said, the same on the screens and in commands; pure."""

from __future__ import annotations

import math
from datetime import datetime


def count(number: int | None) -> str:
    """A number grouped by thousands; ``-`` when it is not known."""
    return "-" if number is None else f"{number:,}"


def age(now: datetime, then: datetime | None) -> str:
    """How long ago, in one unit: ``now``, ``34m``, ``3h``, ``2d``."""
    return "-" if then is None else short((now - then).total_seconds())


def ago(now: datetime, then: datetime | None) -> str:
    """How long ago, within a sentence: ``just now``, ``34m ago``."""
    length = age(now, then)
    return "just now" if length == "now" else f"{length} ago"


def short(seconds: float) -> str:
    """A length of time in one unit, rounded down; under a minute is ``now``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return "now"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86400:
        return f"{whole // 3600}h"
    return f"{whole // 86400}d"


def forecast(seconds: float | None) -> str:
    """A forecast in minutes or hours; ``-`` when there is none."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{max(1, math.ceil(seconds))}s"
    return f"{math.ceil(seconds / 60)}m" if seconds < 5400 else f"{seconds / 3600:.1f}h"
