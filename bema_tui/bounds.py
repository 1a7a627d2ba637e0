"""The least and the most of every number from outside, in one place: settings, headers, answers, and waits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from attrs import frozen

MIB: Final = 1 << 20
_TIB: Final = 1 << 40
_DAY: Final = 86_400.0
NUMBER_FROM: Final = 1000
"""More changes than this are said yes to by typing their number."""
NUMBER_SHARE: Final = 0.2
"""So are plans that touch more than this share of the campaign's members."""


@frozen
class Bounds:
    """Both bounds of a number, each of them allowed."""

    least: float
    """The smallest value that is taken."""
    most: float
    """The largest value that is taken."""
    unit: str
    """What the number counts, in the plural."""
    why: str = ""
    """The reason for a bound that is not plain, as a clause."""

    def __contains__(self, number: float | Decimal) -> bool:
        return self.least <= number <= self.most  # what is no number (nan) is in no bounds

    def __str__(self) -> str:
        reason = f" ({self.why})" if self.why else ""
        return f"from {_written(self.least)} to {_written(self.most)} {self.unit}{reason}"

    def clip(self, number: float) -> float:
        """Return the number, or the bound that it lies beyond."""
        return min(self.most, max(self.least, number))

    def whole(self, value: object) -> int | None:
        """Return a whole number within the bounds, also where it came as text of ASCII digits; None for all else."""
        if isinstance(value, str):
            text = value.strip()
            value = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if value in self else None


_MOST_DIGITS: Final = 15
NEEDED_MEMORY: Final = 96 * MIB
"""Bytes that a run must be allowed before it waits for memory: one over a small account was measured to hold 92 MiB."""

_QUOTA: Final = Bounds(1, 1_000_000, "requests a period")
_SHARE: Final = Bounds(0, 100, "per cent")

SETTINGS: Final[Mapping[str, Bounds]] = {
    "mailerlite.quota": _QUOTA,
    "mailerlite.window_seconds": Bounds(0.1, 3600, "seconds"),
    "mailerlite.reserve": Bounds(0, _QUOTA.most, _QUOTA.unit),
    "edd.page_size": Bounds(1, 500, "sales in a page"),
    "edd.parallel": Bounds(1, 8, "pages at once"),
    "edd.full_read_seconds": Bounds(0, 7 * _DAY, "seconds"),
    "rules.moves_per_day": Bounds(1, 100, "moves"),
    "rules.stale_after_seconds": Bounds(
        60, _DAY, "seconds", "what was read again would else be too old already when its batch is due"
    ),
    "rules.shrink_percent": _SHARE,
    "rules.max_moves": Bounds(0, 10_000_000, "moves"),
    "rules.max_moves_percent": _SHARE,
    "rules.failure_percent": _SHARE,
    "rules.failure_minimum": Bounds(1, 1_000_000, "writes"),
    "locks.heartbeat": Bounds(1, 3600, "seconds"),
    "locks.live": Bounds(2, _DAY, "seconds"),
    "locks.lease": Bounds(3, _DAY, "seconds"),
    "locks.stale": Bounds(4, 7 * _DAY, "seconds"),
    "health.check_every": Bounds(1, _DAY, "seconds"),
    "health.gauges_every": Bounds(1, 3600, "seconds"),
    "health.memory_limit": Bounds(NEEDED_MEMORY, _TIB, "bytes", "a run needs 96 MiB"),
    "health.memory_warning_percent": Bounds(1, 100, "per cent"),
    "health.memory_pause_percent": Bounds(1, 100, "per cent"),
    "health.machine_reserve": Bounds(0, _TIB, "bytes"),
    "health.stalled_after_seconds": Bounds(60, _DAY, "seconds"),
}
"""Every setting that is a number, by its name; a test holds that none is left out."""

RETRY_AFTER: Final = Bounds(0, 3600, "seconds")
"""The longest wait that ``Retry-After`` may set: a service that wants more is asked again after an hour."""
QUOTA_HEADER: Final = Bounds(0, _QUOTA.most, _QUOTA.unit)
"""``x-ratelimit-limit`` and ``x-ratelimit-remaining``; what lies outside says nothing."""
LIST_PAGES: Final = Bounds(0, 100_000, "pages")
"""Pages of one list, by its own word and by our count."""
LIST_ROWS: Final = Bounds(0, 1_000_000_000, "rows")
"""Rows of one list, by its own word."""
PAGE_ROWS: Final = Bounds(1, 10_000, "rows")
"""Rows of one page, by its own word."""
AMOUNT: Final = Bounds(-1e12, 1e12, "of any currency")
"""A price, or what an order comes to."""
LEARNED: Final = Bounds(0, 1e12, "of anything that an account showed, seconds since 1970 among them")
"""Numbers that were learned of an account and kept; what an older version kept beyond that is learned anew."""
SHOP_PAGE: Final = Bounds(25, SETTINGS["edd.page_size"].most, "sales")
"""The size of a page of sales while it follows the shop's pace."""

PATIENCE: Final = 600.0
"""Seconds that one call waits for a service in all; more of it pauses the run. Domain rules, section 7."""
MAINTENANCE_SECONDS: Final = 30.0
"""Seconds after which the shop is asked again whatever its 503 says. Domain rules, section 7."""
SHOWN_FROM: Final = 2.0
"""A wait that lasts longer than so many seconds is shown. Domain rules, section 7."""
PAUSED_AT_MOST: Final = _DAY
"""Seconds that a run stays paused in all, by services (the waits before each pause included) or by a person, before it
ends itself; it can be resumed."""
MEMORY_PATIENCE: Final = PATIENCE
"""Seconds that a run waits for memory before it ends itself; it can be resumed."""


def _written(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


STALLED_AFTER: Final = 600.0
"""Seconds without progress after which a run counts as stalled, unless the settings say otherwise."""
