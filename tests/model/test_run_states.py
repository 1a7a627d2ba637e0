"""What may be done with a run follows from its state: each has one of four meanings, and no two."""

from __future__ import annotations

import pytest

from bema_tui.model import RunState

MEANING = {
    RunState.PLANNING: "active",
    RunState.APPLYING: "active",
    RunState.PAUSED: "active",
    RunState.PLANNED: "waiting",
    RunState.NEEDS_APPROVAL: "waiting",
    RunState.STOPPED: "resumable",
    RunState.FAILED: "resumable",
    RunState.LOST: "resumable",
    RunState.DONE: "over",
    RunState.DISCARDED: "over",
}


def test_every_state_has_a_meaning() -> None:
    assert set(MEANING) == set(RunState)


@pytest.mark.parametrize("state", RunState)
def test_a_state_is_active_waits_can_be_resumed_or_is_over(state: RunState) -> None:
    found = {name for name in ("active", "waiting", "resumable") if getattr(state, name)} or {"over"}
    assert found == {MEANING[state]}
