"""What the action keys ask of the backend, and what they ask the person first."""

from __future__ import annotations

import pytest
from attrs import evolve
from textual import events
from textual.widgets import Button

from bema_tui.errors import LockHeld
from bema_tui.model import CampaignStatus, ChangeState, LockState, RunState
from bema_tui.plan_checks import CheckResult, MembersCheck
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.screens.sheets import QuestionSheet
from tests.tui.desk import SIZES, Desk, desk
from tests.tui.sample import APPLYING, LOST, WAITING, HandReader, WrittenDown, campaign, lock, picture, run

BIG = run(417, "2026_DIVINE_HG", RunState.NEEDS_APPROVAL, {ChangeState.PLANNED: 1_001}, people=400)
WIDE = run(417, "2026_DIVINE_HG", RunState.PLANNED, {ChangeState.PLANNED: 90}, people=30, members=100)


async def go(made: Desk, code: str) -> None:
    """The cursor on a campaign."""
    screen = made.app.screen
    assert isinstance(screen, Overview)
    screen.campaigns.go_to(code)
    await made.pilot.pause()


def with_run(view: RunView) -> HandReader:
    return HandReader(picture(runs=(view,)))


def asking(made: Desk) -> bool:
    return isinstance(made.app.screen, QuestionSheet)


async def test_s_begins_a_sync_and_opens_its_plan() -> None:
    async with desk() as made:
        await go(made, "2025_ETB_SW")
        await made.press("s")
        await made.until(lambda: isinstance(made.app.screen, PlanScreen))
        assert made.backend.asked == [("start", "2025_ETB_SW", "sync")]
        await made.until_shows("planning: read shop")
        assert "A apply" not in made.footer
        await made.press("A")
        assert made.backend.asked == [("start", "2025_ETB_SW", "sync")]


async def test_s_opens_a_plan_that_waits_and_makes_none() -> None:
    async with desk() as made:
        await go(made, "2026_DIVINE_HG")
        await made.press("s")
        await made.until_shows("Plan 417")
        assert made.backend.asked == []


async def test_s_on_a_lost_run_offers_to_resume_it_or_to_plan_anew() -> None:
    async with desk() as made:
        await go(made, "2025_KAIRO_TNS")
        assert "s resume" in made.footer
        await made.press("s")
        await made.until(lambda: asking(made))
        assert made.shows("Resume run 415 on 2025_KAIRO_TNS (lost) with LIVE MailerLite?")
        await made.press("enter")
        assert made.backend.asked == [], "the safe button has the focus"
        await made.press("s")
        await made.until(lambda: asking(made))
        await made.press("tab", "enter")
        await made.until(lambda: made.backend.asked == [("resume", 415)])


async def test_on_the_screen_of_a_lost_run_s_resumes() -> None:
    async with desk() as made:
        await made.press("tab", "end", "enter")
        await made.until_shows("Run 415")
        await made.until_shows("s resume")
        assert "x stop" not in made.footer
        await made.press("s")
        await made.until(lambda: asking(made))
        await made.press("tab", "enter")
        await made.until(lambda: made.backend.asked == [("resume", 415)])


async def test_d_plans_and_stays() -> None:
    async with desk() as made:
        await go(made, "2025_ETB_SW")
        await made.press("d")
        await made.until(lambda: made.backend.asked == [("start", "2025_ETB_SW", "plan")])
        assert isinstance(made.app.screen, Overview)
        await made.until_shows("plan of 2025_ETB_SW begins")


async def test_an_error_of_the_backend_is_said_in_the_footer() -> None:
    async with desk() as made:
        made.backend.error = LockHeld("jon@tour-laptop holds 2025_ETB_SW.", lock_id="k1", holder="jon", state="live")
        await go(made, "2025_ETB_SW")
        await made.press("s")
        await made.until_shows("jon@tour-laptop holds 2025_ETB_SW.")
        assert isinstance(made.app.screen, Overview)


async def test_an_error_that_nobody_expected_does_not_end_the_console() -> None:
    async with desk() as made:
        made.backend.error = RuntimeError("out of luck")
        await go(made, "2025_ETB_SW")
        await made.press("d")
        await made.until_shows("RuntimeError: out of luck")
        assert made.app.is_running


