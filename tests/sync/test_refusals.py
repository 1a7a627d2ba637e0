"""What MailerLite did not do becomes one finding for each subscriber, group or field, with the cause and what helps."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.errors import WrongAccount
from bema_tui.model import ChangeKind, ChangeOutcome, ChangeState, FindingRule, PlannedChange, SubjectKind
from bema_tui.rules.records import Outcome
from bema_tui.store.ledger_history import mark_of
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.refusals import (
    NotMade,
    findings_of_failed,
    gone,
    not_done,
    other_account,
    refused,
    wanted,
    without_refused,
)
from tests.sync.rows import move, row

CODE = "2026_ETB_NBL"


def failed(one: LedgerRow, status: int | None = 422, outcome: ChangeOutcome = ChangeOutcome.REFUSED) -> LedgerRow:
    return evolve(one, state=ChangeState.FAILED, outcome=outcome, detail=f"{status}: No.", refused_status=status)


FIELD, ADD, REMOVE = move()


def test_all_refusals_of_one_subscriber_are_one_finding() -> None:
    other = failed(move("2", 4)[1])
    found = refused(CODE, [NotMade.of(failed(FIELD)), NotMade.of(failed(ADD)), NotMade.of(other)])
    assert [(one.rule, one.campaign, one.subject, one.subscriber_id) for one in found] == [
        (FindingRule.REFUSED_WRITE, CODE, "1@example.com", "1"),
        (FindingRule.REFUSED_WRITE, CODE, "2@example.com", "2"),
    ]
    for change in (FIELD, ADD):
        assert wanted(change) in found[0].message


def test_what_was_refused_and_what_else_was_not_done_of_one_subscriber_are_one_finding() -> None:
    not_shown = failed(REMOVE, None, ChangeOutcome.NOT_SHOWN)
    alone = failed(move("2", 4)[2], None, ChangeOutcome.NOT_SHOWN)
    found = findings_of_failed(CODE, [failed(ADD), not_shown, alone])
    assert [one.subject for one in found] == ["1@example.com", "2@example.com"]
    (of_add,), (of_remove,) = refused(CODE, [NotMade.of(failed(ADD))]), not_done(CODE, [NotMade.of(not_shown)])
    assert found[0].message == f"{of_add.message} {of_remove.message}"


def test_nothing_that_was_not_done_is_no_finding() -> None:
    assert findings_of_failed(CODE, []) == refused(CODE, []) == not_done(CODE, []) == gone(CODE, 7, []) == ()


def test_what_an_earlier_run_met_and_what_this_run_met_are_told_apart() -> None:
    undone = [NotMade.of(failed(ADD))]
    assert refused(CODE, undone, before=True)[0].message != refused(CODE, undone)[0].message


@pytest.mark.parametrize("kind", [ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD])
def test_a_group_or_field_that_was_not_created_is_its_own_subject(kind: ChangeKind) -> None:
    one = evolve(row(1, kind, f"{CODE}_GOLD", ""), email="")
    (found,) = refused(CODE, [NotMade.of(failed(one))])
    assert (found.subject, found.subscriber_id, found.about) == (f"{CODE}_GOLD", None, SubjectKind.OTHER)
    assert {one.about for one in refused(CODE, [NotMade.of(failed(ADD))])} == {SubjectKind.SUBSCRIBER}
    assert f"bema-tui sync {CODE} --create-missing" in found.advice


def test_each_cause_has_an_advice_of_its_own() -> None:
    group = evolve(row(1, ChangeKind.CREATE_GROUP, "x", ""), email="")
    field = evolve(row(1, ChangeKind.CREATE_FIELD, "x", ""), email="")
    rows = [failed(group), failed(field), failed(ADD), failed(ADD, 422, ChangeOutcome.REFUSED_FOR_STATUS)]
    assert len({refused(CODE, [NotMade.of(one)])[0].advice for one in rows}) == 4


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_of_change_can_be_told(kind: ChangeKind) -> None:
    assert "X" in wanted(evolve(row(1, kind, "11", "X"), target_name="X", after="5"))


def test_a_field_that_is_cleared_is_told_from_one_that_is_set() -> None:
    assert wanted(evolve(FIELD, after=None)) != wanted(FIELD)


def test_somebody_who_is_gone_is_one_finding_however_many_rows_they_have() -> None:
    found = gone(CODE, 7, [*move(), *move("2", 4)])
    assert [(one.rule, one.subject, one.subscriber_id) for one in found] == [
        (FindingRule.SUBSCRIBER_GONE, "1@example.com", "1"),
        (FindingRule.SUBSCRIBER_GONE, "2@example.com", "2"),
    ]


def test_the_error_of_another_account_keeps_what_it_said_and_where() -> None:
    first = WrongAccount("Account 999 answered.", where="https://mail.example/api", tried="read", advice="Look.")
    told = other_account(first)
    assert told.message.startswith(first.message)
    assert told.message != first.message
    assert (told.where, told.tried) == (first.where, "send changes")
    assert "resume" in told.advice


def planned(one: LedgerRow) -> PlannedChange:
    return PlannedChange(
        one.kind,
        one.subscriber_id,
        one.email,
        "",
        one.target,
        one.target,
        one.before,
        one.after,
        one.purpose,
        "a reason",
        one.tier,
        one.needs_add,
    )


@pytest.mark.parametrize(
    ("refused_kind", "left"),
    [
        (ChangeKind.SET_FIELD, []),  # nobody comes into a purchased tier with an empty field
        (ChangeKind.ADD_GROUP, [ChangeKind.SET_FIELD]),
        (ChangeKind.REMOVE_GROUP, [ChangeKind.SET_FIELD]),  # nor into two tiers
    ],
)
def test_what_rests_on_a_refused_change_is_not_planned_either(refused_kind: ChangeKind, left: list[ChangeKind]) -> None:
    rows = [FIELD, ADD, REMOVE]
    before = {mark_of(planned(one)): failed(one) for one in rows if one.kind is refused_kind}
    outcome = without_refused(CODE, Outcome(tuple(map(planned, rows))), before)
    assert [change.kind for change in outcome.changes] == left
    (told,) = outcome.findings
    assert told.rule is FindingRule.REFUSED_WRITE
    assert told.message.endswith("before; it is not tried again. They are not moved meanwhile.")


def test_a_refused_change_on_which_nothing_rests_is_told_alone() -> None:
    field = planned(FIELD)
    outcome = without_refused(CODE, Outcome((field,)), {mark_of(field): failed(FIELD)})
    assert outcome.changes == ()
    assert outcome.findings[0].message.endswith("before; it is not tried again.")


def test_what_was_not_refused_is_planned_as_it_is() -> None:
    outcome = Outcome(tuple(map(planned, move("2", 4))))
    assert without_refused(CODE, outcome, {mark_of(planned(ADD)): failed(ADD)}) is outcome


def test_who_was_refused_for_their_status_is_planned_for_again_by_the_flag_alone() -> None:
    """Before and after of a join are the same when they are active again."""
    (found,) = refused(CODE, [NotMade.of(failed(ADD, 422, ChangeOutcome.REFUSED_FOR_STATUS))], before=True)
    assert f"bema-tui plan {CODE} --retry-refused" in found.advice
