"""Whether a plan waits for an approval, or is refused: by what it came to, what was read, and the settings."""

from __future__ import annotations

from typing import Any, Final, get_args

import pytest
from attrs import evolve

from bema_tui.errors import BemaError
from bema_tui.model import (
    Cause,
    ChangeKind,
    Check,
    CheckName,
    CheckResult,
    Completeness,
    MailerLiteReadResult,
    OlderCheck,
    PlannedChange,
    Purpose,
    ReadKind,
    ReadSide,
    ReadSizes,
    ShopReadResult,
    ShrunkRead,
    Tier,
    holding_checks,
    refusing_checks,
)
from bema_tui.rules.choices import PlanLimits, Rules
from bema_tui.rules.wording.checks import refusal_text
from bema_tui.sync.plan.safety import PlanReads, check_plan, keeps_a_tier, most_moves, refuse_unsafe, shrunk_reads
from bema_tui.sync.plan.totals import PlanTotals

TOTALS: Final = PlanTotals(
    changes=60,
    subscribers=20,
    moves=20,
    left_out=1,
    kinds={ChangeKind.SET_FIELD: 20, ChangeKind.ADD_GROUP: 20, ChangeKind.REMOVE_GROUP: 20},
    causes={Cause.PURCHASE: 19, Cause.LOWER_OFF: 1},
    adds_by_group={"1": 20},
    removes_unproved=0,
    lone_adds=0,
)
CREATING: Final = evolve(TOTALS, kinds={**TOTALS.kinds, ChangeKind.CREATE_SUBSCRIBER: 3})
TAKING_BACK: Final = evolve(TOTALS, causes={Cause.REFUND: 1})
CLEARING: Final = evolve(TOTALS, causes={Cause.REFUND_NOT_ACTIVE: 1})
SHOP: Final = ShopReadResult(Completeness.COMPLETE, orders=900)
MEMBERS: Final = MailerLiteReadResult(Completeness.COMPLETE, members=300)
READS: Final = PlanReads(shop=SHOP, members=MEMBERS)
QUICK: Final = evolve(READS, shop=evolve(SHOP, kind=ReadKind.RECENT))
UNSETTLED: Final = PlanReads(
    SHOP, evolve(MEMBERS, completeness=Completeness.PARTIAL), incomplete_groups=("2024_A_B_GOLD",)
)
SHRUNK: Final = evolve(READS, shrunk=(ShrunkRead(ReadSide.MEMBERS, before=500, now=300),))
DEFAULTS: Final = Rules()
CREATES: Final = Rules(add_new_buyers=True)
REVERTS: Final = Rules(on_refund="revert")
LIMITS: Final = PlanLimits(max_moves=50, max_moves_percent=10.0, shrink_percent=20.0)


def checked(
    totals: PlanTotals = TOTALS, reads: PlanReads = READS, rules: Rules = DEFAULTS, allowed: int | None = None
) -> dict[CheckName, Check]:
    checks = check_plan(totals, reads, rules=rules, limits=LIMITS, allowed_moves=allowed)
    return {check.name: check for check in checks}


def test_a_plan_with_which_all_is_well_passes_every_check() -> None:
    assert {check.result for check in checked().values()} == {CheckResult.PASSED}


