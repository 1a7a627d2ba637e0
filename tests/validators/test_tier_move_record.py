"""One move between tiers. Domain rules, sections 3 and 5."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from bema_tui.model import Cause, Tier
from bema_tui.rules.moves import MATRIX
from bema_tui.rules.tiers import purchased_tier
from bema_tui.validators.tier_move import MoveRecord, TierMoveValidator

GOOD = MoveRecord(Tier.GOLD, Tier.GOLD_PURCHASED, has_purchase=True, moves_today=0, reason=Cause.PURCHASE)


def errors_of(**changes: Any) -> list[tuple[str, bool]]:
    validator = TierMoveValidator()
    validator.validate(evolve(GOOD, **changes))
    return [(error.field, error.blocking) for error in validator.get_errors()]


@pytest.mark.parametrize("source", [None, *Tier])
@pytest.mark.parametrize("target", list(Tier))
def test_a_purchase_makes_only_the_moves_of_the_table(source: Tier | None, target: Tier) -> None:
    expected = [] if purchased_tier(source) is target else [("to_tier", True)]
    assert errors_of(from_tier=source, to_tier=target) == expected


@pytest.mark.parametrize("source", list(Tier))
@pytest.mark.parametrize("target", list(Tier))
def test_a_transition_follows_the_matrix(source: Tier, target: Tier) -> None:
    wrong = ("to_tier", True) in errors_of(from_tier=source, to_tier=target, reason=Cause.TRANSITION)
    assert wrong is (MATRIX.get(source) is not target)


def test_the_engine_never_demotes() -> None:
    for source, target in ((Tier.GOLD, Tier.SILVER), (Tier.BRONZE, Tier.WOOD), (Tier.OPT_IN, Tier.SILVER)):
        for reason in (Cause.PURCHASE, Cause.TRANSITION, Cause.REFUND, Cause.LOWER_OFF):
            assert errors_of(from_tier=source, to_tier=target, reason=reason) == [("to_tier", True)]


def test_unassigned_is_a_place_to_come_from() -> None:
    assert errors_of(from_tier=None) == []


@pytest.mark.parametrize("field", ["from_tier", "to_tier"])
def test_both_tiers_must_exist(field: str) -> None:
    assert errors_of(**{field: "platinum"}) == [(field, True)]


def test_a_purchased_tier_needs_a_purchase() -> None:
    assert errors_of(has_purchase=False) == [("has_purchase", True)]
    refund: dict[str, Any] = {"from_tier": Tier.GOLD_PURCHASED, "to_tier": Tier.OPT_IN, "reason": Cause.REFUND}
    assert errors_of(has_purchase=False, **refund) == []


@pytest.mark.parametrize(("moves", "errors"), [(2, []), (3, [("moves_today", True)]), (9, [("moves_today", True)])])
def test_at_most_three_moves_a_day(moves: int, errors: list[tuple[str, bool]]) -> None:
    assert errors_of(moves_today=moves) == errors


def test_undo_is_exempt_from_the_daily_limit_and_is_the_inverse() -> None:
    back: dict[str, Any] = {
        "from_tier": Tier.GOLD_PURCHASED,
        "to_tier": Tier.OPT_IN,
        "reason": Cause.UNDO,
        "undo": True,
    }
    assert errors_of(moves_today=5, **back) == []
    assert errors_of(**(back | {"to_tier": None})) == []
    assert errors_of(**(back | {"to_tier": Tier.SILVER})) == [("to_tier", True)]


def test_taking_a_lower_tier_away_is_no_way_into_a_purchased_one() -> None:
    off: dict[str, Any] = {"from_tier": Tier.OPT_IN, "to_tier": Tier.SILVER_PURCHASED}
    assert errors_of(**off, reason=Cause.LOWER_OFF) == []
    assert errors_of(**off) == [("to_tier", True)]
    back: dict[str, Any] = {"from_tier": Tier.SILVER_PURCHASED, "to_tier": Tier.OPT_IN, "undo": True}
    assert errors_of(**back, reason=Cause.LOWER_OFF) == []
    assert errors_of(**back, reason=Cause.UNDO) == [("to_tier", True)]


@pytest.mark.parametrize("reason", [None, Cause.FIELD_ONLY])
def test_a_reason_that_moves_nobody_is_a_warning(reason: Cause | None) -> None:
    assert errors_of(reason=reason) == [("reason", False)]
    assert errors_of(reason=reason, to_tier=Tier.WOOD) == [("reason", False), ("to_tier", True)]


def test_everything_is_collected() -> None:
    found = errors_of(from_tier=Tier.WOOD, has_purchase=False, moves_today=3, reason=None)
    assert found == [("reason", False), ("to_tier", True), ("has_purchase", True), ("moves_today", True)]
