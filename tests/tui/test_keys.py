"""What the action keys ask of the backend, and what they ask the person first."""

from __future__ import annotations

import pytest
from attrs import evolve
from textual import events
from textual.widgets import Button

from bema_tui.errors import LockHeld
from bema_tui.model import ChangeState, CheckResult, LockState, MembersCheck, RunState
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.screens.sheets import QuestionSheet
from tests.tui.console import SIZES, Console, opened_console
from tests.tui.sample import APPLYING, LOST, WAITING, HandReader, WrittenDown, lock, picture, run

BIG = run(417, "2026_DIVINE_HG", RunState.NEEDS_APPROVAL, {ChangeState.PLANNED: 1_001}, subscribers=400)
WIDE = run(417, "2026_DIVINE_HG", RunState.PLANNED, {ChangeState.PLANNED: 90}, subscribers=30, members=100)


async def go(console: Console, code: str) -> None:
    """The cursor on a campaign."""
    screen = console.app.screen
    assert isinstance(screen, Overview)
    screen.campaigns.go_to(code)
    await console.pilot.pause()


def with_run(view: RunView) -> HandReader:
    return HandReader(picture(runs=(view,)))


def asking(console: Console) -> bool:
    return isinstance(console.app.screen, QuestionSheet)


async def test_s_begins_a_sync_and_opens_its_plan() -> None:
    async with opened_console() as console:
        await go(console, "2025_ETB_SW")
        await console.press("s")
        await console.until(lambda: isinstance(console.app.screen, PlanScreen))
        assert console.backend.asked == [("start", "2025_ETB_SW", "sync")]
        await console.until_shows("planning: read shop")
        assert "A apply" not in console.footer
        await console.press("A")
        assert console.backend.asked == [("start", "2025_ETB_SW", "sync")]


async def test_s_opens_a_plan_that_waits_and_makes_none() -> None:
    async with opened_console() as console:
        await go(console, "2026_DIVINE_HG")
        await console.press("s")
        await console.until_shows("Plan 417")
        assert console.backend.asked == []


async def test_s_on_a_lost_run_offers_to_resume_it_or_to_plan_anew() -> None:
    async with opened_console() as console:
        await go(console, "2025_KAIRO_TNS")
        assert "s resume" in console.footer
        await console.press("s")
        await console.until(lambda: asking(console))
        assert console.shows("Resume run 415 on 2025_KAIRO_TNS (lost) with LIVE MailerLite?")
        await console.press("enter")
        assert console.backend.asked == [], "the safe button has the focus"
        await console.press("s")
        await console.until(lambda: asking(console))
        await console.press("tab", "enter")
        await console.until(lambda: console.backend.asked == [("resume", 415)])


async def test_on_the_screen_of_a_lost_run_s_resumes() -> None:
    async with opened_console() as console:
        await console.press("tab", "end", "enter")
        await console.until_shows("Run 415")
        await console.until_shows("s resume")
        assert "x stop" not in console.footer
        await console.press("s")
        await console.until(lambda: asking(console))
        await console.press("tab", "enter")
        await console.until(lambda: console.backend.asked == [("resume", 415)])


async def test_d_plans_and_stays() -> None:
    async with opened_console() as console:
        await go(console, "2025_ETB_SW")
        await console.press("d")
        await console.until(lambda: console.backend.asked == [("start", "2025_ETB_SW", "plan")])
        assert isinstance(console.app.screen, Overview)
        await console.until_shows("plan of 2025_ETB_SW begins")


async def test_an_error_of_the_backend_is_said_in_the_footer() -> None:
    async with opened_console() as console:
        console.backend.error = LockHeld("jon@tour-laptop holds 2025_ETB_SW.", lock_id="k1", holder="jon", state="live")
        await go(console, "2025_ETB_SW")
        await console.press("s")
        await console.until_shows("jon@tour-laptop holds 2025_ETB_SW.")
        assert isinstance(console.app.screen, Overview)


