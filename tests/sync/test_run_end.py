"""In which state a run ends, by its error or by its plan."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bema_tui.errors import BemaError, LockLost, NotAuthorized, RateLimited, Stopped, StoreError
from bema_tui.model import Check, CheckResult, MovesCheck, RunOptions, RunState
from bema_tui.store.run_rows import Run
from bema_tui.sync.run_end import end_by, end_without_yes
from bema_tui.waits import Wait, WaitReason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = RateLimited("Busy.", seconds=60.0, waited=0.0, wait=Wait(WaitReason.QUOTA, "MailerLite"))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Stopped("Stopped by ana."), RunState.STOPPED),
        (LockLost("The lock is gone."), RunState.LOST),
        (NotAuthorized("The key may not."), RunState.FAILED),
        (StoreError("The disk is full."), RunState.FAILED),
        (BUSY, RunState.FAILED),
    ],
)
def test_an_error_of_ours_names_the_state_and_says_why(error: BemaError, state: RunState) -> None:
    end = end_by(error)
    assert (end.state, end.error, end.note) == (state, error, error.message)


def test_who_ends_the_program_stops_the_run() -> None:
    end = end_by(asyncio.CancelledError())
    assert end.state is RunState.STOPPED
    assert isinstance(end.error, Stopped)


def test_an_error_of_the_program_itself_fails_the_run_and_names_its_kind_alone() -> None:
    end = end_by(KeyError("a secret"))
    assert end.state is RunState.FAILED
    assert end.error is not None
    assert "KeyError" in end.note
    assert "secret" not in str(end.error)


def waiting(*checks: Check) -> Run:
    return Run(
        id=1,
        campaign="2026_ETB_NBL",
        state=RunState.PLANNING,
        planned_at=NOW,
        yes_at=None,
        apply_started_at=None,
        options=RunOptions(),
        checks=checks,
    )


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (CheckResult.PASSED, RunState.PLANNED),
        (CheckResult.LOOK, RunState.PLANNED),
        (CheckResult.HOLD, RunState.NEEDS_APPROVAL),
    ],
)
def test_a_plan_waits_for_a_yes_or_for_an_approval_where_a_check_holds_it(result: CheckResult, state: RunState) -> None:
    end = end_without_yes(waiting(MovesCheck(result, moves=60, members=100, limit=50)))
    assert (end.state, end.error) == (state, None)
    assert end.note
