"""Checks a campaign's record before it is made or synced. Domain rules, section 5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from bema_tui.interfaces import Validator
from bema_tui.rules.naming import is_code, years_of_codes
from bema_tui.validators.base import CollectingValidator
from bema_tui.validators.subscriber import MAX_CAMPAIGN

MAX_ALBUM: Final = 255
MAX_A_YEAR: Final = 12
MIN_DAYS_BETWEEN: Final = 30


@frozen
class CampaignRecord:
    """A campaign as it is, or as somebody wants to add it, among the others."""

    code: str
    """``YYYY_ARTIST_ALBUM``."""
    album: str
    """The album's name."""
    today: date
    """The day on which it is checked."""
    start: datetime | None = None
    """Its own start; None: it has none, or none yet."""
    starts: Sequence[datetime] = ()
    """The starts of the other campaigns."""


class CampaignValidator(CollectingValidator[CampaignRecord]):
    """Checks the code, the album and the start. What the account lacks of a campaign are findings of their own."""

    def check(self, record: CampaignRecord) -> None:
        """Note all that is wrong with one campaign."""
        code = self.required_text("code", record.code)
        if code is not None and not is_code(code):
            self.add_error("code", f"{code!r} is not of the form YYYY_ARTIST_ALBUM")
        elif code is not None:
            self._check_year(int(code[:4]), record.today.year)
        if code is not None and len(code) > MAX_CAMPAIGN:
            self.add_error("code", f"has {len(code)} characters, at most {MAX_CAMPAIGN} fit")
        album = self.required_text("album", record.album)
        if album is not None and len(album) > MAX_ALBUM:
            self.add_error("album", f"has {len(album)} characters, at most {MAX_ALBUM} fit")
        if record.start is not None:
            self._check_start(record.start.date(), [start.date() for start in record.starts])

    def _check_year(self, year: int, this_year: int) -> None:
        years = years_of_codes(this_year)
        if year not in years:
            self.add_error("code", f"has the year {year}, not one from {years[0]} to {years[-1]}")
        elif year not in (this_year, this_year + 1):
            self.warn("code", f"has the year {year}, neither this nor next")

    def _check_start(self, start: date, others: Sequence[date]) -> None:
        same_year = 1 + sum(day.year == start.year for day in others)
        if same_year > MAX_A_YEAR:
            self.warn("start", f"makes {same_year} campaigns in {start.year}, more than {MAX_A_YEAR}")
        close = sorted(day for day in others if abs((day - start).days) < MIN_DAYS_BETWEEN)
        if close:
            days = ", ".join(day.isoformat() for day in close)
            self.warn("start", f"{start.isoformat()} is under {MIN_DAYS_BETWEEN} days from {days}")


if TYPE_CHECKING:
    _implements: type[Validator[CampaignRecord]] = CampaignValidator
