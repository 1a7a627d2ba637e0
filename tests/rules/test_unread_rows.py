"""What rows that can't be read may hide: nothing is created in their place, nobody is moved on a guess."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from bema_tui.listing import Listing, UnreadRow
from bema_tui.model import Automation, Cause, ChangeKind, FindingRule, Purpose, Severity, Tier
from bema_tui.rules.changes import without_moves
from bema_tui.rules.findings import NO_CAMPAIGN
from bema_tui.rules.groups_and_field import CampaignCheck, check_campaign
from bema_tui.rules.reconcile import reconcile_member
from bema_tui.rules.unread_rows import unread_findings
from tests.rules.builders import CAMPAIGN, CODE, FIELD, GROUPS, context, found, member, order

pytestmark = pytest.mark.fault("A1")

NAMELESS = UnreadRow("page 1: data.3.name", "a list is not text", "77")
WOOD_WITHOUT_ID = UnreadRow("page 1: data.3.id", "'x' is not an id", "", f"{CODE} wood")
FOREIGN = UnreadRow("page 1: data.3.id", "'x' is not an id", "", "Newsletter")
NOTHING = UnreadRow("page 1: data.3", "is not an object")


def check(unread: Sequence[UnreadRow], *missing: Tier) -> CampaignCheck:
    groups = [group for tier, group in GROUPS.items() if tier not in missing]
    return check_campaign(CAMPAIGN, groups, [FIELD], unread)


@pytest.mark.parametrize(
    ("row", "unproved"),
    [
        (NAMELESS, {Tier.WOOD, Tier.GOLD}),
        (NOTHING, {Tier.WOOD, Tier.GOLD}),
        (WOOD_WITHOUT_ID, {Tier.WOOD}),
        (FOREIGN, set()),
    ],
)
def test_a_missing_group_that_may_be_there_unread_is_not_created(row: UnreadRow, unproved: set[Tier]) -> None:
    made = check([row], Tier.WOOD, Tier.GOLD)
    assert made.missing == {Tier.WOOD, Tier.GOLD}
    assert made.unproved == unproved
    assert found(made.findings) == [FindingRule.GROUP_MISSING] * 2
    for one in made.findings:
        wood = one.subject.endswith("WOOD")
        doubtful = (Tier.WOOD if wood else Tier.GOLD) in unproved
        assert ("not created" in one.advice) is doubtful
        assert ("--create-missing" in one.advice) is not doubtful


@pytest.mark.parametrize(
    ("row", "missing", "groups", "doubt"),
    [
        (NAMELESS, [Tier.SILVER], {"91", "77"}, True),
        (NAMELESS, [Tier.SILVER], {"91"}, False),
        (NAMELESS, [], {"91", "77"}, False),  # all tiers are there: it can only be a twin
        (NAMELESS, [], {"77"}, True),
        (NAMELESS, [], {"5", "6"}, False),
        (NOTHING, [Tier.SILVER], {"91", "77"}, True),
        (NOTHING, [Tier.SILVER], {"91", "90"}, False),
        (NOTHING, [], {"77"}, True),
        (WOOD_WITHOUT_ID, [Tier.WOOD], {"91", "77"}, True),
        (FOREIGN, [Tier.WOOD], {"91", "77"}, False),
    ],
)
def test_who_may_be_in_a_group_that_cannot_be_read(
    row: UnreadRow, missing: list[Tier], groups: set[str], doubt: bool
) -> None:
    assert check([row], *missing).in_doubt(frozenset(groups)) is doubt


def test_nobody_is_in_doubt_while_all_can_be_read() -> None:
    assert not check([], Tier.WOOD).in_doubt(frozenset({"91", "12345"}))


def test_whoever_is_in_doubt_gets_the_field_alone() -> None:
    moved = reconcile_member(context(), member(Tier.GOLD), [order()]).changes
    assert len(moved) == 3
    (only,) = without_moves(moved)
    assert (only.kind, only.purpose, only.after) == (ChangeKind.SET_FIELD, Purpose(Cause.FIELD_ONLY), "10391")
    for cause in (Cause.REFUND, Cause.REFUND_NOT_ACTIVE):
        assert without_moves([evolve(change, purpose=Purpose(cause)) for change in moved]) == ()


@pytest.mark.parametrize("row", [NOTHING, evolve(NOTHING, name=f"{CODE}_PURCHASED")])
def test_a_missing_field_that_may_be_there_unread_is_not_created(row: UnreadRow) -> None:
    made = check_campaign(CAMPAIGN, list(GROUPS.values()), [], [], [row])
    assert made.hidden_field == (row,)
    (only,) = made.findings
    assert (only.rule, "not created" in only.advice) == (FindingRule.FIELD_MISSING, True)
    assert check_campaign(CAMPAIGN, list(GROUPS.values()), [FIELD], [], [row]).hidden_field == ()
    other = evolve(row, name="City")
    assert check_campaign(CAMPAIGN, list(GROUPS.values()), [], [], [other]).hidden_field == ()


@pytest.mark.parametrize(
    ("row", "campaign", "subject"),
    [
        (NAMELESS, NO_CAMPAIGN, "group 77"),
        (NOTHING, NO_CAMPAIGN, "group page 1: data.3"),
        (WOOD_WITHOUT_ID, CODE, f"group {CODE} wood"),
        (FOREIGN, NO_CAMPAIGN, "group Newsletter"),
    ],
)
def test_each_row_is_a_finding_that_it_can_be_found_by(row: UnreadRow, campaign: str, subject: str) -> None:
    (only,) = unread_findings(CODE, Listing((), (row,)), Listing(()), Listing(()))
    assert (only.rule, only.severity) == (FindingRule.UNREADABLE_RECORD, Severity.WARNING)
    assert (only.campaign, only.subject) == (campaign, subject)
    assert f"{row.path}: {row.problem}" in only.message
    assert ("nothing rests on it" in only.advice) is (row == FOREIGN)


@pytest.mark.parametrize(
    ("automation", "campaign"),
    [
        (Automation("1", "Mail", True, frozenset({"91"})), CODE),
        (Automation("1", "Mail", True, frozenset(), groups_known=False), CODE),
        (Automation("1", "Mail", True, frozenset({"5"})), NO_CAMPAIGN),
        (Automation("1", "Mail", False, frozenset(), groups_known=False), NO_CAMPAIGN),
    ],
)
def test_an_automation_is_the_campaigns_matter_where_it_may_mail(automation: Automation, campaign: str) -> None:
    row = UnreadRow("page 1: data.0.triggers", "odd", "1", "Mail", usable=True)
    listing = Listing((automation,), (row,))
    (only,) = unread_findings(CODE, Listing(()), Listing(()), listing, frozenset({"91"}))
    assert (only.campaign, only.subject) == (campaign, "automation 1")
    assert ("may mail" in only.advice) is automation.enabled
