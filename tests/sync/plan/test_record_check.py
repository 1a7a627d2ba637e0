"""A campaign's own record, before it is made and at each sync, and the label's day. Domain rules, section 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.model import (
    Campaign,
    Cause,
    ChangeKind,
    Finding,
    FindingRule,
    PlannedChange,
    Purpose,
    Severity,
    SubscriberStatus,
    Tier,
)
from bema_tui.rules.choices import BlockLists
from bema_tui.rules.records import Member, Outcome
from bema_tui.store.database import Database
from bema_tui.store.database_settings import DatabaseSettings, label_midnight
from bema_tui.sync.plan.record_check import RecordCheck, campaign_findings

TODAY = date(2026, 11, 22)
START = datetime(2026, 6, 15, 12, tzinfo=UTC)
LOVE = Campaign("2026_ETB_NBL", "No Better Love", ("11",), start=START)


ANA = Member("1", "ana@example.org", "Ana", "", "", SubscriberStatus.ACTIVE, frozenset({Tier.GOLD}), None, START, False)


BOUGHT = Purpose(Cause.PURCHASE, Tier.GOLD, Tier.GOLD_PURCHASED)


def planned(kind: ChangeKind, name: str, tier: Tier | None = None, *, needs_add: bool = False) -> PlannedChange:
    return PlannedChange(kind, "1", ANA.email, "Ana", name, name, None, "5", BOUGHT, "a reason", tier, needs_add)


FIELD = planned(ChangeKind.SET_FIELD, f"{LOVE.code}_PURCHASE")
ADD = planned(ChangeKind.ADD_GROUP, "gold group", Tier.GOLD_PURCHASED)
REMOVE = planned(ChangeKind.REMOVE_GROUP, "group", Tier.GOLD, needs_add=True)


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


def checked(member: Member, *changes: PlannedChange, moves: int) -> Outcome:
    check = RecordCheck(LOVE.code, BlockLists(), moves_per_day=3, moves_today={member.subscriber_id: moves})
    return check.validate(member, Outcome(changes))


@pytest.mark.fault("D10")
@pytest.mark.parametrize(
    ("moves", "kinds", "rules"),
    [
        (2, ["set_field", "add_group", "remove_group"], []),
        (3, ["set_field"], [FindingRule.MOVE_WAITS]),
    ],
)
def test_a_fourth_move_of_a_day_waits_and_nothing_else(moves: int, kinds: list[str], rules: list[FindingRule]) -> None:
    outcome = checked(ANA, FIELD, ADD, REMOVE, moves=moves)
    assert [change.kind for change in outcome.changes] == kinds
    assert [one.rule for one in outcome.findings] == rules
    for one in outcome.findings:
        assert (one.severity, one.subject) == (Severity.INFO, ANA.email)
        assert "The move to Gold Purchased waits until tomorrow" in one.message


@pytest.mark.parametrize(
    ("stored", "field", "made"),
    [
        (None, FIELD, True),
        ("5", None, True),
        (None, None, False),
        ("5", evolve(FIELD, after=None), False),
    ],
)
def test_nobody_is_moved_to_a_purchased_tier_whose_purchase_field_holds_no_order(
    stored: str | None, field: PlannedChange | None, made: bool
) -> None:
    changes = [change for change in (field, ADD, REMOVE) if change is not None]
    outcome = checked(evolve(ANA, stored=stored), *changes, moves=0)
    assert (ADD in outcome.changes) is made
    assert [one.rule for one in outcome.findings] == ([] if made else [FindingRule.BLOCKED_RECORD])


@pytest.mark.fault("D10")
def test_a_move_that_is_wrong_as_well_is_an_error() -> None:
    wrong = evolve(REMOVE, tier=Tier.SILVER)
    outcome = checked(evolve(ANA, tiers=frozenset({Tier.SILVER})), FIELD, ADD, wrong, moves=3)
    assert [one.rule for one in outcome.findings] == [FindingRule.BLOCKED_RECORD]
    assert "Silver → Gold Purchased is not a move of the rules" in outcome.findings[0].message


LOWER_OFF = Purpose(Cause.LOWER_OFF)
BOTH = evolve(ANA, tiers=frozenset({Tier.GOLD, Tier.GOLD_PURCHASED}), stored="5")


def taken_off(tier: Tier) -> PlannedChange:
    return evolve(planned(ChangeKind.REMOVE_GROUP, "group", tier), purpose=LOWER_OFF)


def test_a_lower_tier_is_taken_off_a_buyer_and_is_none_of_the_moves_of_the_day() -> None:
    outcome = checked(BOTH, taken_off(Tier.GOLD), moves=3)
    assert [change.tier for change in outcome.changes] == [Tier.GOLD]
    assert outcome.findings == ()


@pytest.mark.parametrize(
    ("member", "off"),
    [
        (BOTH, Tier.GOLD_PURCHASED),  # no lower tier
        (evolve(BOTH, tiers=frozenset({Tier.GOLD})), Tier.GOLD),  # no purchased tier stays
        (evolve(BOTH, stored=None), Tier.GOLD),  # and no purchase is shown
    ],
)
def test_what_is_no_lower_tier_of_a_buyer_is_not_taken_off(member: Member, off: Tier) -> None:
    outcome = checked(member, taken_off(off), moves=0)
    assert outcome.changes == ()
    assert [one.rule for one in outcome.findings] == [FindingRule.BLOCKED_RECORD]


@pytest.mark.parametrize(
    ("tier", "value", "made"),
    [(Tier.GOLD_PURCHASED, "5", True), (Tier.SILVER_PURCHASED, "5", False), (Tier.GOLD_PURCHASED, None, False)],
)
def test_a_new_buyer_comes_into_gold_purchased_with_an_order_or_not_at_all(
    tier: Tier, value: str | None, made: bool
) -> None:
    change = evolve(
        planned(ChangeKind.CREATE_SUBSCRIBER, "gold group", tier),
        subscriber_id="",
        after=value,
        purpose=Purpose(Cause.NEW_BUYER, to_tier=tier),
    )
    check = RecordCheck(LOVE.code, BlockLists(), moves_per_day=3, moves_today={})
    outcome = check.validate_new(ANA.email, Outcome((change,)))
    assert outcome.changes == ((change,) if made else ())
    assert [one.rule for one in outcome.findings] == ([] if made else [FindingRule.BLOCKED_RECORD])
