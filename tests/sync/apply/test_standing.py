"""What follows from where somebody stands while others move people too. Domain rules, sections 3 and 6."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.model import (
    Cause,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    FindingRule,
    Purpose,
    Subscriber,
    SubscriberStatus,
    Tier,
)
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.apply.standing import MOST_REMOVES, RecheckFacts, Standing, expected_tiers, follow
from tests.sync.rows import GROUPS, row, subscriber

OPT_IN, GOLD, SILVER, BRONZE, WOOD = "11", "12", "13", "14", "15"
GOLD_P, SILVER_P = "16", "17"
FACTS = RecheckFacts("2026_ETB_NBL", 7, {**GROUPS, BRONZE: Tier.BRONZE, WOOD: Tier.WOOD}, move_inactive=False)
APPLIED, FAILED, PLANNED, SKIPPED = ChangeState.APPLIED, ChangeState.FAILED, ChangeState.PLANNED, ChangeState.SKIPPED
pytestmark = pytest.mark.fault("E1")


def move(*states: ChangeState, source: str = GOLD, target: str = GOLD_P) -> list[LedgerRow]:
    """The field, the add and the remove of a buyer's move, in these states."""
    field, add, remove = (*states, *[PLANNED] * 3)[:3]
    return [
        row(1, ChangeKind.SET_FIELD, "key", after="5", state=field),
        row(2, ChangeKind.ADD_GROUP, target, after=target, state=add),
        row(3, ChangeKind.REMOVE_GROUP, source, before=source, needs_add=True, state=remove),
    ]


def refund(*states: ChangeState) -> list[LedgerRow]:
    field, *others = move(*states, source=GOLD_P, target=GOLD)
    purpose = Purpose(Cause.REFUND, to_tier=Tier.GOLD)
    return [evolve(one, purpose=purpose) for one in (evolve(field, after=None, before="5"), *others)]


def follows(found: Subscriber | None, rows: list[LedgerRow], *seen: Tier, facts: RecheckFacts = FACTS) -> Standing:
    return follow(found, rows, frozenset(seen), facts)


def skipped(standing: Standing) -> dict[int, ChangeOutcome | None]:
    return {one.id: one.outcome for one in standing.results if one.state is SKIPPED}


def test_whoever_stands_where_the_plan_saw_them_goes_on() -> None:
    standing = follows(subscriber(GOLD), move(), Tier.GOLD)
    assert [(one.id, one.state, one.needs_add) for one in standing.results] == [
        (1, PLANNED, False),
        (2, PLANNED, False),
        (3, PLANNED, True),
    ]
    assert (standing.lower_off, standing.finding) == ((), None)


def test_an_automation_moved_them_while_they_were_added() -> None:
    """The case of the plan that said Gold: the tier that others left is skipped, the one they came into goes."""
    standing = follows(subscriber(SILVER, GOLD_P), move(APPLIED, APPLIED), Tier.GOLD)
    assert skipped(standing) == {3: ChangeOutcome.STANDS_ALREADY}
    assert standing.lower_off == (Tier.SILVER,)
    assert standing.finding is None


def test_others_had_added_them_before() -> None:
    """The add was theirs, so it is skipped; the remove does not wait for it, for the tier that stays was shown."""
    standing = follows(subscriber(GOLD, GOLD_P), move(APPLIED, SKIPPED), Tier.GOLD)
    assert [(one.id, one.state, one.needs_add) for one in standing.results] == [(3, PLANNED, False)]
    assert (standing.lower_off, standing.finding) == ((), None)


def test_others_made_the_whole_move() -> None:
    standing = follows(subscriber(GOLD_P, stored=5), move(), Tier.GOLD)
    assert skipped(standing) == dict.fromkeys((1, 2, 3), ChangeOutcome.STANDS_ALREADY)
    assert (standing.lower_off, standing.finding) == ((), None)