CASES: Final[list[tuple[CheckName, CheckResult, dict[str, Any]]]] = [
    (CheckName.SHOP_READ, CheckResult.PASSED, {"reads": QUICK}),
    (CheckName.SHOP_READ, CheckResult.LOOK, {"reads": evolve(READS, unreadable_sales=3)}),
    (CheckName.SHOP_READ, CheckResult.LOOK, {"reads": evolve(QUICK, unreadable_sales=3)}),
    (CheckName.SHOP_READ, CheckResult.REFUSE, {"reads": evolve(READS, shop=None)}),
    *(
        (CheckName.SHOP_READ, CheckResult.REFUSE, {"reads": evolve(READS, shop=evolve(SHOP, completeness=worse))})
        for worse in (Completeness.PARTIAL, Completeness.FAILED)
    ),
    (CheckName.MEMBERS_READ, CheckResult.LOOK, {"reads": evolve(READS, left_alone=1)}),
    (CheckName.MEMBERS_READ, CheckResult.LOOK, {"reads": UNSETTLED}),
    (CheckName.MEMBERS_READ, CheckResult.REFUSE, {"reads": evolve(READS, members=None)}),
    # A read that still goes on says nothing but that it is partial.
    (
        CheckName.MEMBERS_READ,
        CheckResult.REFUSE,
        {"reads": evolve(READS, members=MailerLiteReadResult(Completeness.PARTIAL))},
    ),
    *(
        (
            CheckName.MEMBERS_READ,
            CheckResult.REFUSE,
            {"reads": evolve(READS, members=evolve(MEMBERS, completeness=one))},
        )
        for one in (Completeness.PARTIAL, Completeness.FAILED)
    ),
    (CheckName.TIERS_KEPT, CheckResult.REFUSE, {"totals": evolve(TOTALS, removes_unproved=1)}),
    (CheckName.NOBODY_CREATED, CheckResult.PASSED, {"rules": CREATES}),
    (CheckName.NOBODY_CREATED, CheckResult.LOOK, {"totals": CREATING, "rules": CREATES}),
    (CheckName.NOBODY_CREATED, CheckResult.REFUSE, {"totals": CREATING}),
    (CheckName.NOTHING_TAKEN_BACK, CheckResult.PASSED, {"rules": REVERTS}),
    (CheckName.NOTHING_TAKEN_BACK, CheckResult.HOLD, {"totals": TAKING_BACK, "rules": REVERTS}),
    (CheckName.NOTHING_TAKEN_BACK, CheckResult.HOLD, {"totals": CLEARING, "rules": REVERTS}),
    (CheckName.NOTHING_TAKEN_BACK, CheckResult.REFUSE, {"totals": TAKING_BACK}),
    *(
        (CheckName.NOTHING_TAKEN_BACK, CheckResult.REFUSE, {"totals": TAKING_BACK, "rules": REVERTS, "reads": reads})
        for reads in (QUICK, UNSETTLED, SHRUNK)
    ),
    (CheckName.NO_READ_SHRANK, CheckResult.HOLD, {"reads": SHRUNK}),
    (CheckName.FEW_MOVES, CheckResult.PASSED, {"totals": evolve(TOTALS, moves=50)}),
    (CheckName.FEW_MOVES, CheckResult.HOLD, {"totals": evolve(TOTALS, moves=51)}),
    (CheckName.FEW_MOVES, CheckResult.PASSED, {"totals": evolve(TOTALS, moves=51), "allowed": 51}),
    (CheckName.FEW_MOVES, CheckResult.HOLD, {"allowed": 19}),
    (CheckName.FEW_MOVES, CheckResult.HOLD, {"allowed": 0}),
]


@pytest.mark.parametrize(("name", "result", "given"), CASES)
def test_each_check_says_what_follows(name: CheckName, result: CheckResult, given: dict[str, Any]) -> None:
    assert checked(**given)[name].result is result


@pytest.mark.parametrize("name", [name for name in CheckName if name is not CheckName.OLDER])
def test_there_is_no_check_that_is_always_passed(name: CheckName) -> None:
    assert name in checked()
    assert {result for other, result, _ in CASES if other is name} - {CheckResult.PASSED}


def test_every_check_but_those_of_older_versions_is_made() -> None:
    assert {type(check) for check in checked().values()} == {*get_args(Check)} - {OlderCheck}


