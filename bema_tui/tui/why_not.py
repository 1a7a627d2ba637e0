"""Why a key does nothing to a row now, in one sentence for the footer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bema_tui.model import Lock
from bema_tui.operations import possible
from bema_tui.operations.possible import CONTROL, START, Operation, Refused, Verdict
from bema_tui.store.snapshot.views import RunView, Snapshot
from bema_tui.tui import actions
from bema_tui.tui.actions import Target, TargetKind
from bema_tui.tui.keys import OVERVIEW, Key

_VERBS: Final = {operation: verb for verb, operation in CONTROL.items()}
_OF_LOCKS: Final = frozenset({Operation.RELEASE, Operation.FORCE})


def run_meant(snapshot: Snapshot, target: Target | None) -> RunView | None:
    """Returns the run that a row stands for: its own, or the one that counts of its campaign."""
    if target is not None and target.kind is TargetKind.RUN:
        return actions.find_run(snapshot, int(target.key))
    campaign = actions.campaign_of(snapshot, target.key) if target and target.kind is TargetKind.CAMPAIGN else None
    if campaign is None:
        return None
    known = actions.find_run(snapshot, campaign.active_run) or actions.find_run(snapshot, campaign.waiting_run)
    return known or actions.newest_run(snapshot, campaign.code)


def lock_meant(snapshot: Snapshot, target: Target | None) -> Lock | None:
    """Returns the lock that a row stands for: its own, or its campaign's."""
    if target is not None and target.kind is TargetKind.LOCK:
        return actions.find_lock(snapshot, target.key)
    campaign = actions.campaign_of(snapshot, target.key) if target and target.kind is TargetKind.CAMPAIGN else None
    return campaign.lock if campaign is not None else None


def why_not(key: Key, run: RunView | None, lock: Lock | None, now: datetime, *, read_only: bool) -> str:
    """Returns why a key that is not offered does nothing to a row with this run and this lock."""
    begins = not {Operation.RESUME, *START.values()}.isdisjoint(key.does)
    for operation in key.does:
        if not (permitted := possible.permit(operation, read_only=read_only)).allowed:
            return permitted.message
        if begins and run is not None and run.state.waiting:
            return f"Plan {run.id} of {run.campaign} waits for a yes: s opens it, x discards it."
        verdict = _verdict(operation, run, lock, now)
        if isinstance(verdict, Refused):
            return verdict.message
    if lock is not None and _OF_LOCKS.issuperset(key.does):
        return f"The lock {lock.id} on {lock.key} is {lock.state}: r releases it."
    return f"{key.name} does nothing here: this row has no {'lock' if _OF_LOCKS.issuperset(key.does) else 'such run'}."


def why_not_here(key: Key, screen: str) -> str:
    """Returns why a key does nothing on this screen, whatever the row; empty for a key of this screen."""
    if screen in key.screens:
        return ""
    return (
        f"{key.name} works on a plan's own screen: enter opens it."
        if screen == OVERVIEW
        else (f"{key.name} works on the Overview: 1 goes there.")
    )


def _verdict(operation: Operation, run: RunView | None, lock: Lock | None, now: datetime) -> Verdict | None:
    if operation is Operation.RELEASE and lock is not None:
        return possible.may_release(lock, now, force=False, read_only=False)
    if run is None:
        return None
    if operation in _VERBS:
        return possible.may_control(run, _VERBS[operation], read_only=False)
    if operation is Operation.APPLY:
        return possible.may_apply(run, read_only=False)
    if operation in (Operation.RESUME, *START.values()):
        return possible.may_resume(run, read_only=False)
    return None
