"""What people read for what the ledger knows as data."""

from __future__ import annotations

import pytest

from bema_tui.model import Cause, ChangeOutcome, Purpose, Tier, join_tiers, split_tiers
from bema_tui.rules.moves import MOVES
from bema_tui.rules.wording.changes import heading, outcome_text
from tests.rules.wording.outcomes import WHY, Row


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        (Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED), "Opt-In → Gold Purchased"),
        (Purpose(Cause.PURCHASE, Tier.SILVER, Tier.SILVER_PURCHASED), "Silver → Silver Purchased"),
        (Purpose(Cause.PLACED, to_tier=Tier.GOLD_PURCHASED), "no tier → Gold Purchased"),
        (Purpose(Cause.NEW_BUYER, to_tier=Tier.GOLD_PURCHASED), "new buyer → Gold Purchased"),
        (Purpose(Cause.FIELD_ONLY), "not moved: only field set"),
        (Purpose(Cause.IN_WOOD), "in Wood: only field set"),
        (Purpose(Cause.NOT_ACTIVE), "not active: only field set"),
        (Purpose(Cause.LOWER_OFF), "two tiers: lower removed"),
        (Purpose(Cause.REFUND, to_tier=Tier.BRONZE), "refund → Bronze"),
        (Purpose(Cause.REFUND), "refund → no tier"),
        (Purpose(Cause.REFUND_NOT_ACTIVE), "refund: only field cleared"),
        (Purpose(Cause.CREATE_MISSING), "create what is missing"),
    ],
)
def test_a_plan_says_why(purpose: Purpose, words: str) -> None:
    assert heading(purpose) == words


def test_no_two_purposes_have_the_same_heading() -> None:
    alone = [Purpose(cause) for cause in Cause if cause not in MOVES]
    moves = [Purpose(cause, source, target) for cause in (Cause.PURCHASE,) for source, target in MOVES[cause] if source]
    moves += [
        Purpose(cause, to_tier=target)
        for cause in (Cause.PLACED, Cause.NEW_BUYER, Cause.REFUND, Cause.TRANSITION, Cause.UNDO)
        for target in {target for _, target in MOVES[cause]}
    ]
    every = [*alone, *moves, Purpose(Cause.LOWER_OFF)]
    assert len({heading(one) for one in every}) == len(every)


@pytest.mark.parametrize(("row", "words"), WHY)
def test_a_row_says_why_it_stands_so(row: Row, words: str) -> None:
    assert outcome_text(row) == words


def test_every_outcome_has_its_words() -> None:
    assert {row.outcome for row, _ in WHY} == {None, *ChangeOutcome}


def test_tiers_come_back_from_a_detail_in_their_order() -> None:
    assert split_tiers(join_tiers({Tier.WOOD, Tier.GOLD})) == (Tier.GOLD, Tier.WOOD)
    assert split_tiers(join_tiers(())) == ()
