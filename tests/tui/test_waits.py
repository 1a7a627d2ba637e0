"""What a run waits for, on the Overview and on its own screen, at every size; with a time left that stays sensible."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.model import ControlRequest, ControlVerb, RunState
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.waits import Wait, WaitReason
from tests.support.weekend import NOW
from tests.tui.console import SIZES, Console, opened_console
from tests.tui.sample import APPLYING, HandReader, picture

QUOTA = Wait(WaitReason.QUOTA, "MailerLite")
SHOP = Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")
WORDS = "waits for MailerLite's quota until 14:33:13"


def waiting(wait: Wait, seconds: float = 73, run: RunView = APPLYING) -> RunView:
    until = NOW + timedelta(seconds=seconds)
    return evolve(run, waiting_for=wait, waiting_until=until, wait_seconds=float(seconds))


def reader(run: RunView) -> HandReader:
    return HandReader(picture(runs=(run,)))


async def opened(console: Console, number: int) -> None:
    console.app.open_run(number)
    await console.until(lambda: isinstance(console.app.screen, PlanScreen) and console.app.screen.run is not None)


@pytest.mark.fault("A8")
@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_says_what_a_run_waits_for_until_when_and_its_end(size: tuple[int, int]) -> None:
    async with opened_console(reader(waiting(QUOTA)), size=size) as console:
        (row,) = (row for row in console.rows if WORDS in row)
        usual = {80: "18m", 120: "14:49", 200: "14:49"}[size[0]]
        assert usual in row[row.index(WORDS) :]
        assert "54 %" not in row[: console.rows[0].index("14:32")]


@pytest.mark.fault("A8")
@pytest.mark.parametrize("size", SIZES)
async def test_the_runs_own_screen_says_it_in_its_last_line(size: tuple[int, int]) -> None:
    async with opened_console(reader(waiting(QUOTA)), size=size) as console:
        await opened(console, 418)
        await console.until_shows(f"● run 418 {WORDS}")
        assert console.shows("18m left, 14:49")


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (80, "waits for the shop until 14:33:13"),
        (120, "waits for the shop until 14:33:13"),
        (200, "waits for the shop: it answered 503, until 14:33:13"),
    ],
)
async def test_a_table_leaves_out_what_was_said_where_it_has_no_room(width: int, words: str) -> None:
    async with opened_console(reader(waiting(SHOP)), size=(width, 40)) as console:
        assert console.shows(words)


@pytest.mark.fault("E5")
async def test_an_end_on_another_day_is_shown_with_its_day() -> None:
    async with opened_console(reader(waiting(QUOTA, 86_400)), size=(80, 24)) as console:
        assert console.shows("waits for MailerLite's quota until 16 Nov 14:32")


@pytest.mark.fault("A8")
async def test_a_pause_for_a_service_says_so_too_and_one_by_a_person_has_no_end() -> None:
    for wait, words, end in (
        (SHOP, "waits for the shop until 14:33:13", "20m"),
        (Wait(WaitReason.PERSON, detail="jon"), "paused by jon until 14:33:13", ""),
    ):
        paused = evolve(waiting(wait), state=RunState.PAUSED, note="EDD is not available.")
        async with opened_console(reader(paused), size=(80, 24)) as console:
            (row,) = (row for row in console.rows if words in row)
            assert row[row.index(words) + len(words) :].strip() == end


async def test_what_somebody_asks_comes_before_the_wait_until_it_is_done() -> None:
    asked = ControlRequest(1, ControlVerb.STOP, "jon", "", NOW)
    async with opened_console(reader(evolve(waiting(QUOTA), control_requests=(asked,))), size=(80, 24)) as console:
        await opened(console, 418)
        await console.until_shows("jon asked: stop")
        assert not console.shows(WORDS)
    done = evolve(asked, verb=ControlVerb.CONTINUE, seen_at=NOW, done_at=NOW)
    async with opened_console(reader(evolve(waiting(QUOTA), control_requests=(done,))), size=(80, 24)) as console:
        await opened(console, 418)
        await console.until_shows(WORDS)


async def test_a_run_without_a_speed_yet_shows_the_end_that_its_plan_foretold(tmp_path: Path) -> None:
    early = evolve(APPLYING, seconds=30.0, apply_seconds=30.0, seconds_forecast=1200.0)
    assert early.rows_per_minute is None
    async with opened_console(reader(early), size=(120, 40)) as console:
        await opened(console, 418)
        await console.until_shows("10m left, 14:41")


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_has_stalled_says_so_on_the_overview_and_on_its_own_screen(size: tuple[int, int]) -> None:
    async with opened_console(reader(evolve(APPLYING, stalled_seconds=725.0)), size=size) as console:
        assert console.shows("no progress for 12 min")
        assert console.shows("run 418 stalled") or console.shows("makes no progress for 12 min")
        await opened(console, 418)
        await console.until_shows("run 418 no progress for 12 min")
        assert not console.shows(" left, "), "nobody knows when it ends"
        assert not console.shows("/min")