async def test_a_job_that_fails_later_says_so() -> None:
    async with desk() as made:
        made.backend.failed.put_nowait("run 419 failed: the shop is down")
        await made.until_shows("run 419 failed: the shop is down")


@pytest.mark.parametrize("panel", ["campaigns", "runs"])
async def test_x_asks_for_a_stop_with_a_reason(panel: str) -> None:
    async with desk() as made:
        if panel == "runs":
            await made.press("tab")
        await made.press("x")
        await made.until(lambda: asking(made))
        assert made.shows("Stop run 418 on 2024_ETB_NBL?")
        await made.type("news at 15")
        await made.press("enter", "enter")
        assert made.backend.asked == [], "enter in the field goes to the safe button"
        await made.press("x")
        await made.until(lambda: asking(made))
        await made.type("news at 15")
        await made.press("tab", "tab", "enter")
        await made.until(lambda: made.backend.asked == [("ask", 418, "stop", "news at 15")])


@pytest.mark.parametrize(("keys", "verb"), [(("p",), "pause"), (("x", "tab", "tab", "enter"), "stop")])
async def test_what_is_asked_of_a_suspended_run_is_said_to_need_its_process_first(
    keys: tuple[str, ...], verb: str
) -> None:
    snapshot = picture()
    locks = tuple(evolve(one, suspended=one.run == 418) for one in snapshot.locks)
    assert any(one.suspended for one in locks)
    async with desk(HandReader(evolve(snapshot, locks=locks))) as made:
        await made.until_shows("suspended")
        await made.press(keys[0])
        if keys[1:]:
            await made.until(lambda: asking(made))
            await made.press(*keys[1:])
        await made.until_shows(f"run 418: {verb} asked; its process is suspended: kill -CONT 2214")


async def test_x_is_off_for_runs_that_do_not_go_on() -> None:
    async with desk() as made:
        await made.press("tab", "end")
        assert "x stop" not in made.footer
        await made.press("x")
        assert not asking(made)


async def test_x_on_a_plan_that_waits_discards_it_after_a_question() -> None:
    async with desk() as made:
        await made.press("tab", "down", "x")
        await made.until(lambda: asking(made))
        await made.press("tab", "enter")
        await made.until(lambda: made.backend.asked == [("discard", 417)])


async def test_p_pauses_and_lets_go_on() -> None:
    reader = HandReader()
    async with desk(reader) as made:
        await made.press("p")
        await made.until(lambda: made.backend.asked == [("ask", 418, "pause", "")])
        paused = evolve(APPLYING, state=RunState.PAUSED)
        reader.snapshot = evolve(reader.snapshot, runs=(paused, *reader.snapshot.runs[1:]))
        await made.refreshed()
        await made.until(lambda: "p continue" in made.footer)
        await made.press("p")
        await made.until(lambda: made.backend.asked[1:] == [("ask", 418, "continue", "")])


@pytest.mark.parametrize("state", [LockState.DEAD, LockState.EXPIRED, LockState.STALE])
async def test_r_releases_a_lock_whose_holder_is_gone_with_a_reason(state: LockState) -> None:
    reader = HandReader(picture(locks=(lock("k7d2", "2025_KAIRO_TNS", "jon", state, 415, 34),)))
    async with desk(reader) as made:
        await made.press("tab", "tab", "tab", "R")
        assert not asking(made)
        await made.press("r")
        await made.until(lambda: asking(made))
        assert made.shows("Release lock k7d2 on 2025_KAIRO_TNS?")
        assert made.app.screen.query_one("#act", Button).disabled
        await made.type("closed laptop")
        await made.press("tab", "tab", "enter")
        await made.until(lambda: made.backend.asked == [("release", "k7d2", "closed laptop", False)])


