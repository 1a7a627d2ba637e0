"""The screen of a run: the plan with its people page by page, its progress, and what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.errors import StoreError
from bema_tui.model import (
    AutomationEffect,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    Check,
    CheckResult,
    Completeness,
    CreatedCheck,
    MailerLiteReadResult,
    MembersCheck,
    MovesCheck,
    Phase,
    PhaseEntry,
    Purpose,
    ReadSide,
    RunState,
    ShopCheck,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    TiersCheck,
)
from bema_tui.rules.wording.changes import heading
from bema_tui.store.snapshot.views import PlanRule, PlanSubscriber
from bema_tui.tui.screens.plan import PlanScreen
from tests.support.old_database import OLD_PLAN, SAID_PLAINLY, write_old_plans
from tests.support.sample import reader_of
from tests.support.weekend import AT_WORK, NOW
from tests.support.weekend import WAITING as WAITING_RUN
from tests.tui.console import SIZES, Console, opened_console
from tests.tui.sample import APPLYING, BOUGHT, WAITING, HandReader, change, picture, run


def plan(console: Console) -> PlanScreen:
    assert isinstance(console.app.screen, PlanScreen)
    return console.app.screen


async def opened(console: Console, number: int) -> PlanScreen:
    console.app.open_run(number)
    await console.until(lambda: isinstance(console.app.screen, PlanScreen) and console.app.screen.run is not None)
    await console.until(lambda: plan(console).rules.total > 0)
    return plan(console)


@pytest.mark.parametrize("size", SIZES)
async def test_a_waiting_plan_says_all_of_itself(size: tuple[int, int], weekend_file: Path) -> None:
    async with reader_of(weekend_file) as reader, opened_console(reader, size=size) as console:
        view, subscribers = await reader.run(WAITING_RUN), await reader.plan_subscribers(WAITING_RUN, None, 0, 1)
        (first,) = subscribers
        await opened(console, WAITING_RUN)
        await console.until_shows(first.email[:20])
        assert console.shows("nothing is written yet")
        assert console.shows(f"{view.subscribers} people")
        assert console.shows(f"{view.total} changes")
        assert console.shows(heading(first.purpose))
        (field,) = (change for change in first.changes if change.kind is ChangeKind.SET_FIELD)
        assert console.shows(f"none → {field.after}")
        await console.until_shows(f"1 of {view.subscribers}")
        assert console.shows(f"order {field.after}, complete")
        assert f"A apply {view.total} changes" in console.footer


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_at_work_shows_its_progress_and_what_went_wrong(size: tuple[int, int], weekend_file: Path) -> None:
    async with reader_of(weekend_file) as reader, opened_console(reader, size=size) as console:
        view, wrong = await reader.run(AT_WORK), await reader.wrong(AT_WORK, 100)
        await opened(console, AT_WORK)
        await console.until_shows(f"What went wrong  {len(wrong)} changes")
        assert console.shows(f"{view.percent} %  {view.recorded} of {view.total}")
        assert console.shows(f"✗ {view.changes[ChangeState.FAILED]} failed")
        assert console.shows("● apply")
        assert console.shows(next(row.email for row in wrong if row.state is ChangeState.FAILED)[:20])
        assert "A apply" not in console.footer
        assert "x stop" in console.footer
        assert console.shows("jon asked: pause"), "it is not paused yet: a request is on its way"
        assert any("jon asked: pause" in row and ", seen" in row for row in console.rows)


async def test_subscribers_come_page_by_page_wherever_one_looks() -> None:
    async with opened_console(HandReader(subscribers=4_000), size=(80, 24)) as console:
        screen = await opened(console, 417)
        await console.press("tab", "end")
        await console.until_shows("person3999@example.org")
        assert screen.subscribers.cursor == 3_999
        assert len(screen.subscribers._known) <= 150
        await console.press("home")
        await console.until_shows("person0000@example.org")
        await console.press("pagedown", "pagedown")
        await console.until(lambda: screen.subscribers.cursor_key is not None)
        key = screen.subscribers.cursor_key
        await console.refreshed()
        assert screen.subscribers.cursor_key == key


class _Short(HandReader):
    """Counts more people than it has, as a plan does that another process throws away."""

    pages = 0

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        return (PlanRule(BOUGHT, len(self.subscribers) + 30, 3 * len(self.subscribers)),)

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        self.pages += 1
        return await super().plan_subscribers(run_id, purpose, offset, limit)


async def test_a_page_that_comes_short_is_not_asked_for_without_end() -> None:
    reader = _Short(subscribers=10)
    async with opened_console(reader) as console:
        await opened(console, 417)
        await console.until_shows("person0009@example.org")
        await console.press("tab", "end")
        await console.refreshed()
        assert reader.pages <= 3


class _Failing(HandReader):
    """Can't be asked for a plan's later people once."""

    failed = 0

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        if offset and not self.failed:
            self.failed += 1
            raise StoreError("The database is locked.")
        return await super().plan_subscribers(run_id, purpose, offset, limit)


async def test_a_page_that_could_not_be_read_is_asked_for_again() -> None:
    reader = _Failing(subscribers=1_000)
    async with opened_console(reader) as console:
        await opened(console, 417)
        await console.press("tab", "end")
        await console.until_shows("The database is locked.")
        await console.press("home", "end")
        await console.until_shows("person0999@example.org")


async def test_a_plan_of_an_older_version_is_shown_by_its_headings(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    await write_old_plans(path, OLD_PLAN)
    async with reader_of(path) as reader, opened_console(reader, size=(200, 60)) as console:
        await opened(console, 1)
        for heading, *_ in OLD_PLAN:
            await console.until_shows(SAID_PLAINLY.get(heading, heading))
        await console.until_shows("1@example.org")
        assert console.shows("Opt-In → Gold Purchased")


async def test_a_rule_shows_its_subscribers_only() -> None:
    async with opened_console() as console:
        screen = await opened(console, 417)
        await console.press("end")
        await console.until(lambda: screen.subscribers.total == 0)
        assert console.shows("not moved: only field set  0 people")
        await console.press("home", "enter")
        await console.until(lambda: console.app.focused is screen.subscribers)


async def test_the_filter_finds_subscribers_by_e_mail_and_by_name() -> None:
    reader = HandReader(subscribers=1_200)
    reader.subscribers[1_100] = evolve(reader.subscribers[1_100], name="[red]Zoë 漢字")
    async with opened_console(reader) as console:
        screen = await opened(console, 417)
        await console.press("slash")
        await console.type("person01")
        await console.until_shows("1-20 of 100 ")
        await console.press("enter")
        await console.until_shows("100 of 1,200 match 'person01'")
        await console.press("escape")
        await console.until(lambda: screen.subscribers.total == 1_200)
        await console.press("slash")
        await console.type("zoë")
        await console.press("enter")
        await console.until_shows("1 of 1,200 match 'zoë'")
        await console.until_shows("[red]Zoë 漢字")


async def test_while_a_run_plans_its_counts_grow_and_big_a_is_off_until_the_plan_is_whole() -> None:
    growing = run(417, "2026_DIVINE_HG", RunState.PLANNING, {}, planned_at=None, phase=Phase.PLAN, subscribers=0)
    reader = HandReader(picture(runs=(growing,)), subscribers=3)
    async with opened_console(reader) as console:
        await opened(console, 417)
        assert console.shows("planning: plan")
        assert console.shows("By cause, still planning")
        assert console.shows("All people  3 people")
        reader.subscribers = HandReader(subscribers=7).subscribers
        await console.refreshed()
        await console.until_shows("person0006@example.org")
        assert console.shows("All people  7 people")
        assert "A apply" not in console.footer
        reader.snapshot = evolve(reader.snapshot, runs=(WAITING,))
        await console.refreshed()
        await console.until(lambda: "A apply 96 changes" in console.footer)


async def test_a_plan_turns_into_its_progress_under_the_same_eyes() -> None:
    reader = HandReader(picture(runs=(WAITING,)))
    async with opened_console(reader, size=(80, 24)) as console:
        screen = await opened(console, 417)
        await console.press("tab")
        assert console.app.focused is screen.subscribers
        at_work = evolve(
            WAITING,
            state=RunState.APPLYING,
            apply_started_at=NOW,
            changes={ChangeState.APPLIED: 40, ChangeState.FAILED: 1, ChangeState.PLANNED: 55},
        )
        reader.snapshot = evolve(reader.snapshot, runs=(at_work,))
        bad = {"state": ChangeState.FAILED, "outcome": ChangeOutcome.GONE, "attempts": 1, "recorded_at": NOW}
        reader.wrong_rows = (change(7, "gone@example.org", "", ChangeKind.SET_FIELD, "2026_DIVINE_HG_PURCHASE", **bad),)
        await console.refreshed()
        await console.until_shows("gone@example.org")
        assert console.app.focused is screen.wrong
        await console.until_shows("failed after 1 try, 14:32:00: the subscriber is gone from MailerLite")
        await console.until_shows("41 of 96")


async def test_a_database_that_can_not_be_read_is_told_beside_the_plan() -> None:
    reader = HandReader()
    async with opened_console(reader, size=(80, 24)) as console:
        await opened(console, 417)
        reader.fail = StoreError("The database file was removed or replaced while it was open.")
        await console.refreshed()
        assert console.rows[-2].startswith(" ✗ the database can't be read, shown as of 14:32: The database file")
        reader.fail = None
        await console.refreshed()
        assert console.rows[-2].startswith(" → plan 417 waits for a yes")


async def test_left_and_escape_go_back_and_1_goes_home() -> None:
    async with opened_console() as console:
        for key in ("left", "escape", "1"):
            await opened(console, 417)
            await console.press(key)
            await console.until(lambda: not isinstance(console.app.screen, PlanScreen))


async def test_automations_are_named_with_the_heads_they_mail() -> None:
    view = evolve(WAITING, automations=(AutomationEffect("Gold welcome", "GOLD", 2_310),))
    reader = HandReader(picture(runs=(view,)))
    async with opened_console(reader) as console:
        await opened(console, 417)
        assert console.shows("▲ 2,310 people: automation Gold welcome")
        await console.pilot.resize_terminal(80, 24)
        await console.until_shows("▲ 1 automation, 2,310 people")


async def test_a_run_that_is_not_there_says_so_and_the_console_stays() -> None:
    async with opened_console() as console:
        console.app.open_run(999)
        await console.until(lambda: "There is no run 999" in console.app.problem)
        await console.press("left")
        await console.refreshed()
        assert console.app.problem == ""


async def test_before_anything_is_counted_the_plan_shows_how_far_the_reading_is() -> None:
    phases = (PhaseEntry(Phase.LOCK, NOW, 0.0), PhaseEntry(Phase.READ_SHOP, NOW, None))
    view = run(419, "2025_ETB_SW", RunState.PLANNING, {}, planned_at=None, phase=Phase.READ_SHOP, phases=phases)
    async with opened_console(HandReader(picture(runs=(view,))), size=(80, 24)) as console:
        await opened(console, 419)
        assert console.shows("✓ lock  ● read shop  ○ read MailerLite")
        assert console.shows("682 requests so far")
        assert not console.shows("+ 0")


@pytest.mark.parametrize("phase", [Phase.READ_BACK, Phase.STATISTICS, Phase.UNLOCK])
async def test_the_step_at_work_is_always_in_sight(phase: Phase) -> None:
    phases = tuple(PhaseEntry(step, NOW, 1.0) for step in Phase)
    view = evolve(APPLYING, phase=phase, phases=phases)
    async with opened_console(HandReader(picture(runs=(view,))), size=(80, 24)) as console:
        await opened(console, 418)
        assert (
            sum(f"● {phase}" in row for row in console.rows) == 2
        )  # in the first line as what it does, and as its step


async def test_between_the_yes_and_the_first_change_the_plan_is_applying() -> None:
    view = evolve(WAITING, state=RunState.APPLYING, phase=Phase.YES)
    async with opened_console(HandReader(picture(runs=(view,))), size=(80, 24)) as console:
        await opened(console, 417)
        assert console.rows[2].endswith(" applying ")


async def test_a_step_that_was_stopped_is_not_ticked_off() -> None:
    view = evolve(APPLYING, state=RunState.STOPPED, phases=(PhaseEntry(Phase.APPLY, NOW, 9.0),))
    async with opened_console(HandReader(picture(runs=(view,)))) as console:
        await opened(console, 418)
        assert console.shows("○ apply")
        assert not console.shows("✓ apply")


async def test_what_went_wrong_names_the_change_and_puts_what_was_skipped_last() -> None:
    reader = HandReader(picture(runs=(APPLYING,)))
    rows = ((1, "skipped@example.org", ChangeState.SKIPPED), (2, "failed@example.org", ChangeState.FAILED))
    reader.wrong_rows = tuple(
        change(n, who, "", ChangeKind.ADD_GROUP, "2024_ETB_NBL_GOLD_PURCHASE", state=state) for n, who, state in rows
    )
    async with opened_console(reader) as console:
        await opened(console, 418)
        shown = [row for row in console.rows if "+ GOLD_PURCHASE" in row]
        assert ["failed@example.org" in row for row in shown] == [True, False]


async def test_an_error_is_told_to_its_end_where_there_is_room() -> None:
    reader = HandReader(picture(runs=(APPLYING,)))
    words = "the account is at its limits for today; MailerLite said it is busy and to come again to-morrow"
    refused = {"outcome": ChangeOutcome.REFUSED, "detail": words, "refused_status": 422}
    row = change(1, "a@example.org", "", ChangeKind.ADD_GROUP, "2024_ETB_NBL_GOLD", state=ChangeState.FAILED, **refused)
    reader.wrong_rows = (row,)
    async with opened_console(reader) as console:
        await opened(console, 418)
        assert console.shows("and to come again to-morrow")


@pytest.mark.parametrize(("counts", "taken"), [(True, 100 + 96), (False, 100)])
async def test_the_plan_says_what_it_takes_of_the_quota(counts: bool, taken: int) -> None:
    read = MailerLiteReadResult(Completeness.COMPLETE, batch_items_count=counts)
    view = evolve(WAITING, mailerlite_read=read, write_forecast=100)
    async with opened_console(HandReader(picture(runs=(view,)))) as console:
        await opened(console, 417)
        assert console.shows(f"about {taken} of MailerLite's quota")


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
        (
            MovesCheck(CheckResult.HOLD, moves=51, members=300, limit=50),
            "▲ 51 moves; over 50 wait for a yes",
        ),
    ],
)
async def test_each_check_is_shown_with_what_follows_from_it(check: Check, line: str) -> None:
    well = check.result is CheckResult.PASSED
    view = evolve(WAITING, checks=(check,))
    async with opened_console(HandReader(picture(runs=(view,)))) as console:
        await opened(console, 417)
        assert console.shows(line)
        assert console.shows(f"Checks {well:d} of 1")
        await console.pilot.resize_terminal(80, 24)
        short = f"{'✓ 1' if well else '▲ 0'} of 1 checks"
        await console.until_shows(line if check.result is CheckResult.REFUSE else short)
