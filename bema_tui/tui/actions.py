"""What may be done to a row now: pure, so that the footer, the keys and the palette can't disagree."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bema_tui.model import ChangeState, Lock, LockState, RunState
from bema_tui.store.snapshot.views import CampaignView, RunView, Snapshot
from bema_tui.tui.panels.locks import RELEASABLE

APPLY_NUMBER_FROM = 1000
"""More changes than this are said yes to by typing their number."""
APPLY_NUMBER_SHARE = 0.2
"""So are plans that touch more than this share of the campaign's members."""


@frozen
class Target:
    """The row that a key means: taken when the key is pressed, and kept by its key through the question."""

    kind: str
    key: str


def campaign_of(snapshot: Snapshot, code: str) -> CampaignView | None:
    """The campaign of this code."""
    return next((campaign for campaign in snapshot.campaigns if campaign.code == code), None)


def run_of(snapshot: Snapshot, number: int | None) -> RunView | None:
    """The run of this number, if the snapshot has it."""
    return next((run for run in snapshot.runs if run.id == number), None)


def lock_of(snapshot: Snapshot, lock_id: str) -> Lock | None:
    """The lock of this id."""
    return next((lock for lock in snapshot.locks if lock.id == lock_id), None)


def newest_run(snapshot: Snapshot, code: str) -> RunView | None:
    """The newest run of a campaign among those shown."""
    return max((run for run in snapshot.runs if run.campaign == code), key=lambda run: run.id, default=None)


def stoppable(run: RunView) -> bool:
    """Whether a stop can be asked of it: a process is at work on it, or should be."""
    return run.state.active


def asleep(snapshot: Snapshot | None, run: RunView) -> str:
    """What has to be done before a run can obey, as the end of a sentence; empty where its process is not suspended."""
    locks = snapshot.locks if snapshot is not None else ()
    held = next((lock for lock in locks if lock.key == run.campaign and lock.run in (None, run.id)), None)
    if held is None or not held.suspended:
        return ""
    return f"; its process is suspended: kill -CONT {held.holder.pid}"


def resumable(run: RunView) -> bool:
    """Whether ``s`` on it takes it up again."""
    return run.resumes


def needs_number(run: RunView) -> bool:
    """Whether a yes to this plan is the typed number of its changes."""
    share = run.people / run.members if run.members else 0.0
    return run.total > APPLY_NUMBER_FROM or share > APPLY_NUMBER_SHARE


def failed_checks(run: RunView) -> tuple[str, ...]:
    """The words of the checks that a plan did not pass."""
    return tuple(str(check.get("text", "")) for check in run.checks if not check.get("ok"))


def can_apply(run: RunView) -> bool:
    """Whether the plan is whole, waits for a yes, and passed its checks."""
    something = run.total > 0 or run.state is RunState.NEEDS_APPROVAL
    return run.state.waiting and something and not failed_checks(run)


def run_offers(run: RunView) -> dict[str, str]:
    """The actions on a run, with the words of the footer."""
    if run.state.active:
        offers = {"stop": "stop"}
        if run.state is RunState.PAUSED:
            offers["pause"] = "continue"
        elif run.state is RunState.APPLYING:
            offers["pause"] = "pause"
        return offers
    if run.state.waiting:
        return {"stop": "discard"}
    return {"sync": "resume"} if resumable(run) else {}


def lock_offers(lock: Lock) -> dict[str, str]:
    """The actions on a lock, with the words of the footer."""
    if lock.state in RELEASABLE:
        return {"release": f"release {lock.id}"}
    if lock.state in (LockState.LIVE, LockState.QUIET):
        return {"force": f"release {lock.state} {lock.id}"}
    return {}


def offers(snapshot: Snapshot | None, target: Target | None) -> Mapping[str, str]:
    """What the keys do to this row now; a key that is not in the answer is off."""
    if snapshot is None or target is None:
        return {}
    made: dict[str, str] = {"open": "open"}
    if target.kind == "campaign":
        campaign = campaign_of(snapshot, target.key)
        return made | (_campaign_offers(snapshot, campaign) if campaign else {})
    if target.kind == "run":
        run = run_of(snapshot, int(target.key))
        if run is None:
            return made
        opens = {"sync": "open plan"} if run.state.waiting else {}
        return made | opens | run_offers(run)
    if target.kind == "lock":
        lock = lock_of(snapshot, target.key)
        return made | (lock_offers(lock) if lock else {})
    return made


def _campaign_offers(snapshot: Snapshot, campaign: CampaignView) -> dict[str, str]:
    made: dict[str, str] = {}
    active = run_of(snapshot, campaign.active_run)
    if campaign.state in ("archived", "legacy"):
        return made
    if active is not None and active.state.active:
        made |= run_offers(active)
    elif campaign.waiting_run is not None:
        made["sync"] = "open plan"
    else:
        newest = newest_run(snapshot, campaign.code)
        made["sync"] = "resume" if newest is not None and resumable(newest) and newest.total else "sync"
        made["plan"] = "plan"
    if campaign.lock is not None:
        made |= lock_offers(campaign.lock)
    return made


def left_to_do(run: RunView) -> int:
    """The ledger rows that a stop leaves planned."""
    return run.changes.get(ChangeState.PLANNED, 0)
