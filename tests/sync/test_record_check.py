"""A campaign's own record, before it is made and at each sync, and the label's day. Domain rules, section 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.model import Campaign, Finding, FindingRule, Severity
from bema_tui.store.database import Database
from bema_tui.store.settings import DatabaseSettings
from bema_tui.sync.record_check import campaign_findings, label_midnight

TODAY = date(2026, 11, 22)
START = datetime(2026, 6, 15, 12, tzinfo=UTC)
LOVE = Campaign("2026_ETB_NBL", "No Better Love", ("11",), start=START)


def other(days: int, number: int = 1) -> Campaign:
    return Campaign(f"2026_OTHER_A{number}", "Other", (str(100 + number),), start=START + timedelta(days=days))


def told(campaign: Campaign, *others: Campaign) -> list[FindingRule]:
    return [one.rule for one in campaign_findings(campaign, others, TODAY)]


def test_a_good_campaign_has_nothing_against_it() -> None:
    assert told(LOVE) == told(LOVE, LOVE, other(30), evolve(other(1), start=None)) == []


@pytest.mark.parametrize(
    ("campaign", "others"),
    [
        (LOVE, [other(29)]),
        (LOVE, [other(-29)]),
        (LOVE, [other(days, days) for days in (-150, -120, -90, -60, -30, 30, 31, 60, 61, 90, 120, 150)]),
        (evolve(LOVE, code="2024_ETB_NBL"), []),
    ],
)
def test_what_is_unusual_is_one_warning_about_the_campaign(campaign: Campaign, others: list[Campaign]) -> None:
    (only,) = campaign_findings(campaign, others, TODAY)
    assert isinstance(only, Finding)
    assert (only.rule, only.severity) == (FindingRule.RECORD_WARNING, Severity.WARNING)
    assert (only.campaign, only.subject) == (campaign.code, campaign.code)


@pytest.mark.parametrize(
    "campaign",
    [
        evolve(LOVE, code="2029_ETB_NBL"),
        evolve(LOVE, code=f"2026_ETB_{'X' * 42}"),
        evolve(LOVE, album="x" * 256),
        evolve(LOVE, album=" "),
    ],
)
def test_what_is_wrong_blocks(campaign: Campaign) -> None:
    assert told(campaign) == [FindingRule.BLOCKED_RECORD]


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("", "2026-11-22T00:30", "2026-11-22T00:00"),
        ("Europe/Berlin", "2026-11-22T23:30", "2026-11-22T23:00"),
        ("Europe/Berlin", "2026-11-22T22:30", "2026-11-21T23:00"),
        ("America/New_York", "2026-11-22T04:30", "2026-11-21T05:00"),
        ("Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00"),
    ],
)
async def test_the_labels_day_begins_at_its_own_midnight(tmp_path: Path, zone: str, now: str, midnight: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    async with await Database.open(str(tmp_path / "bema.sqlite3"), clock=lambda: moment) as db:
        await DatabaseSettings(db).set("timezone", zone)
        assert await label_midnight(db) == datetime.fromisoformat(midnight).replace(tzinfo=UTC)