async def test_an_error_that_nobody_expected_does_not_end_the_console() -> None:
    async with opened_console() as console:
        console.backend.error = RuntimeError("out of luck")
        await go(console, "2025_ETB_SW")
        await console.press("d")
        await console.until_shows("RuntimeError: out of luck")
        assert console.app.is_running


async def test_a_job_that_fails_later_says_so() -> None:
    async with opened_console() as console:
        console.backend.failed.put_nowait("run 419 failed: the shop is down")
        await console.until_shows("run 419 failed: the shop is down")


@pytest.mark.parametrize("panel", ["campaigns", "runs"])
async def test_x_asks_for_a_stop_with_a_reason(panel: str) -> None:
    async with opened_console() as console:
        if panel == "runs":
            await console.press("tab")
        await console.press("x")
        await console.until(lambda: asking(console))
        assert console.shows("Stop run 418 on 2024_ETB_NBL?")
        await console.type("news at 15")
        await console.press("enter", "enter")
        assert console.backend.asked == [], "enter in the field goes to the safe button"
        await console.press("x")
        await console.until(lambda: asking(console))
        await console.type("news at 15")
        await console.press("tab", "tab", "enter")
        await console.until(lambda: console.backend.asked == [("control", 418, "stop", "news at 15")])


@pytest.mark.parametrize(("keys", "verb"), [(("p",), "pause"), (("x", "tab", "tab", "enter"), "stop")])
async def test_what_is_asked_of_a_suspended_run_is_said_to_need_its_process_first(
    keys: tuple[str, ...], verb: str
) -> None:
    snapshot = picture()
    locks = tuple(evolve(one, suspended=one.run == 418) for one in snapshot.locks)
    assert any(one.suspended for one in locks)
    async with opened_console(HandReader(evolve(snapshot, locks=locks))) as console:
        await console.until_shows("suspended")
        await console.press(keys[0])
        if keys[1:]:
            await console.until(lambda: asking(console))
            await console.press(*keys[1:])
        await console.until_shows(f"run 418: {verb} asked; its process is suspended: kill -CONT 2214")


async def test_x_is_off_for_runs_that_do_not_go_on() -> None:
    async with opened_console() as console:
        await console.press("tab", "end")
        assert "x stop" not in console.footer
        await console.press("x")
        assert not asking(console)


async def test_x_on_a_plan_that_waits_discards_it_after_a_question() -> None:
    async with opened_console() as console:
        await console.press("tab", "down", "x")
        await console.until(lambda: asking(console))
        await console.press("tab", "enter")
        await console.until(lambda: console.backend.asked == [("discard", 417)])


async def test_p_pauses_and_lets_go_on() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        await console.press("p")
        await console.until(lambda: console.backend.asked == [("control", 418, "pause", "")])
        paused = evolve(APPLYING, state=RunState.PAUSED)
        reader.snapshot = evolve(reader.snapshot, runs=(paused, *reader.snapshot.runs[1:]))
        await console.refreshed()
        await console.until(lambda: "p continue" in console.footer)
        await console.press("p")
        await console.until(lambda: console.backend.asked[1:] == [("control", 418, "continue", "")])


@pytest.mark.parametrize("state", [LockState.DEAD, LockState.EXPIRED, LockState.STALE])
async def test_r_releases_a_lock_whose_holder_is_gone_with_a_reason(state: LockState) -> None:
    reader = HandReader(picture(locks=(lock("k7d2", "2025_KAIRO_TNS", "jon", state, 415, 34),)))
    async with opened_console(reader) as console:
        await console.press("tab", "tab", "tab", "R")
        assert not asking(console)
        await console.press("r")
        await console.until(lambda: asking(console))
        assert console.shows("Release lock k7d2 on 2025_KAIRO_TNS?")
        assert console.app.screen.query_one("#act", Button).disabled
        await console.type("closed laptop")
        await console.press("tab", "tab", "enter")
        await console.until(lambda: console.backend.asked == [("release", "k7d2", "closed laptop", False)])


