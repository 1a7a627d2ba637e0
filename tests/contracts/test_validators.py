"""The contract that every validator keeps, whatever it checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bema_tui.interfaces import Validator
from bema_tui.model import Cause, Tier
from bema_tui.validators.campaign import CampaignRecord, CampaignValidator
from bema_tui.validators.subscriber import SubscriberRecord, SubscriberValidator
from bema_tui.validators.tier_move import MoveRecord, TierMoveValidator

Case = tuple[Validator[Any], Any, Any, Any]
"""A validator, with a good record of its kind, one with a warning alone, and one with several errors."""

TODAY = date(2026, 11, 22)
CASES: dict[str, tuple[Callable[[], Validator[Any]], Any, Any, Any]] = {
    "subscriber": (
        SubscriberValidator,
        SubscriberRecord("ana@example.org", "gold", "2026_ETB_NBL"),
        SubscriberRecord("ana@example.org", "gold", "2026_ETB_NBL", name="<b>"),
        SubscriberRecord("", "platinum", "x"),
    ),
    "campaign": (
        CampaignValidator,
        CampaignRecord("2026_ETB_NBL", "No Better Love", TODAY),
        CampaignRecord("2020_ETB_NBL", "No Better Love", TODAY),
        CampaignRecord("x", "", TODAY),
    ),
    "tier move": (
        TierMoveValidator,
        MoveRecord(Tier.GOLD, Tier.GOLD_PURCHASED, has_purchase=True, moves_today=0, reason=Cause.PURCHASE),
        MoveRecord(Tier.GOLD, Tier.GOLD_PURCHASED, has_purchase=True, moves_today=0, reason=None),
        MoveRecord("x", "y", has_purchase=False, moves_today=7, reason=Cause.PURCHASE),
    ),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    make, good, odd, bad = CASES[request.param]
    return make(), good, odd, bad


def test_it_is_a_validator(case: Case) -> None:
    assert isinstance(case[0], Validator)


def test_a_good_record_leaves_no_errors(case: Case) -> None:
    validator, good, _, _ = case
    assert validator.validate(good)
    assert list(validator.get_errors()) == []


def test_a_warning_does_not_block(case: Case) -> None:
    validator, _, odd, _ = case
    assert validator.validate(odd)
    assert [error.blocking for error in validator.get_errors()] == [False]


def test_all_errors_are_collected_with_field_and_message(case: Case) -> None:
    validator, _, _, bad = case
    assert not validator.validate(bad)
    blocking = [error for error in validator.get_errors() if error.blocking]
    assert len({error.field for error in blocking}) >= 2
    assert all(error.message for error in blocking)


def test_validate_clears_what_the_call_before_left(case: Case) -> None:
    validator, good, _, bad = case
    validator.validate(bad)
    before = list(validator.get_errors())
    validator.validate(bad)
    assert list(validator.get_errors()) == before
    validator.add_error("extra", "from outside")
    assert validator.validate(good)
    assert list(validator.get_errors()) == []


def test_errors_can_be_added_and_cleared(case: Case) -> None:
    validator, good, _, _ = case
    validator.validate(good)
    validator.add_error("email", "is on a list kept elsewhere")
    validator.add_error("name", "looks odd", blocking=False)
    added = [(error.field, error.message, error.blocking) for error in validator.get_errors()]
    assert added == [("email", "is on a list kept elsewhere", True), ("name", "looks odd", False)]
    validator.clear_errors()
    assert list(validator.get_errors()) == []


def test_the_errors_handed_out_do_not_change_later(case: Case) -> None:
    validator, good, _, bad = case
    validator.validate(bad)
    kept = validator.get_errors()
    count = len(kept)
    validator.validate(good)
    assert len(kept) == count
