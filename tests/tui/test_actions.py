"""What the keys offer for each row, what is asked before it, and what is carried out: by table."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from bema_tui.model import CampaignStatus, ChangeState, ControlRequest, ControlVerb, LockState, Mode, RunState
from bema_tui.operations.possible import Operation
from bema_tui.store.snapshot.views import RunView, Snapshot
from bema_tui.tui import actions
from bema_tui.tui.actions import Act, Offer, OpenRun, Target, TargetKind
from bema_tui.tui.keys import ACT, KEYS, action_of
from bema_tui.tui.pending import OTHER, Confirmed, Leave, Pending, question_before
from bema_tui.tui.perform import perform, words
from bema_tui.tui.render_context import RenderContext
from tests.support.weekend import NOW
from tests.tui.sample import APPLYING, DONE, LOST, WAITING, WrittenDown, campaign, lock, picture

CONTEXT = RenderContext(now=NOW, mode=Mode.LIVE, me="maria")
STOPPED = evolve(LOST, state=RunState.STOPPED)
PAUSED = evolve(APPLYING, state=RunState.PAUSED)
CODE = "2024_ETB_NBL"


def on(kind: TargetKind, key: object, operation: Operation) -> Act:
    return Act(operation, Target(kind, str(key)))


def on_run(run: RunView, operation: Operation) -> Act:
    return on(TargetKind.RUN, run.id, operation)


TO_PAUSE = evolve(APPLYING, control_requests=(ControlRequest(1, ControlVerb.PAUSE, "jon", "", NOW, seen_at=NOW),))
"""It was asked to pause, and a request is still on its way."""
RUNS: list[tuple[RunView, dict[str, Act | OpenRun]]] = [
    (APPLYING, {"stop": on_run(APPLYING, Operation.STOP), "pause": on_run(APPLYING, Operation.PAUSE)}),
    (TO_PAUSE, {"stop": on_run(TO_PAUSE, Operation.STOP), "pause": on_run(TO_PAUSE, Operation.CONTINUE)}),
    (PAUSED, {"stop": on_run(PAUSED, Operation.STOP), "pause": on_run(PAUSED, Operation.CONTINUE)}),
    (WAITING, {"stop": on_run(WAITING, Operation.DISCARD), "sync": OpenRun(WAITING.id)}),
    (LOST, {"sync": on_run(LOST, Operation.RESUME)}),
    (STOPPED, {"sync": on_run(STOPPED, Operation.RESUME)}),
    (DONE, {}),
]


@pytest.mark.parametrize(("run", "expected"), RUNS, ids=lambda value: getattr(value, "state", ""))
def test_what_the_keys_do_to_a_run(run: RunView, expected: dict[str, Act | OpenRun]) -> None:
    snapshot = picture(runs=(run,))
    offers = actions.offers(snapshot, Target(TargetKind.RUN, str(run.id)), read_only=False)
    assert {key: offer.action for key, offer in offers.items() if offer.action} == expected
    assert offers["open"] == Offer("open")


def campaign_offers(snapshot: Snapshot, *, read_only: bool = False) -> actions.Offers:
    return actions.offers(snapshot, Target(TargetKind.CAMPAIGN, CODE), read_only=read_only)


def test_a_campaign_at_work_has_the_keys_of_its_run_and_of_its_lock() -> None:
    held = lock("k3f9", CODE, "maria", LockState.LIVE, 418)
    snapshot = picture(campaigns=(campaign(CODE, CampaignStatus.APPLYING, active_run=418, lock=held),))
    assert {key: offer.action for key, offer in campaign_offers(snapshot).items() if offer.action} == {
        "stop": on_run(APPLYING, Operation.STOP),
        "pause": on_run(APPLYING, Operation.PAUSE),
        "force": on(TargetKind.LOCK, "k3f9", Operation.FORCE),
    }


def test_a_campaign_whose_plan_waits_shows_it() -> None:
    snapshot = picture(campaigns=(campaign(CODE, CampaignStatus.PLAN_WAITS, waiting_run=417),))
    assert campaign_offers(snapshot)["sync"] == Offer("open plan", OpenRun(417))
    assert "plan" not in campaign_offers(snapshot)


def test_a_campaign_whose_newest_run_stopped_goes_on_with_it_or_is_planned_anew() -> None:
    stopped = evolve(STOPPED, campaign=CODE)
    snapshot = picture(campaigns=(campaign(CODE, CampaignStatus.STOPPED),), runs=(stopped,))
    sync = on(TargetKind.CAMPAIGN, CODE, Operation.SYNC)
    assert campaign_offers(snapshot)["sync"] == Offer("resume", on_run(stopped, Operation.RESUME), sync)
    assert campaign_offers(snapshot)["plan"].action == on(TargetKind.CAMPAIGN, CODE, Operation.PLAN)
    nothing_left = evolve(snapshot, runs=(evolve(stopped, changes={}),))
    assert campaign_offers(nothing_left)["sync"] == Offer("sync", sync)


def test_a_campaign_that_is_read_only_is_planned_and_not_synced() -> None:
    snapshot = picture(campaigns=(campaign(CODE, CampaignStatus.UP_TO_DATE),), runs=())
    assert set(campaign_offers(snapshot, read_only=True)) == {"open", "plan"}


def test_a_row_that_is_gone_is_only_opened_and_no_row_has_no_keys() -> None:
    for kind, key in ((TargetKind.RUN, "7"), (TargetKind.CAMPAIGN, "no"), (TargetKind.LOCK, "no")):
        assert actions.offers(picture(), Target(kind, key), read_only=False) == {"open": Offer("open")}
    assert actions.offers(picture(), None, read_only=False) == {}
    assert actions.offers(None, Target(TargetKind.RUN, "418"), read_only=False) == {}


BIG = evolve(WAITING, changes={ChangeState.PLANNED: 1_001})


@pytest.mark.parametrize(
    ("run", "operation", "title"),
    [
        (APPLYING, Operation.STOP, "Stop run 418"),
        (WAITING, Operation.DISCARD, "Discard plan 417"),
        (LOST, Operation.RESUME, "Resume run 415"),
        (BIG, Operation.APPLY, "Apply plan 417"),
        (evolve(WAITING, members=1_000), Operation.APPLY, None),
        (APPLYING, Operation.PAUSE, None),
        (PAUSED, Operation.CONTINUE, None),
    ],
)
def test_what_is_asked_before_an_operation_on_a_run(run: RunView, operation: Operation, title: str | None) -> None:
    question = question_before(on_run(run, operation), CONTEXT, run=run)
    assert (question is None) == (title is None)
    assert question is None or question.title.startswith(title or "")


@pytest.mark.parametrize(
    ("state", "operation", "title"),
    [
        (LockState.DEAD, Operation.RELEASE, "Release lock k7"),
        (LockState.LIVE, Operation.FORCE, "Release the LIVE lock k7"),
    ],
)
def test_what_is_asked_before_a_lock_is_released(state: LockState, operation: Operation, title: str) -> None:
    held = lock("k7", CODE, "jon", state, 418)
    question = question_before(on(TargetKind.LOCK, "k7", operation), CONTEXT, run=APPLYING, lock=held)
    assert question is not None
    assert question.title.startswith(title)


def test_a_new_run_is_asked_for_by_its_key_alone() -> None:
    for operation in (Operation.SYNC, Operation.PLAN):
        assert question_before(on(TargetKind.CAMPAIGN, CODE, operation), CONTEXT) is None


def test_what_is_confirmed_is_the_value_that_was_asked_about() -> None:
    resume, sync = on_run(LOST, Operation.RESUME), on(TargetKind.CAMPAIGN, CODE, Operation.SYNC)
    pending = Pending(resume, question_before(resume, CONTEXT, run=LOST, other=sync), sync)
    assert pending.question is not None
    assert [button.id for button in pending.question.buttons] == ["act", OTHER]
    assert pending.confirmed("act", "why").action is resume
    assert pending.confirmed("act", "why").reason == "why"
    assert pending.confirmed(OTHER).action is sync
    leave = Leave()
    assert Pending(leave).confirmed("act") == Confirmed(leave)


PERFORMED: list[tuple[Act, tuple[object, ...], str]] = [
    (on(TargetKind.CAMPAIGN, CODE, Operation.SYNC), ("start", CODE, "sync"), f"sync of {CODE} begins"),
    (on(TargetKind.CAMPAIGN, CODE, Operation.PLAN), ("start", CODE, "plan"), f"plan of {CODE} begins"),
    (on_run(WAITING, Operation.APPLY), ("apply", 417), "plan 417: apply begins"),
    (on_run(LOST, Operation.RESUME), ("resume", 415), "run 415 is resumed"),
    (on_run(WAITING, Operation.DISCARD), ("discard", 417), "plan 417 is discarded"),
    (on_run(APPLYING, Operation.STOP), ("control", 418, "stop", "why"), "run 418: stop asked"),
    (on_run(APPLYING, Operation.PAUSE), ("control", 418, "pause", "why"), "run 418: pause asked"),
    (on_run(APPLYING, Operation.CONTINUE), ("control", 418, "continue", "why"), "run 418: continue asked"),
    (on(TargetKind.LOCK, "k7", Operation.RELEASE), ("release", "k7", "why", False), "lock k7 is released"),
    (on(TargetKind.LOCK, "k7", Operation.FORCE), ("release", "k7", "why", True), "lock k7 is released"),
]


@pytest.mark.parametrize(("action", "asked", "said"), PERFORMED, ids=lambda value: getattr(value, "operation", ""))
def test_each_operation_of_the_keys_is_one_call(action: Act, asked: tuple[object, ...], said: str) -> None:
    backend = WrittenDown()
    number = asyncio.run(perform(action, "why", backend))
    assert backend.asked == [asked]
    assert (number is not None) == (asked[0] == "start")
    assert words(action, picture()) == said


def test_every_operation_that_a_key_does_can_be_performed() -> None:
    by_keys = {operation for key in KEYS for operation in key.does}
    assert by_keys == {action.operation for action, _, _ in PERFORMED}
    assert {action_of(key) for key in KEYS if key.does} == {f"{ACT}({key.id!r})" for key in KEYS if key.does}
