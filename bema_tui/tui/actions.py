"""What may be done to the row under the cursor now, by key: so the footer, the keys and the palette can't disagree."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bema_tui.control import ControlVerb
from bema_tui.model import Lock, RunState
from bema_tui.operations import possible
from bema_tui.operations.possible import Operation
from bema_tui.store.snapshot.views import CampaignView, RunView, Snapshot


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


def asleep(snapshot: Snapshot | None, run: RunView) -> str:
    """What has to be done before a run can obey, as the end of a sentence; empty where its process is not suspended."""
    held = possible.lock_of(run, snapshot.locks if snapshot is not None else ())
    if held is None or not held.suspended:
        return ""
    return f"; its process is suspended: kill -CONT {held.holder.pid}"


def pause_verb(run: RunView) -> ControlVerb:
    """What ``p`` asks of a run."""
    return ControlVerb.CONTINUE if run.state is RunState.PAUSED else ControlVerb.PAUSE


def run_offers(run: RunView, *, read_only: bool) -> dict[str, str]:
    """The actions on a run beside its apply, with the words of the footer."""
    possible_now = possible.of_run(run, read_only=read_only)
    words: dict[str, str] = {}
    if Operation.DISCARD in possible_now:
        words["stop"] = "discard"
    if Operation.STOP in possible_now:
        words["stop"] = "stop"
    verb = pause_verb(run)
    if possible.CONTROL[verb] in possible_now:
        words["pause"] = verb.value
    if Operation.RESUME in possible_now:
        words["sync"] = "resume"
    return words


def lock_offers(lock: Lock, *, read_only: bool) -> dict[str, str]:
    """The actions on a lock, with the words of the footer."""
    possible_now = possible.of_lock(lock, read_only=read_only)
    if Operation.RELEASE in possible_now:
        return {"release": f"release {lock.id}"}
    if Operation.FORCE in possible_now:
        return {"force": f"release {lock.state} {lock.id}"}
    return {}


def offers(snapshot: Snapshot | None, target: Target | None, *, read_only: bool) -> Mapping[str, str]:
    """What the keys do to this row now; a key that is not in the answer is off."""
    if snapshot is None or target is None:
        return {}
    words: dict[str, str] = {"open": "open"}
    if target.kind == "campaign":
        campaign = campaign_of(snapshot, target.key)
        return words | (_campaign_offers(snapshot, campaign, read_only=read_only) if campaign else {})
    if target.kind == "run":
        run = run_of(snapshot, int(target.key))
        if run is None:
            return words
        opens = {"sync": "open plan"} if run.state.waiting else {}
        return words | opens | run_offers(run, read_only=read_only)
    if target.kind == "lock":
        lock = lock_of(snapshot, target.key)
        return words | (lock_offers(lock, read_only=read_only) if lock else {})
    return words


def _campaign_offers(snapshot: Snapshot, campaign: CampaignView, *, read_only: bool) -> dict[str, str]:
    words: dict[str, str] = {}
    startable = possible.of_campaign(campaign, read_only=read_only)
    active = run_of(snapshot, campaign.active_run)
    if active is not None and active.state.active:
        words |= run_offers(active, read_only=read_only)
    elif campaign.waiting_run is not None:
        words["sync"] = "open plan"
    else:
        if to_resume(snapshot, campaign.code, read_only=read_only) is not None:
            words["sync"] = "resume"
        elif Operation.SYNC in startable:
            words["sync"] = "sync"
        if Operation.PLAN in startable:
            words["plan"] = "plan"
    if campaign.lock is not None:
        words |= lock_offers(campaign.lock, read_only=read_only)
    return words


def to_resume(snapshot: Snapshot, code: str, *, read_only: bool) -> RunView | None:
    """The run that ``s`` on a campaign goes on with, if there is one: its newest, where that has something left."""
    newest = newest_run(snapshot, code)
    if newest is None or not newest.total:
        return None
    return newest if possible.may_resume(newest, read_only=read_only).allowed else None
