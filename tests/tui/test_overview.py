"""The Overview on the weekend: what each panel says at each size, and what stays where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.errors import StoreError
from bema_tui.model import CampaignStatus, LockState, Severity
from bema_tui.rules.wording.findings import FINDING_TEXT
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.glyphs import ASCII
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.widgets.row_table import RowTable
from tests.support.sample import reader_of
from tests.tui.console import SIZES, Console, opened_console
from tests.tui.console_process import HOSTILE, hostile
from tests.tui.drawing.painted import watch_painting
from tests.tui.sample import DONE, HEALTH, HandReader, campaign, lock, picture

EMPTY = picture(
    campaigns=(),
    runs=(),
    run_count=0,
    locks=(),
    finding_groups=(),
    newest_findings=(),
    finding_counts={},
    activity=(),
    operators_here=("maria",),
    health=evolve(HEALTH, score=100, reasons=()),
)


def overview(console: Console) -> Overview:
    assert isinstance(console.app.screen, Overview)
    return console.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_says_what_the_database_has(size: tuple[int, int], weekend_file: Path) -> None:
    async with reader_of(weekend_file) as reader, opened_console(reader, size=size) as console:
        snapshot = await reader.read()
        assert all(len(row) == size[0] for row in console.rows)

        def in_one_row(*words: object) -> None:
            assert any(all(str(word) in row for word in words) for row in console.rows), (words, console.rows)

        found, errors = sum(snapshot.finding_counts.values()), snapshot.finding_counts[Severity.ERROR]
        tabs = f"7 campaigns  1 run active  {found} findings ✗{errors}  2 locks ▲1"
        assert tabs in console.rows[1]
        assert "120/120 left" in console.rows[0]
        in_one_row("78 fair", "memory 81 %", "14:32")
        in_one_row("need you", "run 5")
        in_one_row(f"{errors} errors", "plan 6 ", "waits")
        for campaign in snapshot.campaigns[:5]:
            members = "" if campaign.members is None else f"{campaign.members:,}"
            in_one_row(campaign.code, members, campaign.open_findings)
        at_work, waiting, *_ = snapshot.runs
        in_one_row(at_work.id, at_work.campaign, f"{at_work.percent} %")
        in_one_row(waiting.id, waiting.campaign, f"{waiting.total} changes")
        for group in snapshot.finding_groups[:3]:
            in_one_row(FINDING_TEXT[group.rule][:20], group.open)
        for lock in snapshot.locks:
            in_one_row(lock.id, lock.holder.user, lock.key[:12])
        in_one_row("14:2", "jon", "asked run 7")


async def test_an_empty_database_says_what_to_do_next() -> None:
    async with opened_console(HandReader(EMPTY), size=(80, 24)) as console:
        assert console.shows("✓ all is well  last full check 14:30")
        assert console.shows("No campaigns yet.")
        assert console.shows("campaigns discover --add")
        assert console.shows("None held.")
        assert "s sync" not in console.footer


@pytest.mark.parametrize("size", [(59, 24), (80, 15)])
async def test_a_terminal_that_is_too_small_says_so(size: tuple[int, int]) -> None:
    async with opened_console(size=size) as console:
        assert console.shows(f"Too small: {size[0]}×{size[1]}, needs 60×16. q quits")
        await console.press("q")
        assert console.app.return_value == 0


async def test_the_highlighted_campaign_has_its_statistics() -> None:
    async with opened_console(size=(120, 40)) as console:
        assert console.shows("── 2024_ETB_NBL  No Better Love")
        await console.press("down")
        assert console.shows("── 2025_KAIRO_TNS  The Night Shift")


async def test_the_cursor_stays_on_its_campaign_when_the_order_changes() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        await console.press("down", "down")
        assert overview(console).campaigns.cursor_key == "2026_DIVINE_HG"
        reader.snapshot = evolve(reader.snapshot, campaigns=tuple(reversed(reader.snapshot.campaigns)))
        await console.refreshed()
        assert overview(console).campaigns.cursor_key == "2026_DIVINE_HG"
        marked = [row for row in console.rows if row.startswith("▌")]
        assert len(marked) == 1
        assert "2026_DIVINE_HG" in marked[0]


async def test_a_resize_keeps_cursor_filter_and_focus() -> None:
    many = picture(campaigns=tuple(campaign(f"2026_AA_{n:02d}", CampaignStatus.UP_TO_DATE) for n in range(40)))
    async with opened_console(HandReader(many), size=(200, 60)) as console:
        await console.press(*["down"] * 25)
        await console.pilot.resize_terminal(80, 24)
        await console.until(lambda: len(console.rows) == 24)
        await console.until(lambda: any(row.startswith("▌ 2026_AA_25") for row in console.rows))
        assert console.app.focused is overview(console).campaigns
        await console.press("slash", *"_1", "enter")
        await console.pilot.resize_terminal(120, 40)
        await console.until(lambda: len(console.rows) == 40)
        assert console.shows("10 match '_1'")


async def test_the_filter_shows_only_what_matches_and_escape_takes_it_away() -> None:
    async with opened_console() as console:
        await console.press("slash", *"night", "enter")
        assert [row.key for row in overview(console).campaigns._known.values()] == ["2025_KAIRO_TNS"]
        assert console.app.focused is overview(console).campaigns
        await console.press("escape")
        assert overview(console).campaigns.total == 5


async def test_a_filter_without_a_match_says_so_and_finds_names_without_their_accents() -> None:
    reader = HandReader(picture(campaigns=(campaign("2026_ZN_LG", CampaignStatus.NEVER, album="Zoë’s Début"),)))
    async with opened_console(reader) as console:
        await console.press("slash", *"zoe", "enter")
        assert console.shows("2026_ZN_LG")
        await console.press("escape", "slash", *"nobody", "enter")
        assert console.shows("No code and no album has this text. esc shows all.")
        assert not console.shows("discover")


async def test_without_utf8_names_stay_readable() -> None:
    rows = (campaign("2026_ZN_LG", CampaignStatus.NEVER, album="Zoë’s Début → 夜"),)
    async with opened_console(HandReader(picture(campaigns=rows)), size=(200, 60), glyphs=ASCII) as console:
        assert console.shows("Zoe's Debut > ??")
        assert all(row.isascii() for row in console.rows)


async def test_tiers_that_nobody_read_are_not_nought() -> None:
    reader = HandReader(picture(campaigns=(campaign("2026_ZM_BTL", CampaignStatus.NEVER, tiers={}),)))
    async with opened_console(reader) as console:
        assert console.shows("Opt-In         -")


async def test_all_is_not_well_while_the_health_is_poor() -> None:
    ill = evolve(EMPTY, health=evolve(HEALTH, score=45, reasons=("load 14.3 on 2 cores",)))
    async with opened_console(HandReader(ill)) as console:
        assert console.shows("1 thing needs you:  ✗ health 45 poor: load 14.3 on 2 cores")
        assert not console.shows("all is well")


async def test_the_reason_of_the_score_outranks_the_bar_of_requests() -> None:
    health = evolve(HEALTH, reasons=("load 4.5 on 2 cores",))
    async with opened_console(HandReader(picture(health=health)), size=(80, 24)) as console:
        assert "97/120 left  EDD ok  78 fair ▲ load 4.5 on 2 cores" in console.rows[0]
        assert "█" not in console.rows[0]


async def test_a_paused_lock_says_so_and_by_whom() -> None:
    held = evolve(lock("k3f9", "2024_ETB_NBL", "maria", LockState.LIVE, 418), note="paused by jonathan")
    async with opened_console(HandReader(picture(locks=(held,))), size=(80, 24)) as console:
        assert console.shows("maria paused")
        await console.press("tab", "tab", "tab", "enter")
        assert "paused by jonathan" in console.footer


async def test_a_failed_reading_keeps_the_old_picture_and_says_so() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        reader.fail = StoreError("The database can't be opened: disk I/O error.")
        await console.refreshed()
        assert console.shows("the database can't be read, shown as of 14:32: The database can't be opened")
        assert console.shows("2025_KAIRO_TNS")
        reader.fail = None
        await console.refreshed()
        assert console.shows("3 things need you")


async def test_a_list_that_nobody_moved_in_shows_its_newest_rows() -> None:
    reader = HandReader(picture(runs=(evolve(DONE, id=500), evolve(DONE, id=499))))

    async def begun(*numbers: int) -> None:
        for number in numbers:
            runs = (evolve(DONE, id=number), *reader.snapshot.runs)
            lines = (evolve(reader.snapshot.activity[0], text=f"sync {number}"), *reader.snapshot.activity)
            reader.snapshot = evolve(reader.snapshot, runs=runs, activity=lines)
            await console.refreshed()

    async with opened_console(reader, size=(80, 24)) as console:
        await begun(*range(501, 520))
        assert console.shows(" 519 ")
        assert console.shows("sync 519")
        runs = console.app.screen.query_one("#runs", RowTable)
        runs.focus()
        await console.until(lambda: runs.has_focus)
        await begun(520, 521)
        assert runs.cursor_key == "519", "keys act on the row that somebody looks at"
        await console.press("shift+tab")
        await begun(522)
        assert console.shows(" 522 ")
        runs.focus()
        await console.press("down", "shift+tab")
        await begun(*range(523, 540))
        assert runs.cursor_key == "521", "somebody went there"


async def test_readings_never_overlap() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        for _ in range(5):
            console.app.refresh_soon()
            await console.pilot.pause()
        await console.until(lambda: reader.reads >= 3)
        assert reader.overlaps == 0


async def test_a_finding_that_is_opened_is_told_once_and_in_whole_sentences() -> None:
    async with opened_console(HandReader(), size=(200, 60)) as console:
        findings = console.app.screen.query_one("#findings", RowTable)
        findings.focus()
        await console.until(lambda: findings.has_focus)
        await console.press("enter")
        finding = picture().newest_findings[0]
        await console.until_shows(f"two_tiers: {finding.subject}: {finding.message} Decide which tier is right")
    about = evolve(finding, subject="order 7", message="Order 7 can't be read.", advice="Mend it.")
    assert about.text == "Order 7 can't be read. Mend it."


async def test_markup_and_codes_in_names_are_plain_text() -> None:
    async with opened_console(HandReader(hostile()), size=(200, 60)) as console:
        assert console.shows("[/bold][red]Eve␛]0;owned␇")
        await console.press("tab", "tab", "tab", "enter", "tab", "enter")
        assert not any("\x1b" in row or "\x9b" in row or "\u202e" in row for row in console.rows)
        assert HOSTILE not in "".join(console.rows)


async def test_tab_goes_through_the_panels_and_the_focused_one_has_the_heavy_rule() -> None:
    async with opened_console(size=(120, 40)) as console:
        seen = []
        for _ in range(6):
            seen.append(console.app.focused.id if console.app.focused else None)
            heavy = 0 if seen[-1] == "answer" else 1
            await console.until(lambda wanted=heavy: sum("━━ " in row for row in console.rows) == wanted)  # type: ignore[misc]
            await console.press("tab")
        assert seen == ["campaigns", "runs", "findings", "locks", "activity", "answer"]


async def test_enter_on_the_answer_line_goes_to_the_worst_thing() -> None:
    async with opened_console() as console:
        await console.press("shift+tab", "enter")
        assert console.app.focused is overview(console).runs
        assert overview(console).runs.cursor_key == "415"


@pytest.mark.parametrize("size", SIZES)
async def test_only_the_screens_that_there_are_have_a_tab_and_a_key(size: tuple[int, int]) -> None:
    async with opened_console(size=size) as console:
        assert console.rows[1].split("  ")[0].strip() == "[1 Overview]"
        assert "5 campaigns  1 run active  170 findings ✗12  2 locks ▲1" in console.rows[1]
        before = console.rows
        await console.press(*"234567")
        assert console.rows == before
        await console.press("question_mark")
        await console.until_shows("Go to the Overview")
        assert not console.shows("to come")


async def test_help_and_palette_come_from_the_same_table() -> None:
    async with opened_console(size=(80, 24)) as console:
        await console.press("question_mark")
        assert console.shows("Release a lock whose holder is gone")
        await console.press("end")
        assert console.shows("move_waits            moved enough today, waits")
        await console.press("escape")
        assert isinstance(console.app.screen, Overview)
        await console.press("ctrl+p")
        await console.until_shows("Stop the run at its next safe point")
        assert not console.shows("Release a lock whose holder is gone"), "the row under the cursor has a live lock"


async def test_a_command_of_the_palette_does_what_its_key_does() -> None:
    async with opened_console(size=(80, 24)) as console:
        await console.press("ctrl+p")
        await console.until_shows("Stop the run at its next safe point")
        await console.type("stop the run")
        await console.until(lambda: not console.shows("Pause or continue the run"))
        await console.press("down", "enter")
        await console.until_shows("Stop run 418 on 2024_ETB_NBL?")


async def test_the_three_themes_take_turns() -> None:
    async with opened_console() as console:
        names = []
        for _ in range(3):
            await console.press("f2")
            names.append(console.app.theme)
        assert names == ["bema-light", "bema-mono", "bema-dark"]


def _one_cell(snapshot: Snapshot) -> Snapshot:
    first = evolve(snapshot.campaigns[0], members=38_241)
    return evolve(snapshot, campaigns=(first, *snapshot.campaigns[1:]))


async def test_a_refresh_paints_nothing_when_nothing_changed_and_one_span_when_one_cell_did() -> None:
    reader = HandReader()
    async with opened_console(reader) as console:
        painted = watch_painting(console.app)
        await console.refreshed()
        await console.pilot.pause(0.05)
        assert painted == []
        reader.snapshot = _one_cell(reader.snapshot)
        await console.refreshed()
        await console.until(lambda: bool(painted))
        spans = [span for update in painted for span in update.spans]
        assert len(spans) <= 2, "the table's cell, and the same number in the statistics"
        assert sum(end - start for _, start, end in spans) <= 4