def test_others_made_another_move_that_the_rules_want_too() -> None:
    standing = follows(subscriber(SILVER_P, BRONZE), move(FAILED, FAILED), Tier.GOLD)
    assert standing.lower_off == (Tier.BRONZE,)
    assert standing.finding is None


@pytest.mark.parametrize(
    ("groups", "rows", "rule", "words", "advice"),
    [
        ([SILVER], move(APPLIED), FindingRule.DRIFT, "was in Gold", "next sync moves them on"),
        ([WOOD], move(APPLIED), FindingRule.DRIFT, "is in Wood now", "in Wood stays there"),
        ([], move(APPLIED), FindingRule.DRIFT, "is in no tier now", "Put them back"),
        ([GOLD], move(APPLIED, APPLIED), FindingRule.DRIFT, "put 1@example.com in Gold Purchased", "moves them on"),
        ([SILVER_P], move(APPLIED, APPLIED), FindingRule.DRIFT, "now they are in Silver Purchased", "Find out who"),
        ([GOLD, BRONZE], move(APPLIED), FindingRule.TWO_TIERS, "Gold and Bronze now", "Nobody is moved"),
        (
            [GOLD, GOLD_P, SILVER_P],
            move(APPLIED, APPLIED),
            FindingRule.TWO_TIERS,
            "Silver Purchased",
            "Nobody is moved",
        ),
    ],
)
def test_whoever_ends_elsewhere_is_a_finding(
    groups: list[str], rows: list[LedgerRow], rule: FindingRule, words: str, advice: str
) -> None:
    standing = follows(subscriber(*groups), rows, Tier.GOLD)
    assert set(skipped(standing)) >= {one.id for one in rows if one.state is PLANNED}
    assert standing.lower_off == ()
    found = standing.finding
    assert found is not None
    assert (found.rule, found.subject, found.campaign) == (rule, "1@example.com", "2026_ETB_NBL")
    assert words in found.message
    assert advice in found.advice


def test_a_remove_without_its_add_says_so() -> None:
    standing = follows(subscriber(GOLD), move(APPLIED, FAILED), Tier.GOLD)
    assert skipped(standing) == {3: ChangeOutcome.ADD_NOT_APPLIED}
    assert standing.finding is None, "why the add failed is told elsewhere, and nobody else moved them"


def test_who_is_gone_keeps_nothing() -> None:
    standing = follows(None, move(APPLIED), Tier.GOLD)
    assert skipped(standing) == {2: ChangeOutcome.GONE, 3: ChangeOutcome.GONE}
    assert (standing.lower_off, standing.finding) == ((), None)


def test_an_automation_that_keeps_moving_them_ends_somewhere() -> None:
    rows = move(APPLIED, APPLIED, SKIPPED)
    rows += [
        row(number, ChangeKind.REMOVE_GROUP, SILVER, before=SILVER, state=SKIPPED)
        for number in range(4, 3 + MOST_REMOVES)
    ]
    once_more = follows(subscriber(BRONZE, GOLD_P), rows[:-1], Tier.GOLD_PURCHASED, Tier.SILVER)
    assert once_more.lower_off == (Tier.BRONZE,)
    standing = follows(subscriber(BRONZE, GOLD_P), rows, Tier.GOLD_PURCHASED, Tier.SILVER)
    assert standing.lower_off == ()
    assert standing.finding is not None
    assert "the next sync takes them out of the lower tier" in standing.finding.advice


def test_nobody_is_moved_whom_the_plan_does_not_move() -> None:
    field_only = move(APPLIED)[:1]
    standing = follows(subscriber(BRONZE, GOLD_P), field_only, Tier.GOLD_PURCHASED)
    assert standing.lower_off == ()
    assert standing.finding is not None
    assert standing.finding.rule is FindingRule.DRIFT
    assert follows(subscriber(GOLD_P), field_only, Tier.GOLD_PURCHASED).finding is None
    assert follows(subscriber(WOOD), field_only, Tier.WOOD).finding is None
    assert follows(subscriber(BRONZE, WOOD), field_only, Tier.BRONZE, Tier.WOOD).finding is None, "the plan saw it"


