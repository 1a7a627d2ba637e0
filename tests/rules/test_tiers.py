"""Tiers, their moves, and the matrix to the next campaign. Domain rules, section 3."""

from __future__ import annotations

import pytest

from bema_tui.errors import RuleError
from bema_tui.model import Cause, FindingRule, Severity, Tier
from bema_tui.rules.findings import SEVERITY, finding
from bema_tui.rules.moves import MOVES, transition
from bema_tui.rules.tiers import LABEL, ORDER, SUFFIX, label, parse_tier, purchased_tier, tier_before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, Tier.GOLD_PURCHASED),
        (Tier.OPT_IN, Tier.GOLD_PURCHASED),
        (Tier.GOLD, Tier.GOLD_PURCHASED),
        (Tier.SILVER, Tier.SILVER_PURCHASED),
        (Tier.BRONZE, Tier.BRONZE_PURCHASED),
        (Tier.WOOD, None),
        (Tier.GOLD_PURCHASED, None),
        (Tier.SILVER_PURCHASED, None),
        (Tier.BRONZE_PURCHASED, None),
    ],
)
def test_a_purchase_moves_by_the_table(before: Tier | None, after: Tier | None) -> None:
    assert purchased_tier(before) is after


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Tier.GOLD_PURCHASED, Tier.GOLD),
        (Tier.SILVER_PURCHASED, Tier.GOLD),
        (Tier.BRONZE_PURCHASED, Tier.OPT_IN),
        (Tier.GOLD, None),
        (Tier.WOOD, None),
        (None, None),
    ],
)
def test_only_buyers_move_to_the_next_campaign(source: Tier | None, target: Tier | None) -> None:
    assert transition(source) is target


def test_the_tier_before_a_purchase() -> None:
    purchased = (Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED, Tier.BRONZE_PURCHASED)
    assert [tier_before(tier) for tier in purchased] == [Tier.GOLD, Tier.SILVER, Tier.BRONZE]
    with pytest.raises(RuleError, match="Wood"):
        tier_before(Tier.WOOD)


def test_the_order_holds_every_tier_once_and_the_purchased_last() -> None:
    assert sorted(ORDER) == sorted(Tier)
    assert [tier.purchased for tier in ORDER] == [False] * 5 + [True] * 3
    assert ORDER[0] is Tier.OPT_IN


@pytest.mark.parametrize("tier", list(Tier))
def test_a_tier_is_read_from_each_of_its_names(tier: Tier) -> None:
    names = (tier.value, LABEL[tier], SUFFIX[tier], SUFFIX[tier].lower(), label(tier).upper())
    assert {parse_tier(name) for name in names} == {tier}


@pytest.mark.parametrize(
    "text", ["", "OPTIN", "GOLDEN", "GOLD_PURCHASE_X", "WOOD PURCHASED", "GÖLD", "_GOLD", "gold\n"]
)
def test_other_words_are_no_tier(text: str) -> None:
    assert parse_tier(text) is None


def test_the_moves_of_each_cause() -> None:
    assert (Tier.SILVER, Tier.SILVER_PURCHASED) in MOVES[Cause.PURCHASE]
    assert len(MOVES[Cause.PURCHASE]) == 5
    assert MOVES[Cause.REFUND] == {
        (Tier.GOLD_PURCHASED, Tier.OPT_IN),
        (Tier.GOLD_PURCHASED, Tier.GOLD),
        (Tier.SILVER_PURCHASED, Tier.SILVER),
        (Tier.BRONZE_PURCHASED, Tier.BRONZE),
    }
    for source, target in MOVES[Cause.PURCHASE] | MOVES[Cause.REFUND]:
        assert (target, source) in MOVES[Cause.UNDO]
    assert (Tier.OPT_IN, None) in MOVES[Cause.UNDO]
    assert MOVES[Cause.PLACED] == MOVES[Cause.NEW_BUYER] == {(None, Tier.GOLD_PURCHASED)} < MOVES[Cause.PURCHASE]
    assert {Cause.FIELD_ONLY, Cause.IN_WOOD, Cause.NOT_ACTIVE, Cause.REFUND_NOT_ACTIVE}.isdisjoint(MOVES)


def test_no_move_demotes() -> None:
    demotions = {(Tier.OPT_IN, Tier.SILVER), (Tier.GOLD, Tier.SILVER), (Tier.SILVER, Tier.BRONZE)}
    assert not demotions & frozenset().union(*MOVES.values())


def test_every_finding_has_the_severity_of_the_rules() -> None:
    assert set(SEVERITY) == set(FindingRule)
    written = {
        Severity.ERROR: "two_tiers, twin_field, twin_group, code_collision, field_type_mismatch, order_number_unfit, "
        "read_shrank, group_missing, blocked_record",
        Severity.WARNING: "wood_purchase, refunded_purchase, order_gone, purchase_unproven, order_not_settled, "
        "subscriber_gone, drift",
        Severity.INFO: "buyer_unknown, partial_refund",
    }
    for severity, rules in written.items():
        assert {SEVERITY[FindingRule(rule)] for rule in rules.split(", ")} == {severity}
    made = finding(FindingRule.TWO_TIERS, "2026_ETB_NBL", "ana@example.org", "In two.", "Look.", "17")
    assert (made.severity, made.subscriber_id) == (Severity.ERROR, "17")
