"""Checks a campaign's record before it is made or synced. Domain rules, section 5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from bema_tui.interfaces import Validator
from bema_tui.model import Tier
from bema_tui.rules.naming import is_code, years_of_codes
from bema_tui.rules.tiers import LABEL
from bema_tui.validators.base import CollectingValidator, day_of
from bema_tui.validators.subscriber import MAX_CAMPAIGN

MAX_ALBUM: Final = 255
MAX_A_YEAR: Final = 12
MIN_DAYS_BETWEEN: Final = 30


class CampaignValidator(CollectingValidator):
    """Checks ``code``, ``album``, ``start``, ``starts``, ``groups_missing``, ``field_missing``, with ``today``.

    ``today`` (a date) is required; ``start`` is the campaign's own start, ``starts`` those of the other campaigns;
    ``groups_missing`` holds tiers. Leave the last two keys out for a campaign whose account was not looked at.
    """

    def check(self, record: Mapping[str, object]) -> None:
        """Note all that is wrong with one campaign."""
        today = day_of(record.get("today"))
        if today is None:
            self.add_error("today", "is required, as a date")
        code = self.required_text(record, "code")
        if code is not None and not is_code(code):
            self.add_error("code", f"{code!r} is not of the form YYYY_ARTIST_ALBUM")
        elif code is not None and today is not None:
            self._check_year(int(code[:4]), today.year)
        if code is not None and len(code) > MAX_CAMPAIGN:
            self.add_error("code", f"has {len(code)} characters, at most {MAX_CAMPAIGN} fit")
        album = self.required_text(record, "album")
        if album is not None and len(album) > MAX_ALBUM:
            self.add_error("album", f"has {len(album)} characters, at most {MAX_ALBUM} fit")
        self._check_account(record)
        self._check_starts(record)

    def _check_year(self, year: int, this_year: int) -> None:
        years = years_of_codes(this_year)
        if year not in years:
            self.add_error("code", f"has the year {year}, not one from {years[0]} to {years[-1]}")
        elif year not in (this_year, this_year + 1):
            self.warn("code", f"has the year {year}, neither this nor next")

    def _check_account(self, record: Mapping[str, object]) -> None:
        missing = _many(record.get("groups_missing"))
        labels = [LABEL[tier] if isinstance(tier, Tier) else str(tier) for tier in missing]
        if labels:
            # Domain rules, section 3: a missing group skips only the moves into it.
            self.warn("groups", f"are missing for {', '.join(labels)}; plan to create them with --create-missing")
        if record.get("field_missing"):
            self.add_error("field", "is missing; plan to create it with --create-missing")

    def _check_starts(self, record: Mapping[str, object]) -> None:
        start = day_of(record.get("start"))
        if start is None:
            return
        others = [day for value in _many(record.get("starts")) if (day := day_of(value)) is not None]
        same_year = 1 + sum(day.year == start.year for day in others)
        if same_year > MAX_A_YEAR:
            self.warn("start", f"makes {same_year} campaigns in {start.year}, more than {MAX_A_YEAR}")
        close = sorted(day for day in others if abs(_days(day, start)) < MIN_DAYS_BETWEEN)
        if close:
            days = ", ".join(day.isoformat() for day in close)
            self.warn("start", f"{start.isoformat()} is under {MIN_DAYS_BETWEEN} days from {days}")


def _days(one: date, other: date) -> int:
    return (one - other).days


def _many(value: object) -> tuple[object, ...]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(sorted(value, key=str))
    return ()


if TYPE_CHECKING:
    _implements: type[Validator] = CampaignValidator