async def test_big_r_releases_a_live_lock_only_by_its_typed_id() -> None:
    async with opened_console() as console:
        await console.press("r")
        assert not asking(console)
        await console.press("R")
        await console.until(lambda: asking(console))
        assert console.shows("Release the LIVE lock k3f9 on 2024_ETB_NBL?")
        await console.type("it hangs")
        await console.press("enter")
        await console.type("k3f8")
        assert console.app.screen.query_one("#act", Button).disabled
        assert console.shows("( Release k3f9: type k3f9 first )")
        await console.press("backspace", "9")
        assert not console.app.screen.query_one("#act", Button).disabled
        await console.press("tab", "tab", "enter")
        await console.until(lambda: console.backend.asked == [("release", "k3f9", "it hangs", True)])


@pytest.mark.parametrize("size", SIZES)
async def test_the_row_that_a_question_speaks_of_stays_in_sight(size: tuple[int, int]) -> None:
    async with opened_console(size=size) as console:
        await console.press("tab", "tab", "tab", "r")
        await console.until(lambda: asking(console))
        await console.until_shows("Keep the lock")
        await console.until(lambda: any("k7d2 2025_KAIRO_TNS" in row and "expired 34m" in row for row in console.rows))


async def test_a_key_means_the_row_of_when_it_was_pressed() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        await console.press("tab", "x")
        await console.until(lambda: asking(console))
        reader.snapshot = evolve(reader.snapshot, runs=(WAITING, LOST))
        await console.refreshed()
        await console.press("tab", "tab", "enter")
        await console.until(lambda: console.backend.asked == [("control", 418, "stop", "")])


async def test_a_small_plan_is_applied_by_big_a_alone() -> None:
    async with opened_console() as console:
        await console.press("tab", "down", "enter")
        await console.until_shows("A apply 96 changes")
        await console.press("y", "enter", "a", "space")
        assert console.backend.asked == []
        await console.press("A")
        await console.until(lambda: console.backend.asked == [("apply", 417)])


@pytest.mark.parametrize(("view", "typed"), [(BIG, "1001"), (WIDE, "90")])
async def test_a_plan_over_the_limits_wants_its_number(view: RunView, typed: str) -> None:
    async with opened_console(with_run(view)) as console:
        await console.press("tab", "enter")
        await console.until_shows("A apply")
        await console.press("A")
        await console.until(lambda: asking(console))
        await console.press("y", "enter")
        assert console.app.screen.query_one("#act", Button).disabled, "y is never yes"
        await console.press("enter")
        await console.until(lambda: not asking(console))
        assert console.backend.asked == []
        await console.press("A")
        await console.until(lambda: asking(console))
        await console.type(typed)
        await console.until(lambda: not console.app.screen.query_one("#act", Button).disabled)
        await console.press("tab", "tab", "enter")
        await console.until(lambda: console.backend.asked == [("apply", 417)])


async def test_a_failed_check_takes_big_a_away() -> None:
    view = evolve(WAITING, checks=(MembersCheck(CheckResult.REFUSE, members=0, left_alone=0),))
    async with opened_console(with_run(view), size=(80, 24)) as console:
        await console.press("tab", "enter")
        await console.until_shows("✗ MailerLite was not read whole")
        assert "A apply" not in console.footer
        await console.press("A")
        assert console.backend.asked == []


async def test_read_only_shows_no_writes_and_does_none() -> None:
    async with opened_console(read_only=True) as console:
        assert console.shows("[LIVE READ-ONLY]")
        for code in ("2024_ETB_NBL", "2025_ETB_SW", "2025_KAIRO_TNS"):
            await go(console, code)
            assert not any(word in console.footer for word in ("s sync", "x stop", "p pause", "r release", "s resume"))
            await console.press("s", "x", "p", "r", "R")
            assert isinstance(console.app.screen, Overview)
        await console.press("tab", "down", "enter")
        await console.until_shows("Plan 417")
        await console.press("A", "x")
        assert not asking(console)
        assert console.backend.asked == []


async def test_read_only_still_plans_and_opens_the_plan_that_waits() -> None:
    async with opened_console(read_only=True) as console:
        await go(console, "2026_DIVINE_HG")
        await console.until(lambda: "s open plan" in console.footer)
        await console.press("s")
        await console.until_shows("Plan 417")
        assert console.backend.asked == []
        await console.press("escape")
        await go(console, "2025_ETB_SW")
        await console.until(lambda: "d plan" in console.footer)
        await console.press("d")
        await console.until(lambda: console.backend.asked == [("start", "2025_ETB_SW", "plan")])