async def test_big_r_releases_a_live_lock_only_by_its_typed_id() -> None:
    async with desk() as made:
        await made.press("r")
        assert not asking(made)
        await made.press("R")
        await made.until(lambda: asking(made))
        assert made.shows("Release the LIVE lock k3f9 on 2024_ETB_NBL?")
        await made.type("it hangs")
        await made.press("enter")
        await made.type("k3f8")
        assert made.app.screen.query_one("#act", Button).disabled
        assert made.shows("( Release k3f9: type k3f9 first )")
        await made.press("backspace", "9")
        assert not made.app.screen.query_one("#act", Button).disabled
        await made.press("tab", "tab", "enter")
        await made.until(lambda: made.backend.asked == [("release", "k3f9", "it hangs", True)])


@pytest.mark.parametrize("size", SIZES)
async def test_the_row_that_a_question_speaks_of_stays_in_sight(size: tuple[int, int]) -> None:
    async with desk(size=size) as made:
        await made.press("tab", "tab", "tab", "r")
        await made.until(lambda: asking(made))
        await made.until_shows("Keep the lock")
        await made.until(lambda: any("k7d2 2025_KAIRO_TNS" in row and "expired 34m" in row for row in made.rows))


async def test_a_key_means_the_row_of_when_it_was_pressed() -> None:
    reader = HandReader()
    async with desk(reader) as made:
        await made.press("tab", "x")
        await made.until(lambda: asking(made))
        reader.snapshot = evolve(reader.snapshot, runs=(WAITING, LOST))
        await made.refreshed()
        await made.press("tab", "tab", "enter")
        await made.until(lambda: made.backend.asked == [("ask", 418, "stop", "")])


async def test_a_small_plan_is_applied_by_big_a_alone() -> None:
    async with desk() as made:
        await made.press("tab", "down", "enter")
        await made.until_shows("A apply 96 changes")
        await made.press("y", "enter", "a", "space")
        assert made.backend.asked == []
        await made.press("A")
        await made.until(lambda: made.backend.asked == [("apply", 417)])


@pytest.mark.parametrize(("view", "typed"), [(BIG, "1001"), (WIDE, "90")])
async def test_a_plan_over_the_limits_wants_its_number(view: RunView, typed: str) -> None:
    async with desk(with_run(view)) as made:
        await made.press("tab", "enter")
        await made.until_shows("A apply")
        await made.press("A")
        await made.until(lambda: asking(made))
        await made.press("y", "enter")
        assert made.app.screen.query_one("#act", Button).disabled, "y is never yes"
        await made.press("enter")
        await made.until(lambda: not asking(made))
        assert made.backend.asked == []
        await made.press("A")
        await made.until(lambda: asking(made))
        await made.type(typed)
        await made.until(lambda: not made.app.screen.query_one("#act", Button).disabled)
        await made.press("tab", "tab", "enter")
        await made.until(lambda: made.backend.asked == [("apply", 417)])


async def test_a_failed_check_takes_big_a_away() -> None:
    view = evolve(WAITING, checks=(MembersCheck(CheckResult.REFUSE, people=0, left_alone=0),))
    async with desk(with_run(view), size=(80, 24)) as made:
        await made.press("tab", "enter")
        await made.until_shows("✗ MailerLite was not read whole")
        assert "A apply" not in made.footer
        await made.press("A")
        assert made.backend.asked == []


async def test_read_only_shows_no_writes_and_does_none() -> None:
    async with desk(read_only=True) as made:
        assert made.shows("[LIVE READ-ONLY]")
        for code in ("2024_ETB_NBL", "2025_ETB_SW", "2025_KAIRO_TNS"):
            await go(made, code)
            assert not any(word in made.footer for word in ("s sync", "x stop", "p pause", "r release", "s resume"))
            await made.press("s", "x", "p", "r", "R")
            assert isinstance(made.app.screen, Overview)
        await made.press("tab", "down", "enter")
        await made.until_shows("Plan 417")
        await made.press("A", "x")
        assert not asking(made)
        assert made.backend.asked == []


async def test_read_only_still_plans_and_opens_the_plan_that_waits() -> None:
    async with desk(read_only=True) as made:
        await go(made, "2026_DIVINE_HG")
        await made.until(lambda: "s open plan" in made.footer)
        await made.press("s")
        await made.until_shows("Plan 417")
        assert made.backend.asked == []
        await made.press("escape")
        await go(made, "2025_ETB_SW")
        await made.until(lambda: "d plan" in made.footer)
        await made.press("d")
        await made.until(lambda: made.backend.asked == [("start", "2025_ETB_SW", "plan")])


