"""The campaign's record. Domain rules, section 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from bema_tui.validators.campaign import CampaignRecord, CampaignValidator

GOOD = CampaignRecord("2026_ETB_NBL", "No Better Love", date(2026, 11, 22))


def errors_of(**changes: Any) -> list[tuple[str, bool]]:
    validator = CampaignValidator()
    validator.validate(evolve(GOOD, **changes))
    return [(error.field, error.blocking) for error in validator.get_errors()]


def test_a_good_record_passes() -> None:
    assert errors_of() == []
    assert errors_of(start=datetime(2026, 11, 22, tzinfo=UTC), starts=[]) == []


@pytest.mark.parametrize(
    ("year", "errors"),
    [
        (1989, [("code", True)]),
        (1990, [("code", False)]),
        (2025, [("code", False)]),
        (2026, []),
        (2027, []),
        (2028, [("code", False)]),
        (2029, [("code", True)]),
    ],
)
def test_the_year(year: int, errors: list[tuple[str, bool]]) -> None:
    assert errors_of(code=f"{year}_ETB_NBL") == errors


@pytest.mark.parametrize("code", ["", " ", "2026_etb_nbl", "2026_ETB"])
def test_the_code_is_required_and_strict(code: str) -> None:
    assert errors_of(code=code) == [("code", True)]


@pytest.mark.parametrize("album", ["", " ", "x" * 256])
def test_the_album(album: str) -> None:
    assert errors_of(album=album) == [("album", True)]
    assert errors_of(album="x" * 255) == []


def test_over_twelve_campaigns_a_year_are_a_warning() -> None:
    start = datetime(2026, 6, 15, tzinfo=UTC)
    far = [datetime(2026, 1, 1, tzinfo=UTC)] * 11
    assert errors_of(start=start, starts=far) == []
    assert errors_of(start=start, starts=[*far, far[0]]) == [("start", False)]
    assert errors_of(start=start, starts=[*far, datetime(2025, 1, 1, tzinfo=UTC)]) == []


@pytest.mark.parametrize(("days", "errors"), [(-29, [("start", False)]), (29, [("start", False)]), (30, []), (-30, [])])
def test_under_thirty_days_between_starts_are_a_warning(days: int, errors: list[tuple[str, bool]]) -> None:
    start = datetime(2026, 6, 15, tzinfo=UTC)
    assert errors_of(start=start, starts=[start + timedelta(days=days)]) == errors


def test_everything_is_collected() -> None:
    assert errors_of(code="x", album="") == [("code", True), ("album", True)]