async def test_a_run_that_plans_can_be_paused() -> None:
    view = run(419, "2024_ETB_NBL", RunState.PLANNING, {}, planned_at=None, subscribers=0)
    async with opened_console(with_run(view)) as console:
        await console.press("tab")
        await console.until(lambda: "p pause" in console.footer)
        await console.press("p")
        await console.until(lambda: console.backend.asked == [("control", 419, "pause", "")])


async def test_a_run_that_a_newer_one_has_overtaken_can_not_be_resumed() -> None:
    async with opened_console(with_run(evolve(LOST, overtaken_by=416))) as console:
        await console.press("tab")
        assert "s resume" not in console.footer
        await console.press("s")
        assert not asking(console)


async def test_q_leaves_at_once_when_nothing_of_this_console_goes_on() -> None:
    async with opened_console() as console:
        await console.press("q")
        await console.until(lambda: not console.app.is_running)
        assert console.app.return_value == 0


async def test_q_with_a_run_going_on_asks_and_stops_it_first() -> None:
    async with opened_console(backend=WrittenDown(own=(418,))) as console:
        await console.press("q")
        await console.until(lambda: asking(console))
        assert console.shows("Quit? 1 run of this console is going on")
        await console.press("enter")
        assert console.app.is_running
        await console.press("q")
        await console.until(lambda: asking(console))
        await console.press("tab", "enter")
        await console.until(lambda: not console.app.is_running)
        assert console.backend.asked == [("stop own", 418, "the console is closed")]


async def test_q_leaves_when_the_run_ended_while_the_question_stood() -> None:
    backend = WrittenDown(own=(418,))
    async with opened_console(backend=backend) as console:
        await console.press("q")
        await console.until(lambda: asking(console))
        backend.own.clear()
        await console.press("tab", "enter")
        await console.until(lambda: not console.app.is_running)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_a_question_never_loses_a_word_at_its_edge(size: tuple[int, int]) -> None:
    async with opened_console(backend=WrittenDown(own=(418,)), size=size) as console:
        await console.press("q")
        await console.until(lambda: asking(console))
        await console.until_shows("Stay here")
        words = " ".join(" ".join(console.rows).split())
        assert "what is done stays done, its lock is released, s resumes it." in words


async def test_what_is_typed_right_behind_the_slash_goes_to_the_filter() -> None:
    async with opened_console() as console:
        screen = console.app.screen
        assert isinstance(screen, Overview)
        for key, character in (("slash", "/"), ("k", "k"), ("slash", "/"), ("a", "a")):
            console.app.post_message(events.Key(key, character))
        await console.until(lambda: screen.filter.value == "k/a")


@pytest.mark.parametrize("way", ["enter", "escape"])
async def test_what_is_typed_right_behind_the_filter_goes_to_the_row_that_it_leads_to(way: str) -> None:
    first = evolve(picture().campaigns[3], code="2024_ETB_NBL")
    reader = HandReader(picture(campaigns=(first, *picture().campaigns[1:]), runs=()))
    async with opened_console(reader) as console:
        screen = console.app.screen
        assert isinstance(screen, Overview)
        keys = [("slash", "/"), *zip("5_etb", "5_etb", strict=True), (way, None), ("d", "d"), ("up", None)]
        for key, character in keys:
            console.app.post_message(events.Key(key, character))
        await console.until(lambda: console.backend.asked == [("start", "2025_ETB_SW", "plan")])
        await console.until(lambda: screen.filter.value == ("5_etb" if way == "enter" else ""))
        assert console.app.focused is screen.campaigns


async def test_letters_in_the_filter_are_text_not_actions() -> None:
    async with opened_console() as console:
        await console.press("slash")
        await console.press(*"sdxprRq")
        assert console.backend.asked == []
        assert console.app.is_running
        assert not asking(console)