async def test_a_run_that_plans_can_be_paused() -> None:
    view = run(419, "2024_ETB_NBL", RunState.PLANNING, {}, planned_at=None, people=0)
    async with desk(with_run(view)) as made:
        await made.press("tab")
        await made.until(lambda: "p pause" in made.footer)
        await made.press("p")
        await made.until(lambda: made.backend.asked == [("ask", 419, "pause", "")])


async def test_a_run_that_a_newer_one_has_overtaken_can_not_be_resumed() -> None:
    async with desk(with_run(evolve(LOST, overtaken_by=416))) as made:
        await made.press("tab")
        assert "s resume" not in made.footer
        await made.press("s")
        assert not asking(made)


async def test_q_leaves_at_once_when_nothing_of_this_console_goes_on() -> None:
    async with desk() as made:
        await made.press("q")
        await made.until(lambda: not made.app.is_running)
        assert made.app.return_value == 0


async def test_q_with_a_run_going_on_asks_and_stops_it_first() -> None:
    async with desk(backend=WrittenDown(own=(418,))) as made:
        await made.press("q")
        await made.until(lambda: asking(made))
        assert made.shows("Quit? 1 run of this console is going on")
        await made.press("enter")
        assert made.app.is_running
        await made.press("q")
        await made.until(lambda: asking(made))
        await made.press("tab", "enter")
        await made.until(lambda: not made.app.is_running)
        assert made.backend.asked == [("stop own", 418, "the console is closed")]


async def test_q_leaves_when_the_run_ended_while_the_question_stood() -> None:
    backend = WrittenDown(own=(418,))
    async with desk(backend=backend) as made:
        await made.press("q")
        await made.until(lambda: asking(made))
        backend.own.clear()
        await made.press("tab", "enter")
        await made.until(lambda: not made.app.is_running)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_a_question_never_loses_a_word_at_its_edge(size: tuple[int, int]) -> None:
    async with desk(backend=WrittenDown(own=(418,)), size=size) as made:
        await made.press("q")
        await made.until(lambda: asking(made))
        await made.until_shows("Stay here")
        words = " ".join(" ".join(made.rows).split())
        assert "what is done stays done, its lock is released, s resumes it." in words


async def test_archived_and_legacy_campaigns_take_no_action() -> None:
    old = campaign("ETB-2019", CampaignStatus.NEVER, state="legacy")
    async with desk(HandReader(picture(campaigns=(old,)))) as made:
        assert "s sync" not in made.footer
        await made.press("s", "d")
        assert made.backend.asked == []


async def test_what_is_typed_right_behind_the_slash_goes_to_the_filter() -> None:
    async with desk() as made:
        screen = made.app.screen
        assert isinstance(screen, Overview)
        for key, character in (("slash", "/"), ("k", "k"), ("slash", "/"), ("a", "a")):
            made.app.post_message(events.Key(key, character))
        await made.until(lambda: screen.filter.value == "k/a")


@pytest.mark.parametrize("way", ["enter", "escape"])
async def test_what_is_typed_right_behind_the_filter_goes_to_the_row_that_it_leads_to(way: str) -> None:
    first = evolve(picture().campaigns[3], code="2024_ETB_NBL")
    reader = HandReader(picture(campaigns=(first, *picture().campaigns[1:]), runs=()))
    async with desk(reader) as made:
        screen = made.app.screen
        assert isinstance(screen, Overview)
        keys = [("slash", "/"), *zip("5_etb", "5_etb", strict=True), (way, None), ("d", "d"), ("up", None)]
        for key, character in keys:
            made.app.post_message(events.Key(key, character))
        await made.until(lambda: made.backend.asked == [("start", "2025_ETB_SW", "plan")])
        await made.until(lambda: screen.filter.value == ("5_etb" if way == "enter" else ""))
        assert made.app.focused is screen.campaigns


async def test_letters_in_the_filter_are_text_not_actions() -> None:
    async with desk() as made:
        await made.press("slash")
        await made.press(*"sdxprRq")
        assert made.backend.asked == []
        assert made.app.is_running
        assert not asking(made)
