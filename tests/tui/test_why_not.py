"""A key that does nothing says why."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.model import CampaignStatus, Lock, LockState
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.actions import Target, TargetKind
from bema_tui.tui.keys import BY_ID
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.why_not import lock_meant, run_meant, why_not
from tests.support.weekend import NOW
from tests.tui.console import opened_console
from tests.tui.sample import APPLYING, DONE, LOST, WAITING, HandReader, campaign, lock, picture

CODE = "2024_ETB_NBL"
LIVE = lock("k3f9", CODE, "maria", LockState.LIVE, 418)
CASES: list[tuple[str, RunView | None, Lock | None, str]] = [
    ("stop", DONE, None, f"Run {DONE.id} is not at work: it is done."),
    ("pause", LOST, None, f"Run {LOST.id} is lost: its process is gone."),
    ("sync", APPLYING, LIVE, f"Run {APPLYING.id} is at work: it is applying."),
    ("plan", APPLYING, LIVE, f"Run {APPLYING.id} is at work: it is applying."),
    ("plan", WAITING, None, f"Plan {WAITING.id} of {WAITING.campaign} waits for a yes: s opens it, x discards it."),
    ("pause", WAITING, None, f"Run {WAITING.id} is not at work: it is a plan that waits for a yes."),
    ("apply", DONE, None, f"Run {DONE.id} does not wait for a yes: it is done."),
    ("release", APPLYING, LIVE, f"The lock k3f9 on {CODE} is live: {LIVE.holder} may be at work "),
    ("release", None, None, "r does nothing here: this row has no lock."),
    ("force", LOST, evolve(LIVE, state=LockState.DEAD), f"The lock k3f9 on {CODE} is dead: r releases it."),
    ("stop", None, None, "x does nothing here: this row has no such run."),
]


@pytest.mark.parametrize(("key", "run", "held", "words"), CASES)
def test_a_key_without_effect_has_a_reason(key: str, run: RunView | None, held: Lock | None, words: str) -> None:
    assert why_not(BY_ID[key], run, held, NOW, read_only=False).startswith(words)


def test_what_a_profile_that_only_reads_forbids_is_said_first() -> None:
    assert "read-only" in why_not(BY_ID["stop"], APPLYING, LIVE, NOW, read_only=True)


def test_a_campaign_means_the_run_at_work_then_the_plan_that_waits_then_the_newest() -> None:
    row = Target(TargetKind.CAMPAIGN, CODE)
    at_work = campaign(CODE, CampaignStatus.APPLYING, active_run=APPLYING.id, waiting_run=WAITING.id, lock=LIVE)
    snapshot = picture(campaigns=(at_work,))
    assert (run_meant(snapshot, row), lock_meant(snapshot, row)) == (APPLYING, LIVE)
    waits = picture(campaigns=(evolve(at_work, active_run=None, lock=None),))
    assert (run_meant(waits, row), lock_meant(waits, row)) == (WAITING, None)
    ended = picture(
        campaigns=(evolve(at_work, active_run=None, waiting_run=None),), runs=(evolve(DONE, campaign=CODE),)
    )
    found = run_meant(ended, row)
    assert found is not None
    assert found.id == DONE.id


async def test_a_key_without_effect_says_so_in_the_footer() -> None:
    at_work = campaign(CODE, CampaignStatus.APPLYING, active_run=APPLYING.id, lock=LIVE)
    reader = HandReader(picture(campaigns=(at_work,), locks=(LIVE,)))
    async with opened_console(reader, size=(120, 40)) as console:
        await console.press("d")
        assert f"Run {APPLYING.id} is at work: it is applying." in console.footer
        await console.press("r")
        assert f"The lock k3f9 on {CODE} is live: " in console.footer
        await console.press("A")
        assert "A works on a plan's own screen: enter opens it." in console.footer
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, PlanScreen))
        await console.press("R")
        assert "R works on the Overview: 1 goes there." in console.footer
        assert console.backend.asked == []
