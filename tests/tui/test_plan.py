"""The screen of a run: the plan with its people page by page, its progress, and what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.changes import ChangeOutcome, Purpose
from bema_tui.errors import StoreError
from bema_tui.model import ChangeKind, ChangeState, Completeness, Phase, RunState
from bema_tui.plan_checks import (
    Check,
    CheckResult,
    CreatedCheck,
    MembersCheck,
    MovesCheck,
    ReadSide,
    ShopCheck,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    TiersCheck,
)
from bema_tui.run_records import AutomationEffect, MailerLiteReadResult
from bema_tui.store.snapshot.views import PhaseView, PlanPerson, PlanRule
from bema_tui.tui.screens.plan import PlanScreen
from tests.tui.desk import SIZES, Desk, desk, story
from tests.tui.sample import APPLYING, BOUGHT, NOW, WAITING, HandReader, change, picture, run


def plan(made: Desk) -> PlanScreen:
    assert isinstance(made.app.screen, PlanScreen)
    return made.app.screen


async def opened(made: Desk, number: int) -> PlanScreen:
    made.app.open_run(number)
    await made.until(lambda: isinstance(made.app.screen, PlanScreen) and made.app.screen.run is not None)
    await made.until(lambda: plan(made).rules.total > 0)
    return plan(made)


@pytest.mark.parametrize("size", SIZES)
async def test_a_waiting_plan_says_all_of_itself(size: tuple[int, int], tmp_path: Path) -> None:
    async with story(tmp_path) as (_, reader), desk(reader, size=size) as made:
        await opened(made, 417)
        await made.until_shows("aaron.fields@example.com")
        assert made.shows("nothing is written yet")
        assert made.shows("32 people")
        assert made.shows("96 changes:")
        assert made.shows("Opt-In → Gold Purchased")
        assert made.shows("none → 10000")
        await made.until_shows("1 of 32")
        assert made.shows("order 10000, complete")
        assert "A apply 96 changes" in made.footer


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_at_work_shows_its_progress_and_what_went_wrong(size: tuple[int, int], tmp_path: Path) -> None:
    async with story(tmp_path) as (_, reader), desk(reader, size=size) as made:
        await opened(made, 418)
        await made.until_shows("What went wrong  13 changes")
        assert made.shows("54 %  6,502 of 12,041")
        assert made.shows("✗ 11 failed")
        assert made.shows("● apply")
        assert made.shows("marek.dvorak@example.cz") or size == (80, 24)
        assert "A apply" not in made.footer
        assert "x stop" in made.footer
        assert made.shows("jon asked: pause")


async def test_people_come_page_by_page_wherever_one_looks() -> None:
    async with desk(HandReader(people=4_000), size=(80, 24)) as made:
        screen = await opened(made, 417)
        await made.press("tab", "end")
        await made.until_shows("person3999@example.org")
        assert screen.people.cursor == 3_999
        assert len(screen.people._known) <= 150
        await made.press("home")
        await made.until_shows("person0000@example.org")
        await made.press("pagedown", "pagedown")
        await made.until(lambda: screen.people.cursor_key is not None)
        key = screen.people.cursor_key
        await made.refreshed()
        assert screen.people.cursor_key == key


class _Short(HandReader):
    """Counts more people than it has, as a plan does that another process throws away."""

    pages = 0

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        return (PlanRule(BOUGHT, len(self.people) + 30, 3 * len(self.people)),)

    async def plan_people(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanPerson, ...]:
        self.pages += 1
        return await super().plan_people(run_id, purpose, offset, limit)


async def test_a_page_that_comes_short_is_not_asked_for_without_end() -> None:
    reader = _Short(people=10)
    async with desk(reader) as made:
        await opened(made, 417)
        await made.until_shows("person0009@example.org")
        await made.press("tab", "end")
        await made.refreshed()
        assert reader.pages <= 3


class _Failing(HandReader):
    """Can't be asked for a plan's later people once."""

    failed = 0

    async def plan_people(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanPerson, ...]:
        if offset and not self.failed:
            self.failed += 1
            raise StoreError("The database is locked.")
        return await super().plan_people(run_id, purpose, offset, limit)


async def test_a_page_that_could_not_be_read_is_asked_for_again() -> None:
    reader = _Failing(people=1_000)
    async with desk(reader) as made:
        await opened(made, 417)
        await made.press("tab", "end")
        await made.until_shows("The database is locked.")
        await made.press("home", "end")
        await made.until_shows("person0999@example.org")


async def test_a_rule_shows_its_people_only() -> None:
    async with desk() as made:
        screen = await opened(made, 417)
        await made.press("end")
        await made.until(lambda: screen.people.total == 0)
        assert made.shows("not moved: only field set  0 people")
        await made.press("home", "enter")
        await made.until(lambda: made.app.focused is screen.people)


async def test_the_filter_finds_people_by_e_mail_and_by_name() -> None:
    reader = HandReader(people=1_200)
    reader.people[1_100] = evolve(reader.people[1_100], name="[red]Zoë 漢字")
    async with desk(reader) as made:
        screen = await opened(made, 417)
        await made.press("slash")
        await made.type("person01")
        await made.until_shows("1-20 of 100 ")
        await made.press("enter")
        await made.until_shows("100 of 1,200 match 'person01'")
        await made.press("escape")
        await made.until(lambda: screen.people.total == 1_200)
        await made.press("slash")
        await made.type("zoë")
        await made.press("enter")
        await made.until_shows("1 of 1,200 match 'zoë'")
        await made.until_shows("[red]Zoë 漢字")


async def test_while_a_run_plans_its_counts_grow_and_big_a_is_off_until_the_plan_is_whole() -> None:
    growing = run(417, "2026_DIVINE_HG", RunState.PLANNING, {}, planned_at=None, phase=Phase.PLAN, people=0)
    reader = HandReader(picture(runs=(growing,)), people=3)
    async with desk(reader) as made:
        await opened(made, 417)
        assert made.shows("planning: plan")
        assert made.shows("By rule, still planning")
        assert made.shows("All people  3 people")
        reader.people = HandReader(people=7).people
        await made.refreshed()
        await made.until_shows("person0006@example.org")
        assert made.shows("All people  7 people")
        assert "A apply" not in made.footer
        reader.snapshot = evolve(reader.snapshot, runs=(WAITING,))
        await made.refreshed()
        await made.until(lambda: "A apply 96 changes" in made.footer)


async def test_a_plan_turns_into_its_progress_under_the_same_eyes() -> None:
    reader = HandReader(picture(runs=(WAITING,)))
    async with desk(reader, size=(80, 24)) as made:
        screen = await opened(made, 417)
        await made.press("tab")
        assert made.app.focused is screen.people
        at_work = evolve(
            WAITING,
            state=RunState.APPLYING,
            apply_started_at=NOW,
            changes={ChangeState.APPLIED: 40, ChangeState.FAILED: 1, ChangeState.PLANNED: 55},
        )
        reader.snapshot = evolve(reader.snapshot, runs=(at_work,))
        bad = {"state": ChangeState.FAILED, "outcome": ChangeOutcome.GONE, "attempts": 1, "settled_at": NOW}
        reader.wrong_rows = (change(7, "gone@example.org", "", ChangeKind.SET_FIELD, "2026_DIVINE_HG_PURCHASE", **bad),)
        await made.refreshed()
        await made.until_shows("gone@example.org")
        assert made.app.focused is screen.wrong
        await made.until_shows("failed after 1 try, 14:32:00: the subscriber is gone from MailerLite")
        await made.until_shows("41 of 96")


async def test_a_database_that_can_not_be_read_is_told_beside_the_plan() -> None:
    reader = HandReader()
    async with desk(reader, size=(80, 24)) as made:
        await opened(made, 417)
        reader.fail = StoreError("The database file was removed or replaced while it was open.")
        await made.refreshed()
        assert made.rows[-2].startswith(" ✗ the database can't be read, shown as of 14:32: The database file")
        reader.fail = None
        await made.refreshed()
        assert made.rows[-2].startswith(" → plan 417 waits for a yes")


async def test_left_and_escape_go_back_and_1_goes_home() -> None:
    async with desk() as made:
        for key in ("left", "escape", "1"):
            await opened(made, 417)
            await made.press(key)
            await made.until(lambda: not isinstance(made.app.screen, PlanScreen))


async def test_automations_are_named_with_the_heads_they_mail() -> None:
    view = evolve(WAITING, automations=(AutomationEffect("Gold welcome", "GOLD", 2_310),))
    reader = HandReader(picture(runs=(view,)))
    async with desk(reader) as made:
        await opened(made, 417)
        assert made.shows("▲ 2,310 people: automation Gold welcome")
        await made.pilot.resize_terminal(80, 24)
        await made.until_shows("▲ 1 automation, 2,310 people")


async def test_a_run_that_is_not_there_says_so_and_the_console_stays() -> None:
    async with desk() as made:
        made.app.open_run(999)
        await made.until(lambda: "There is no run 999" in made.app.problem)
        await made.press("left")
        await made.refreshed()
        assert made.app.problem == ""


async def test_before_anything_is_counted_the_plan_shows_how_far_the_reading_is() -> None:
    phases = (PhaseView(Phase.LOCK, NOW, 0.0), PhaseView(Phase.READ_SHOP, NOW, None))
    view = run(419, "2025_ETB_SW", RunState.PLANNING, {}, planned_at=None, phase=Phase.READ_SHOP, phases=phases)
    async with desk(HandReader(picture(runs=(view,))), size=(80, 24)) as made:
        await opened(made, 419)
        assert made.shows("✓ lock  ● read shop  ○ read MailerLite")
        assert made.shows("682 requests so far")
        assert not made.shows("+ 0")


@pytest.mark.parametrize("phase", [Phase.READ_BACK, Phase.STATISTICS, Phase.UNLOCK])
async def test_the_step_at_work_is_always_in_sight(phase: Phase) -> None:
    phases = tuple(PhaseView(step, NOW, 1.0) for step in Phase)
    view = evolve(APPLYING, phase=phase, phases=phases)
    async with desk(HandReader(picture(runs=(view,))), size=(80, 24)) as made:
        await opened(made, 418)
        assert sum(f"● {phase}" in row for row in made.rows) == 2  # in the first line as what it does, and as its step


async def test_between_the_yes_and_the_first_change_the_plan_is_applying() -> None:
    view = evolve(WAITING, state=RunState.APPLYING, phase=Phase.YES)
    async with desk(HandReader(picture(runs=(view,))), size=(80, 24)) as made:
        await opened(made, 417)
        assert made.rows[2].endswith(" applying ")


async def test_a_step_that_was_stopped_is_not_ticked_off() -> None:
    view = evolve(APPLYING, state=RunState.STOPPED, phases=(PhaseView(Phase.APPLY, NOW, 9.0),))
    async with desk(HandReader(picture(runs=(view,)))) as made:
        await opened(made, 418)
        assert made.shows("○ apply")
        assert not made.shows("✓ apply")


async def test_what_went_wrong_names_the_change_and_puts_what_was_skipped_last() -> None:
    reader = HandReader(picture(runs=(APPLYING,)))
    rows = ((1, "skipped@example.org", ChangeState.SKIPPED), (2, "failed@example.org", ChangeState.FAILED))
    reader.wrong_rows = tuple(
        change(n, who, "", ChangeKind.ADD_GROUP, "2024_ETB_NBL_GOLD_PURCHASE", state=state) for n, who, state in rows
    )
    async with desk(reader) as made:
        await opened(made, 418)
        shown = [row for row in made.rows if "+ GOLD_PURCHASE" in row]
        assert ["failed@example.org" in row for row in shown] == [True, False]


async def test_an_error_is_told_to_its_end_where_there_is_room() -> None:
    reader = HandReader(picture(runs=(APPLYING,)))
    words = "the account is at its limits for today; MailerLite said it is busy and to come again to-morrow"
    refused = {"outcome": ChangeOutcome.REFUSED, "detail": words, "refused_status": 422}
    row = change(1, "a@example.org", "", ChangeKind.ADD_GROUP, "2024_ETB_NBL_GOLD", state=ChangeState.FAILED, **refused)
    reader.wrong_rows = (row,)
    async with desk(reader) as made:
        await opened(made, 418)
        assert made.shows("and to come again to-morrow")


@pytest.mark.parametrize(("counts", "words"), [(True, "each item of a batch counts"), (False, "a batch counts as one")])
async def test_the_plan_says_what_batches_were_found_to_take(counts: bool, words: str) -> None:
    view = evolve(WAITING, mailerlite_read=MailerLiteReadResult(Completeness.COMPLETE, batch_items_count=counts))
    async with desk(HandReader(picture(runs=(view,)))) as made:
        await opened(made, 417)
        assert made.shows(words)


_SHRUNK = ShrunkRead(ReadSide.MEMBERS, before=300, now=190)
_GROUPS = ("GOLD", "WOOD")


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (TiersCheck(CheckResult.PASSED, 0), "✓ nobody is left without a tier"),
        (TiersCheck(CheckResult.REFUSE, 2), "✗ 2 people would be left without a tier"),
        (
            ShopCheck(CheckResult.LOOK, whole=True, orders=31_204, unreadable=3),
            "▲ shop read whole, 31,204 orders, 3",
        ),
        (ShopCheck(CheckResult.REFUSE, whole=False, orders=0, unreadable=0), "✗ the shop was not read whole"),
        (MembersCheck(CheckResult.LOOK, 9, 0, _GROUPS), "▲ MailerLite read but for some of GOLD"),
        (MembersCheck(CheckResult.REFUSE, 0, 0), "✗ MailerLite was not read whole"),
        (CreatedCheck(CheckResult.LOOK, 12), "▲ 12 people are created"),
        (CreatedCheck(CheckResult.REFUSE, 12), "✗ 12 people would be"),
        (TakenBackCheck(CheckResult.HOLD, 1), "▲ 1 purchase is taken back after a refund"),
        (TakenBackCheck(CheckResult.REFUSE, 1), "✗ 1 purchase would be"),
        (ShrunkCheck(CheckResult.HOLD, 20.0, (_SHRUNK,)), "▲ a read shrank over 20 %"),
        (MovesCheck(CheckResult.HOLD, moves=51, members=300, limit=50), "▲ 51 moves, 17.0 %; up to 50 need no look"),
    ],
)
async def test_each_check_is_shown_with_what_follows_from_it(check: Check, line: str) -> None:
    well = check.result is CheckResult.PASSED
    view = evolve(WAITING, checks=(check,))
    async with desk(HandReader(picture(runs=(view,)))) as made:
        await opened(made, 417)
        assert made.shows(line)
        assert made.shows(f"Checks {well:d} of 1")
        await made.pilot.resize_terminal(80, 24)
        short = f"{'✓ 1' if well else '▲ 0'} of 1 checks"
        await made.until_shows(line if check.result is CheckResult.REFUSE else short)
