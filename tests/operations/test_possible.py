"""What may be done in which state, and why not: by table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from bema_tui.errors import NeedsNewSync, UsageError
from bema_tui.model import (
    ChangeState,
    CheckResult,
    ControlRequest,
    ControlVerb,
    LockState,
    RunError,
    RunState,
    TiersCheck,
)
from bema_tui.operations import possible
from bema_tui.operations.possible import Allowed, Operation, Reason, Refused, Verdict
from bema_tui.store.snapshot.views import RunView
from tests.operations.builders import CODE, NOW, a_lock, a_run

PLANNED = {ChangeState.PLANNED: 3}
STRANDING = TiersCheck(CheckResult.REFUSE, stranded=2)
BLOCKED = RunError.of(NeedsNewSync("It is blocked.", advice="Sync anew."))
STEERED = {Operation.STOP, Operation.PAUSE}
PAUSED = STEERED | {Operation.CONTINUE}
TO_PAUSE = ControlRequest(1, ControlVerb.PAUSE, "jon", "", NOW)

OF_RUNS: list[tuple[RunView, set[Operation]]] = [
    (a_run(RunState.PLANNING), STEERED),
    (a_run(RunState.APPLYING, changes=PLANNED), STEERED),
    (a_run(RunState.APPLYING, changes=PLANNED, control_requests=(TO_PAUSE,)), PAUSED),
    (a_run(RunState.APPLYING, changes=PLANNED, control_requests=(evolve(TO_PAUSE, done_at=NOW),)), STEERED),
    (a_run(RunState.PAUSED, changes=PLANNED), PAUSED),
    (a_run(RunState.PLANNED, changes=PLANNED), {Operation.APPLY, Operation.DISCARD}),
    (a_run(RunState.NEEDS_APPROVAL, changes=PLANNED), {Operation.APPLY, Operation.DISCARD}),
    (a_run(RunState.NEEDS_APPROVAL), {Operation.APPLY, Operation.DISCARD}),
    (a_run(RunState.PLANNED), {Operation.DISCARD}),
    (a_run(RunState.PLANNED, changes=PLANNED, checks=(STRANDING,)), {Operation.DISCARD}),
    (a_run(RunState.PLANNED, changes=PLANNED, overtaken_by=8), {Operation.DISCARD}),
    (a_run(RunState.STOPPED, changes=PLANNED), {Operation.RESUME}),
    (a_run(RunState.FAILED, changes=PLANNED), {Operation.RESUME}),
    (a_run(RunState.FAILED), {Operation.RESUME}),
    (a_run(RunState.LOST, changes=PLANNED), {Operation.RESUME}),
    (a_run(RunState.LOST, changes=PLANNED, overtaken_by=8), set()),
    (a_run(RunState.FAILED, error=BLOCKED), set()),
    (a_run(RunState.DONE), set()),
    (a_run(RunState.DISCARDED), set()),
]


@pytest.mark.parametrize(("run", "operations"), OF_RUNS, ids=lambda value: getattr(value, "state", None))
def test_what_may_be_done_to_a_run(run: RunView, operations: set[Operation]) -> None:
    assert possible.of_run(run, read_only=False) == operations


@pytest.mark.parametrize("run", [run for run, _ in OF_RUNS], ids=lambda run: str(run.state))
def test_a_read_only_profile_only_finishes_plans(run: RunView) -> None:
    allowed = possible.of_run(run, read_only=True)
    assert allowed == possible.of_run(run, read_only=False) & {Operation.RESUME}


@pytest.mark.parametrize("said", [{"yes_by": "jon"}, {"yes_at": NOW}, {"apply_started_at": NOW}], ids=str)
def test_a_read_only_profile_resumes_nothing_that_would_write(said: dict[str, Any]) -> None:
    run = a_run(RunState.STOPPED, changes=PLANNED, **said)
    assert possible.may_resume(run, read_only=False).allowed
    assert reason(possible.may_resume(run, read_only=True)) is Reason.READ_ONLY


def test_a_run_that_needs_a_new_sync_is_resumed_only_by_whoever_asks_for_it() -> None:
    verdict = possible.may_resume(a_run(RunState.FAILED, error=BLOCKED), read_only=False)
    assert isinstance(verdict, Allowed)
    assert not verdict.advised


def reason(verdict: Verdict) -> Reason:
    assert isinstance(verdict, Refused)
    return verdict.reason


def pause(run: RunView, *, read_only: bool) -> Verdict:
    return possible.may_control(run, ControlVerb.PAUSE, read_only=read_only)


def let_go_on(run: RunView, *, read_only: bool) -> Verdict:
    return possible.may_control(run, ControlVerb.CONTINUE, read_only=read_only)


REFUSALS: list[tuple[Callable[..., Verdict], RunView, Reason, str]] = [
    (possible.may_apply, a_run(RunState.DONE), Reason.NOT_WAITING, "Run 7 does not wait for a yes: it is done."),
    (
        possible.may_apply,
        a_run(RunState.PLANNED, changes=PLANNED, overtaken_by=8),
        Reason.OVERTAKEN,
        f"Run 7 can't go on: run 8 has read {CODE} since.",
    ),
    (
        possible.may_apply,
        a_run(RunState.PLANNED, changes=PLANNED, checks=(STRANDING,)),
        Reason.CHECK_FAILED,
        "Plan 7 can't be applied: a check failed (2 people would be left without a tier).",
    ),
    (
        possible.may_apply,
        a_run(RunState.PLANNED),
        Reason.NOTHING_PLANNED,
        "Plan 7 holds no change: there is nothing to apply.",
    ),
    (possible.may_resume, a_run(RunState.APPLYING), Reason.AT_WORK, "Run 7 is at work: it is applying."),
    (
        possible.may_resume,
        a_run(RunState.PLANNED),
        Reason.NOT_RESUMABLE,
        "Run 7 can't be resumed: it is a plan that waits for a yes.",
    ),
    (
        possible.may_resume,
        a_run(RunState.DONE),
        Reason.NOT_RESUMABLE,
        "Run 7 can't be resumed: it is done.",
    ),
    (pause, a_run(RunState.LOST), Reason.LOST, "Run 7 is lost: its process is gone."),
    (let_go_on, a_run(RunState.APPLYING), Reason.NOT_PAUSED, "Run 7 is not paused: it is applying."),
    (pause, a_run(RunState.DONE), Reason.NOT_AT_WORK, "Run 7 is not at work: it is done."),
    (
        possible.may_discard,
        a_run(RunState.DONE),
        Reason.NOT_WAITING,
        "Run 7 can't be discarded: it is done, and only a plan that waits can be.",
    ),
]


@pytest.mark.parametrize(("may", "run", "why", "words"), REFUSALS, ids=[words for *_, words in REFUSALS])
def test_a_refusal_says_why(may: Callable[..., Verdict], run: RunView, why: Reason, words: str) -> None:
    verdict = may(run, read_only=False)
    assert isinstance(verdict, Refused)
    assert (verdict.reason, verdict.message) == (why, words)
    with pytest.raises(UsageError) as caught:
        possible.require(verdict)
    assert (caught.value.message, caught.value.advice) == (verdict.message, verdict.advice)
    possible.require(possible.ALLOWED)


@pytest.mark.parametrize("run", [run for run, _ in OF_RUNS], ids=lambda run: str(run.state))
@pytest.mark.parametrize("may", [possible.may_apply, possible.may_resume, possible.may_discard, pause, let_go_on])
def test_a_refusal_names_a_command_that_is_possible(may: Callable[..., Verdict], run: RunView) -> None:
    verdict = may(run, read_only=False)
    if isinstance(verdict, Allowed):
        return
    words = re.findall(r"bema-tui (\w+) 7\b", verdict.advice)
    assert words or "new" in verdict.advice or verdict.reason is Reason.NOTHING_PLANNED
    assert {Operation(word) for word in words} <= {
        operation
        for operation, asked in {
            Operation.APPLY: possible.may_apply(run, read_only=False),
            Operation.RESUME: possible.may_resume(run, read_only=False),
            Operation.DISCARD: possible.may_discard(run, read_only=False),
            Operation.STOP: pause(run, read_only=False),
            Operation.CONTINUE: let_go_on(run, read_only=False),
        }.items()
        if asked.allowed
    }


def test_what_is_wrong_outranks_that_the_profile_only_reads() -> None:
    assert reason(possible.may_apply(a_run(RunState.DONE), read_only=True)) is Reason.NOT_WAITING
    assert reason(possible.may_discard(a_run(RunState.DONE), read_only=True)) is Reason.NOT_WAITING
    assert reason(pause(a_run(RunState.LOST), read_only=True)) is Reason.LOST


@pytest.mark.parametrize(
    ("state", "operation"),
    [
        (LockState.LIVE, Operation.FORCE),
        (LockState.QUIET, Operation.FORCE),
        (LockState.EXPIRED, Operation.RELEASE),
        (LockState.STALE, Operation.RELEASE),
        (LockState.DEAD, Operation.RELEASE),
    ],
)
def test_a_lock_whose_holder_may_live_needs_force(state: LockState, operation: Operation) -> None:
    lock = a_lock(state)
    assert possible.of_lock(lock, read_only=False) == {operation}
    assert possible.of_lock(lock, read_only=True) == set()
    assert possible.may_release(lock, NOW, force=True, read_only=False).allowed
    gently = possible.may_release(lock, NOW, force=False, read_only=False)
    assert gently.allowed is (operation is Operation.RELEASE)
    if isinstance(gently, Refused):
        assert gently.reason is Reason.HOLDER_MAY_LIVE
        assert "jon@tour-laptop (process 311) may be at work (last sign of life 2040 s ago)" in gently.message


def test_what_may_begin_on_a_campaign() -> None:
    assert possible.startable(read_only=False) == {Operation.PLAN, Operation.SYNC}
    assert possible.startable(read_only=True) == {Operation.PLAN}


READS = {
    Operation.ADD_CAMPAIGN,
    Operation.DISCOVER,
    Operation.MOVE_SHOP,
    Operation.PLAN,
    Operation.RESUME,  # as far as it only plans: ``may_resume``
}


@pytest.mark.parametrize("operation", Operation)
def test_read_only_forbids_what_writes_to_a_service_or_changes_a_run_or_a_lock(operation: Operation) -> None:
    assert possible.permit(operation, read_only=False).allowed
    assert possible.permit(operation, read_only=True).allowed is (operation in READS)


def test_the_lock_of_a_run_may_not_name_it_yet() -> None:
    run = a_run(RunState.PLANNING)
    other = a_lock(key="2025_KAIRO_TNS")
    assert possible.lock_of(run, (other, a_lock())) == a_lock()
    assert possible.lock_of(run, (other, a_lock(run=None))) == a_lock(run=None)
    assert possible.lock_of(run, (other, a_lock(run=8))) is None