def test_who_stopped_being_active_is_not_moved_but_for_the_half_that_is_left() -> None:
    left = SubscriberStatus.UNSUBSCRIBED
    waiting = follows(subscriber(GOLD, status=left), move(APPLIED), Tier.GOLD)
    assert skipped(waiting) == dict.fromkeys((2, 3), ChangeOutcome.STATUS_CHANGED)
    assert waiting.finding is None
    half = follows(subscriber(GOLD, GOLD_P, status=left), move(APPLIED, APPLIED), Tier.GOLD)
    assert (skipped(half), half.finding) == ({}, None)
    demoted = follows(subscriber(SILVER, GOLD_P, status=left), move(APPLIED, APPLIED), Tier.GOLD)
    assert demoted.lower_off == ()
    assert demoted.finding is not None
    movable = RecheckFacts("2026_ETB_NBL", 7, FACTS.tier_of_group, move_inactive=True)
    assert follows(subscriber(SILVER, GOLD_P, status=left), move(APPLIED, APPLIED), Tier.GOLD, facts=movable).lower_off
    field_only = move(APPLIED)[:1]
    assert follows(subscriber(SILVER, status=left), field_only, Tier.GOLD).finding is None
    assert follows(subscriber(SILVER, BRONZE, status=left), field_only, Tier.GOLD).finding is not None


def test_a_refund_takes_nothing_off_beyond_its_plan() -> None:
    """Lower tiers are where it leads, and automations move people among those."""
    on = follows(subscriber(SILVER, GOLD_P), refund(APPLIED, APPLIED), Tier.GOLD_PURCHASED)
    assert (skipped(on), on.lower_off, on.finding) == ({}, (), None)
    done = follows(subscriber(SILVER), refund(APPLIED, APPLIED, APPLIED), Tier.GOLD_PURCHASED)
    assert (done.lower_off, done.finding) == ((), None)
    again = follows(subscriber(SILVER, SILVER_P), refund(APPLIED, APPLIED, APPLIED), Tier.GOLD_PURCHASED)
    assert again.lower_off == ()
    assert again.finding is not None
    assert again.finding.rule is FindingRule.TWO_TIERS
    moved = follows(subscriber(SILVER_P), refund(APPLIED), Tier.GOLD_PURCHASED)
    assert moved.finding is not None
    assert moved.finding.rule is FindingRule.DRIFT


def test_a_lower_tier_beside_a_purchased_one() -> None:
    lower_off = [row(1, ChangeKind.REMOVE_GROUP, OPT_IN, before=OPT_IN)]
    seen = (Tier.OPT_IN, Tier.GOLD_PURCHASED)
    assert follows(subscriber(OPT_IN, GOLD_P), lower_off, *seen).finding is None
    demoted = follows(subscriber(SILVER, GOLD_P), lower_off, *seen)
    assert (skipped(demoted), demoted.lower_off, demoted.finding) == (
        {1: ChangeOutcome.STANDS_ALREADY},
        (Tier.SILVER,),
        None,
    )


def test_where_somebody_is_to_be_expected() -> None:
    rows = move(APPLIED, APPLIED)
    seen = frozenset({Tier.GOLD})
    assert expected_tiers(rows, seen, FACTS.tier_of_group, [APPLIED]) == {Tier.GOLD, Tier.GOLD_PURCHASED}
    assert expected_tiers(rows, seen, FACTS.tier_of_group, [APPLIED, PLANNED]) == {Tier.GOLD_PURCHASED}
    again = expected_tiers(rows, frozenset({Tier.GOLD, Tier.GOLD_PURCHASED}), FACTS.tier_of_group, [APPLIED, PLANNED])
    assert again == {Tier.GOLD_PURCHASED}, "a later read changes nothing in it"
