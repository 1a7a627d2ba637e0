"""The contract that every validator keeps, whatever it checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from bema_tui.interfaces import Validator
from bema_tui.model import Tier
from bema_tui.validators.campaign import CampaignValidator
from bema_tui.validators.subscriber import SubscriberValidator
from bema_tui.validators.tier_move import TierMoveValidator

Record = Mapping[str, object]

CASES: dict[str, tuple[Callable[[], Validator], Record, Record, Record]] = {
    "subscriber": (
        SubscriberValidator,
        {"email": "ana@example.org", "tier": "gold", "campaign": "2026_ETB_NBL"},
        {"email": "ana@example.org", "tier": "gold", "campaign": "2026_ETB_NBL", "name": "<b>"},
        {"email": "", "tier": "platinum", "campaign": "x"},
    ),
    "campaign": (
        CampaignValidator,
        {"code": "2026_ETB_NBL", "album": "No Better Love", "today": date(2026, 11, 22)},
        {"code": "2020_ETB_NBL", "album": "No Better Love", "today": date(2026, 11, 22)},
        {"code": "x", "album": "", "today": None},
    ),
    "tier move": (
        TierMoveValidator,
        {
            "from_tier": Tier.GOLD,
            "to_tier": Tier.GOLD_PURCHASED,
            "has_purchase": True,
            "moves_today": 0,
            "reason": "purchase",
        },
        {"from_tier": Tier.GOLD, "to_tier": Tier.GOLD_PURCHASED, "has_purchase": True, "moves_today": 0},
        {"from_tier": "x", "to_tier": "y", "moves_today": 7},
    ),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> tuple[Validator, Record, Record, Record]:
    make, good, odd, bad = CASES[request.param]
    return make(), good, odd, bad


def test_it_is_a_validator(case: tuple[Validator, Record, Record, Record]) -> None:
    assert isinstance(case[0], Validator)


def test_a_good_record_leaves_no_errors(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, good, _, _ = case
    assert validator.validate(good)
    assert list(validator.get_errors()) == []


def test_a_warning_does_not_block(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, _, odd, _ = case
    assert validator.validate(odd)
    assert [error.blocking for error in validator.get_errors()] == [False]


def test_all_errors_are_collected_with_field_and_message(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, _, _, bad = case
    assert not validator.validate(bad)
    blocking = [error for error in validator.get_errors() if error.blocking]
    assert len({error.field for error in blocking}) >= 3
    assert all(error.message for error in blocking)


def test_validate_clears_what_the_call_before_left(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, good, _, bad = case
    validator.validate(bad)
    before = list(validator.get_errors())
    validator.validate(bad)
    assert list(validator.get_errors()) == before
    validator.add_error("extra", "from outside")
    assert validator.validate(good)
    assert list(validator.get_errors()) == []


def test_errors_can_be_added_and_cleared(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, good, _, _ = case
    validator.validate(good)
    validator.add_error("email", "is on a list kept elsewhere")
    validator.add_error("name", "looks odd", blocking=False)
    added = [(error.field, error.message, error.blocking) for error in validator.get_errors()]
    assert added == [("email", "is on a list kept elsewhere", True), ("name", "looks odd", False)]
    validator.clear_errors()
    assert list(validator.get_errors()) == []


def test_an_empty_record_is_told_and_never_a_crash(case: tuple[Validator, Record, Record, Record]) -> None:
    assert not case[0].validate({})


def test_the_errors_handed_out_do_not_change_later(case: tuple[Validator, Record, Record, Record]) -> None:
    validator, good, _, bad = case
    validator.validate(bad)
    kept = validator.get_errors()
    count = len(kept)
    validator.validate(good)
    assert len(kept) == count