@pytest.mark.parametrize(
    ("given", "holding"),
    [
        ({}, []),
        ({"reads": evolve(READS, unreadable_sales=3, left_alone=2)}, []),
        ({"totals": CREATING, "rules": CREATES}, []),
        ({"totals": TAKING_BACK, "rules": REVERTS}, [CheckName.NOTHING_TAKEN_BACK]),
        ({"totals": evolve(TOTALS, moves=1_051)}, [CheckName.FEW_MOVES]),
        ({"reads": SHRUNK}, [CheckName.NO_READ_SHRANK]),
        ({"totals": evolve(TOTALS, moves=51), "reads": SHRUNK}, [CheckName.NO_READ_SHRANK, CheckName.FEW_MOVES]),
    ],
)
def test_whether_a_plan_waits_for_an_approval_and_why(given: dict[str, Any], holding: list[CheckName]) -> None:
    checks = checked(**given).values()
    assert [check.name for check in holding_checks(checks)] == holding
    assert refusing_checks(checks) == ()
    refuse_unsafe(tuple(checks))  # what only waits is not refused


def test_a_plan_that_is_refused_says_all_that_is_wrong_with_it() -> None:
    checks = tuple(checked(evolve(CREATING, removes_unproved=2)).values())
    assert [check.name for check in refusing_checks(checks)] == [CheckName.TIERS_KEPT, CheckName.NOBODY_CREATED]
    with pytest.raises(BemaError) as refused:
        refuse_unsafe(checks)
    assert refused.value.message == " ".join(refusal_text(check) for check in refusing_checks(checks))
    assert "Nothing was written" in refused.value.advice


@pytest.mark.parametrize(
    ("members", "allowed", "limit"),
    [(0, None, 50), (500, None, 50), (509, None, 50), (510, None, 51), (100_000, None, 10_000), (510, 0, 0), (0, 7, 7)],
)
def test_how_many_may_be_moved_without_a_look(members: int, allowed: int | None, limit: int) -> None:
    assert most_moves(members, LIMITS, allowed) == limit


@pytest.mark.parametrize(
    ("before", "now", "shrank"),
    [(None, 0, False), (0, 0, False), (100, 100, False), (100, 80, False), (100, 79, True), (1, 0, True)],
)
@pytest.mark.parametrize("side", ReadSide)
def test_a_read_that_lost_more_than_a_fifth_shrank(side: ReadSide, before: int | None, now: int, shrank: bool) -> None:
    def sizes(number: int | None) -> ReadSizes:
        return ReadSizes(**{"members": 5, "orders": 5} | {str(side): number})

    found = shrunk_reads(sizes(before), sizes(now), percent=20.0)
    assert found == ((ShrunkRead(side, before or 0, now),) if shrank else ())


def change(kind: ChangeKind, tier: Tier | None) -> PlannedChange:
    return PlannedChange(
        kind, "1", "ana@example.com", "Ana", "9", "", None, "x", Purpose(Cause.PURCHASE), "", tier, False
    )


ADD, REMOVE = ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP
SILVER, BOUGHT = Tier.SILVER, Tier.SILVER_PURCHASED


@pytest.mark.parametrize(
    ("tiers", "changes", "keeps"),
    [
        ({SILVER}, [(ChangeKind.SET_FIELD, None)], True),
        ({SILVER}, [(ADD, BOUGHT), (REMOVE, SILVER)], True),
        ({SILVER}, [(REMOVE, SILVER)], False),
        ({SILVER}, [(ADD, SILVER), (REMOVE, SILVER)], False),
        ({SILVER, BOUGHT}, [(REMOVE, SILVER)], True),
        ({SILVER, BOUGHT}, [(REMOVE, SILVER), (REMOVE, BOUGHT)], False),
        (set(), [(ADD, Tier.GOLD_PURCHASED)], True),
        (set(), [(ChangeKind.SET_FIELD, None)], True),
    ],
)
def test_who_stands_in_a_tier_afterwards(
    tiers: set[Tier], changes: list[tuple[ChangeKind, Tier | None]], keeps: bool
) -> None:
    assert keeps_a_tier(tiers, [change(kind, tier) for kind, tier in changes]) is keeps
