"""Which runs have stalled: they should be at work, wait for nothing, and make no progress."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bema_tui.model import RunState

_WORKS: Final = frozenset({RunState.PLANNING, RunState.APPLYING})


def stalled_seconds(
    state: RunState, progressed_at: datetime, waiting_until: datetime | None, at: datetime, after: float
) -> float:
    """Return for how many seconds a stalled run has made no progress, and 0 for a run that has not stalled.

    ``state`` is the one at the moment ``at``: a paused or lost run does not stall. A wait excuses a run until it ends.
    """
    if state not in _WORKS:
        return 0.0
    since = progressed_at if waiting_until is None else max(progressed_at, waiting_until)
    seconds = (at - since).total_seconds()
    return seconds if seconds >= after else 0.0
