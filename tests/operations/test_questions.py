"""Each question names its row, says what will happen, and holds back what must not happen by one key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve, frozen

from bema_tui.model import ChangeState, LockState, Mode, RunState
from bema_tui.operations import questions
from bema_tui.operations.marked_text import unmarked
from bema_tui.operations.questions import Question
from tests.operations.builders import CODE, NOW, a_lock, a_run

ROWS = {ChangeState.APPLIED: 1_200, ChangeState.PLANNED: 34, ChangeState.SENDING: 5}


@frozen
class Maria:
    """Maria, at her own console."""

    now: datetime = NOW
    me: str = "maria"
    mode: Mode = Mode.LIVE

    def clock(self, moment: datetime | None) -> str:
        return "-" if moment is None else f"{moment:%H:%M}"


def text(question: Question) -> str:
    return "\n".join([question.title, *map(unmarked, question.lines)])


def test_a_stop_says_what_stays_and_asks_for_a_reason_that_may_be_left_out() -> None:
    question = questions.stop(a_run(RunState.APPLYING, changes=ROWS), Maria())
    assert question.title == f"Stop run 7 on {CODE}?"
    assert "34 changes stay planned" in text(question)
    assert (question.reason, question.reason_needed, question.typed) == ("Reason (optional)", False, "")
    assert question.safe == "Let it go on"


def test_somebody_elses_run_is_said_to_be_theirs() -> None:
    question = questions.stop(a_run(RunState.PLANNING, by_user="jon"), Maria())
    assert question.title == f"Stop run 7 of jon@studio-1 on {CODE}?"
    assert "nothing was written outside" in text(question)


@pytest.mark.parametrize(
    ("state", "words"), [(LockState.DEAD, "proved on this machine"), (LockState.EXPIRED, "Its lease is over: expired")]
)
def test_a_release_needs_a_reason_and_says_what_becomes_of_the_run(state: LockState, words: str) -> None:
    question = questions.release(a_lock(state), a_run(RunState.LOST, changes=ROWS), Maria())
    assert words in text(question)
    assert "1,200 changes stay done, 34 stay planned" in text(question)
    assert "5 on their way" in text(question)
    assert question.reason_needed
    assert question.typed == ""


def test_a_live_lock_is_released_by_its_typed_id() -> None:
    question = questions.force(a_lock(LockState.LIVE), a_run(RunState.APPLYING), Maria())
    assert (question.typed, question.reason_needed) == ("k7d2", True)
    assert "Ask jon first, or press x" in text(question)
    assert "run 7, apply." in text(question), "a run without a plan has no share that is done"
    assert "%" not in text(question)
    half = questions.force(a_lock(LockState.LIVE), a_run(RunState.APPLYING, changes=ROWS), Maria())
    assert "run 7, 97 %." in text(half)


def test_a_holder_that_is_suspended_is_not_at_work() -> None:
    suspended = evolve(a_lock(LockState.LIVE), suspended=True)
    question = questions.force(suspended, a_run(RunState.APPLYING), Maria())
    assert "is suspended: last sign of life" in text(question)
    assert f"kill -CONT {suspended.holder.pid}" in text(question)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"changes": {ChangeState.PLANNED: 1_000}, "subscribers": 200}, None),
        ({"changes": {ChangeState.PLANNED: 1_001}, "subscribers": 200}, "More than 1,000 changes"),
        ({"changes": {ChangeState.PLANNED: 600}, "subscribers": 201}, "More than 20 % of the members"),
        ({"changes": {ChangeState.PLANNED: 600}, "subscribers": 201, "members": 0}, None),
    ],
)
def test_only_a_plan_over_the_limits_wants_its_number(more: dict[str, Any], why: str | None) -> None:
    run = a_run(RunState.PLANNED, **more)
    question = questions.apply(run, Mode.LIVE)
    assert questions.needs_number(run) is (why is not None)
    if why is None:
        assert question is None
    else:
        assert question is not None
        assert why in text(question)
        assert question.typed == str(run.total)


def test_a_resume_may_be_a_new_plan_instead() -> None:
    run = a_run(RunState.LOST, changes=ROWS)
    assert [button.id for button in questions.resume(run, Maria(), anew=True).buttons] == ["act", "anew"]
    assert [button.id for button in questions.resume(run, Maria(), anew=False).buttons] == ["act"]
    assert "5 may be done or not" in text(questions.resume(run, Maria(), anew=False))


def test_leaving_counts_also_the_runs_that_the_snapshot_does_not_show_yet() -> None:
    assert questions.leave((), 2).title == "Quit? 2 runs of this console are going on"
    known = questions.leave((a_run(RunState.APPLYING, changes=ROWS),), 1)
    assert known.title == "Quit? 1 run of this console is going on"
    assert f"7 sync {CODE}" in text(known)
    stalled = questions.leave((a_run(RunState.APPLYING, changes=ROWS, stalled_seconds=725.0),), 1)
    assert "no progress for 12 min, " in text(stalled)
    assert " left, " not in text(stalled)
    assert "Run 7, 9 has not reached" in text(questions.leave_late((7, 9)))


def test_a_discard_says_whose_plan_it_was() -> None:
    assert "Made by you at 14:09" in text(questions.discard(a_run(RunState.PLANNED), Maria()))
    assert "Made by jon" in text(questions.discard(a_run(RunState.PLANNED, by_user="jon"), Maria()))
