"""How a run stands, in the words of the commands."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

import bema_tui
from bema_tui.amounts import duration
from bema_tui.cli.health import health_text
from bema_tui.cli.stats import statistics_rows
from bema_tui.cli.texts import run_text, runs_table, when_obeyed
from bema_tui.health import CampaignHealth
from bema_tui.model import CampaignStatus, ChangeState, ControlRequest, ControlVerb, Phase, PhaseEntry, RunState
from bema_tui.operations.runs import PlacedRequest
from bema_tui.rules.wording.campaigns import status_text
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.panels.campaigns import state_of
from bema_tui.tui.render_context import RenderContext
from bema_tui.waits import Wait, WaitReason
from tests.operations.builders import a_run
from tests.support.weekend import NOW
from tests.tui.sample import APPLYING, campaign


def test_a_run_that_has_stalled_says_so() -> None:
    assert "progress" not in runs_table([APPLYING], NOW)
    assert "makes no progress for 1,234 min" in runs_table([evolve(APPLYING, stalled_seconds=74_050.0)], NOW)


@pytest.mark.parametrize("status", CampaignStatus)
def test_a_campaign_stands_in_the_same_words_on_the_screens_and_in_commands(status: CampaignStatus) -> None:
    word = status_text(status)
    shown = state_of(campaign("2026_X_Y", status), RenderContext(now=NOW))
    assert shown.plain[2:].startswith(word)
    found = CampaignHealth("2026_X_Y", status, None, {}, {}, None, 100)
    assert health_text(found).splitlines()[-1].startswith(f"{word}, no lock, last sync never")
    assert statistics_rows([campaign("2026_X_Y", status)])[0][1] == word


def test_a_length_is_said_as_on_the_screens() -> None:
    assert duration(7_500) == "2h 05m"
    assert "; 2h 05m." in run_text(evolve(APPLYING, seconds=7_500.0), NOW)
    assert "read shop          1m 58s" in run_text(APPLYING, NOW)


PLANNED = {ChangeState.PLANNED: 3}
PAUSED = a_run(
    RunState.PAUSED, waiting_for=Wait(WaitReason.PERSON, detail="jon"), waiting_until=NOW + timedelta(minutes=5)
)


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (PAUSED, "bema-tui continue 7"),
        (a_run(RunState.PLANNED, changes=PLANNED), "bema-tui apply 7"),
        (a_run(RunState.STOPPED, changes=PLANNED), "bema-tui resume 7"),
    ],
    ids=["paused", "planned", "stopped"],
)
def test_a_run_says_how_it_goes_on(run: RunView, told: str) -> None:
    assert told in run_text(run, NOW)


def test_a_note_of_a_run_is_a_sentence() -> None:
    assert ": planned. Waits for a yes.\n" in run_text(a_run(RunState.PLANNED, note="waits for a yes"), NOW)
    assert ": stopped. Stopped by jon.\n" in run_text(a_run(RunState.STOPPED, note="Stopped by jon."), NOW)


def test_a_run_that_somebody_paused_is_paused() -> None:
    assert "It is paused by jon until" in run_text(PAUSED, NOW)


@pytest.fixture
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_far_from_utc")
def test_every_time_of_a_command_is_utc_and_says_so() -> None:
    end = f"until {NOW + timedelta(minutes=5):%H:%M:%S} UTC"
    assert end in runs_table([PAUSED], NOW)
    assert f"It is paused by jon {end}." in run_text(PAUSED, NOW)
    assert end in when_obeyed(PlacedRequest(7, ControlVerb.STOP, "", None, NOW + timedelta(minutes=5)), NOW)


def test_a_run_says_who_asked_it_to_pause_until_it_is_paused() -> None:
    asked = ControlRequest(1, ControlVerb.PAUSE, "jon", "news at 15", NOW, seen_at=NOW)
    applying = evolve(APPLYING, control_requests=(asked,))
    assert "jon asked it to pause, 'news at 15': it does so at its next safe point." in run_text(applying, NOW)
    obeyed = evolve(applying, control_requests=(evolve(asked, done_at=NOW),))
    assert "asked it to pause" not in run_text(obeyed, NOW)


def test_a_pause_of_a_run_that_waits_is_not_promised_within_seconds() -> None:
    said = when_obeyed(PlacedRequest(7, ControlVerb.PAUSE, "", None, NOW + timedelta(minutes=5)), NOW)
    assert said.startswith("it obeys at its next safe point; now it waits until ")
    assert "within seconds" in when_obeyed(PlacedRequest(7, ControlVerb.STOP, "", None), NOW)


def test_every_command_of_two_words_is_named_as_it_is_typed() -> None:
    """Whoever reads an advice can type what it names: ``bema-tui campaigns add``, not ``campaigns add``."""
    short = re.compile(r"(?<!bema-tui )(?:campaigns (?:add|discover)|locks release|quota clear)\b")
    found = []
    for file in Path(bema_tui.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            (file.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
            if short.search(node.value)
        ]
    assert found == []


def test_a_phase_of_a_lost_run_is_not_going_on() -> None:
    phases = (PhaseEntry(Phase.READ_SHOP, NOW, None),)
    assert "now" in run_text(a_run(RunState.PLANNING, phases=phases), NOW)
    lost = run_text(a_run(RunState.LOST, phases=phases), NOW)
    assert "now" not in lost
    assert "cut off" in lost
