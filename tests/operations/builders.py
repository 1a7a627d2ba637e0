"""Runs, locks and campaigns as a snapshot shows them, for the pure tests of operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bema_tui.model import Holder, Lock, LockState, Phase, RunState
from bema_tui.store.snapshot.views import RunView

NOW = datetime(2026, 11, 26, 14, 32, tzinfo=UTC)
CODE = "2026_ETB_NBL"


def a_run(state: RunState, **more: Any) -> RunView:
    """Run 7 of maria, 42 people of 1,000 members, in this state."""
    values: dict[str, Any] = {
        "id": 7,
        "kind": "sync",
        "campaign": CODE,
        "album": "No Better Love",
        "phase": Phase.APPLY,
        "by_user": "maria",
        "host": "studio-1",
        "pid": 2214,
        "started_at": NOW - timedelta(minutes=27),
        "planned_at": NOW - timedelta(minutes=23),
        "seconds": 60.0,
        "subscribers": 42,
        "moves": 40,
        "members": 1_000,
        "left_out": 0,
        "kinds": {},
        "changes": {},
        "note": "",
        "error": None,
    }
    values |= dict.fromkeys(("yes_at", "yes_by", "apply_started_at", "finished_at"))
    counts = ("read_forecast", "write_forecast", "requests_read", "requests_write", "requests_retried", "shop_requests")
    values |= dict.fromkeys(counts, 0)
    values |= {"seconds_forecast": 60.0, "phases": (), "shop_read": None, "mailerlite_read": None}
    values |= {"automations": (), "checks": ()}
    return RunView(state=state, **(values | more))


def a_lock(state: LockState = LockState.LIVE, **more: Any) -> Lock:
    """The lock k7d2 on the campaign, held by jon for run 7."""
    values: dict[str, Any] = {
        "id": "k7d2",
        "key": CODE,
        "token": 57,
        "holder": Holder("jon", "tour-laptop", 311, "boot", 1.0),
        "operation": "sync",
        "run": 7,
        "since": NOW - timedelta(minutes=40),
        "last_beat": NOW - timedelta(minutes=34),
    }
    return Lock(state=state, **(values | more))
