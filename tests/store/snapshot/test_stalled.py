"""A run has stalled when it should be at work, waits for nothing and makes no progress."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bema_tui.model import RunState
from bema_tui.store.snapshot.stalled import stalled_seconds
from tests.support.clock import AFTERNOON

NOW = AFTERNOON


@pytest.mark.parametrize(
    ("state", "progressed", "wait", "expected"),
    [
        # progressed: seconds ago; wait: seconds until it ends, None for no wait
        (RunState.APPLYING, 0, None, 0),
        (RunState.APPLYING, 599, None, 0),
        (RunState.APPLYING, 600, None, 600),
        (RunState.PLANNING, 7200, None, 7200),
        (RunState.PLANNING, 7200, 1, 0),  # it waits
        (RunState.PLANNING, 7200, -599, 0),  # the wait is over since less than the limit
        (RunState.PLANNING, 7200, -600, 600),
        (RunState.APPLYING, 600, -7200, 600),  # it made progress since the wait
        (RunState.PAUSED, 7200, None, 0),
        (RunState.PLANNED, 7200, None, 0),
        (RunState.NEEDS_APPROVAL, 7200, None, 0),
        (RunState.LOST, 7200, None, 0),
        (RunState.STOPPED, 7200, None, 0),
        (RunState.DONE, 7200, None, 0),
        (RunState.APPLYING, -60, None, 0),  # a clock that was set back
    ],
)
def test_stalled_or_not(state: RunState, progressed: int, wait: int | None, expected: int) -> None:
    until = None if wait is None else NOW + timedelta(seconds=wait)
    assert stalled_seconds(state, NOW - timedelta(seconds=progressed), until, NOW, 600) == expected
