"""What the keys do to the row under the cursor now: data, from which the footer, the keys and the palette are made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from bema_tui.model import ControlVerb, Lock
from bema_tui.operations import possible
from bema_tui.operations.possible import Operation
from bema_tui.store.snapshot.views import CampaignView, RunView, Snapshot


class TargetKind(StrEnum):
    """What a row stands for."""

    CAMPAIGN = "campaign"
    """A campaign, by its code."""
    RUN = "run"
    """A run, by its number."""
    LOCK = "lock"
    """A lock, by its short id."""
    FINDING = "finding"
    """A group of open findings, by its rule."""
    ACTIVITY = "activity"
    """What somebody did, by its time and text."""


@frozen
class Target:
    """The row that a key means: taken when the key is pressed, and kept by its key through the question."""

    kind: TargetKind
    """What the row stands for."""
    key: str
    """What stays the same of it through every reading."""


@frozen
class Act:
    """What a key wants: an operation and what it goes to. The sheet asks about it, and the app carries it out."""

    operation: Operation
    """What is to be done."""
    target: Target
    """What it is to be done to."""


@frozen
class OpenRun:
    """A key that shows a run; nothing is changed."""

    run: int
    """The run's number."""


@frozen
class Offer:
    """What one key does to one row now."""

    label: str
    """The footer's words."""
    action: Act | OpenRun | None = None
    """What happens; None where the panel with the focus does it itself."""
    other: Act | None = None
    """What the question offers beside it."""


Offers = Mapping[str, Offer]
"""By the key's id; a key that is not in it is off."""
OPEN: Final = {"open": Offer("open")}


def run_target(run: RunView) -> Target:
    """Returns what an operation on a run goes to."""
    return Target(TargetKind.RUN, str(run.id))


def campaign_of(snapshot: Snapshot, code: str) -> CampaignView | None:
    """The campaign of this code."""
    return next((campaign for campaign in snapshot.campaigns if campaign.code == code), None)


def find_run(snapshot: Snapshot, number: int | None) -> RunView | None:
    """The run of this number, if the snapshot has it."""
    return next((run for run in snapshot.runs if run.id == number), None)


def find_lock(snapshot: Snapshot, lock_id: str) -> Lock | None:
    """The lock of this id."""
    of_campaigns = (campaign.lock for campaign in snapshot.campaigns if campaign.lock is not None)
    return next((lock for lock in (*snapshot.locks, *of_campaigns) if lock.id == lock_id), None)


def newest_run(snapshot: Snapshot, code: str) -> RunView | None:
    """The newest run of a campaign among those shown."""
    return max((run for run in snapshot.runs if run.campaign == code), key=lambda run: run.id, default=None)


def offers(snapshot: Snapshot | None, target: Target | None, *, read_only: bool) -> Offers:
    """Returns what the keys do to this row now."""
    if snapshot is None or target is None:
        return {}
    if target.kind is TargetKind.CAMPAIGN:
        campaign = campaign_of(snapshot, target.key)
        return OPEN | (_campaign_offers(snapshot, campaign, read_only=read_only) if campaign else {})
    if target.kind is TargetKind.RUN:
        run = find_run(snapshot, int(target.key))
        if run is None:
            return OPEN
        plan = {"sync": Offer("open plan", OpenRun(run.id))} if run.state.waiting else {}
        return OPEN | plan | run_offers(run, read_only=read_only)
    if target.kind is TargetKind.LOCK:
        lock = find_lock(snapshot, target.key)
        return OPEN | (lock_offers(lock, read_only=read_only) if lock else {})
    return OPEN


def run_offers(run: RunView, *, read_only: bool) -> dict[str, Offer]:
    """Returns what the keys do to a run, wherever it is shown."""
    possible_now = possible.of_run(run, read_only=read_only)
    verb = ControlVerb.CONTINUE if Operation.CONTINUE in possible_now else ControlVerb.PAUSE
    keys = (
        ("stop", Operation.DISCARD, "discard"),
        ("stop", Operation.STOP, "stop"),
        ("pause", possible.CONTROL[verb], verb.value),
        ("sync", Operation.RESUME, "resume"),
    )
    target = run_target(run)
    return {key: Offer(label, Act(operation, target)) for key, operation, label in keys if operation in possible_now}


def apply_offer(run: RunView, *, read_only: bool) -> dict[str, Offer]:
    """Returns the yes to a plan: it is given where the plan is on the screen, and nowhere else."""
    if Operation.APPLY not in possible.of_run(run, read_only=read_only):
        return {}
    return {"apply": Offer(f"apply {run.total:,} changes", Act(Operation.APPLY, run_target(run)))}


def lock_offers(lock: Lock, *, read_only: bool) -> dict[str, Offer]:
    """Returns what the keys do to a lock."""
    possible_now = possible.of_lock(lock, read_only=read_only)
    target = Target(TargetKind.LOCK, lock.id)
    if Operation.RELEASE in possible_now:
        return {"release": Offer(f"release {lock.id}", Act(Operation.RELEASE, target))}
    if Operation.FORCE in possible_now:
        return {"force": Offer(f"release {lock.state} {lock.id}", Act(Operation.FORCE, target))}
    return {}


def _campaign_offers(snapshot: Snapshot, campaign: CampaignView, *, read_only: bool) -> dict[str, Offer]:
    on_lock = lock_offers(campaign.lock, read_only=read_only) if campaign.lock is not None else {}
    active = find_run(snapshot, campaign.active_run)
    if active is not None and active.state.active:
        return run_offers(active, read_only=read_only) | on_lock
    if campaign.waiting_run is not None:
        return {"sync": Offer("open plan", OpenRun(campaign.waiting_run))} | on_lock
    return _start_offers(snapshot, campaign, read_only=read_only) | on_lock


def _start_offers(snapshot: Snapshot, campaign: CampaignView, *, read_only: bool) -> dict[str, Offer]:
    """Returns what begins or goes on with a run where none is at work and no plan waits."""
    target = Target(TargetKind.CAMPAIGN, campaign.code)
    startable = possible.startable(read_only=read_only)
    sync = Act(Operation.SYNC, target) if Operation.SYNC in startable else None
    keys: dict[str, Offer] = {}
    unfinished = newest_run(snapshot, campaign.code)
    if unfinished is not None and unfinished.total and _resumable(unfinished, read_only=read_only):
        keys["sync"] = Offer("resume", Act(Operation.RESUME, run_target(unfinished)), other=sync)
    elif sync is not None:
        keys["sync"] = Offer("sync", sync)
    if Operation.PLAN in startable:
        keys["plan"] = Offer("plan", Act(Operation.PLAN, target))
    return keys


def _resumable(run: RunView, *, read_only: bool) -> bool:
    return possible.may_resume(run, read_only=read_only).allowed
