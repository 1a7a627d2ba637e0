"""Columns, layouts and colours: pure rules of what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color
from textual.geometry import Region, Size
from textual.theme import Theme

from bema_tui.model import ChangeState, FindingRule, Phase, RunState, Severity
from bema_tui.store.snapshot.views import CampaignView, FindingGroup
from bema_tui.tui import layout
from bema_tui.tui.format import short_count
from bema_tui.tui.keys import KEYS, OVERVIEW, PLAN
from bema_tui.tui.panels import activity, campaigns, findings, locks, plan, runs
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.themes import DARK, LIGHT
from bema_tui.tui.widgets.columns import Column, choose_columns, draw_row
from tests.support.weekend import NOW
from tests.tui.sample import picture, run

TABLES = {
    "campaigns": campaigns.COLUMNS,
    "runs": runs.COLUMNS,
    "findings": findings.COLUMNS,
    "newest": findings.NEWEST_COLUMNS,
    "locks": locks.COLUMNS,
    "activity": activity.COLUMNS,
    "rules": plan.RULE_COLUMNS,
    "subscribers": plan.SUBSCRIBER_COLUMNS,
    "wrong": plan.WRONG_COLUMNS,
}


@pytest.mark.parametrize("name", TABLES)
@given(width=st.integers(20, 220))
def test_columns_go_by_rank_and_the_first_rank_never(name: str, width: int) -> None:
    columns = TABLES[name]
    chosen = choose_columns(columns, width)
    kept = [column for column, _ in chosen]
    gone = [column for column in columns if column not in kept]
    assert all(column.rank > 0 for column in gone)
    if gone:
        assert min(column.rank for column in gone) > max((column.rank for column in kept), default=0)
    if any(column.rank for column in kept):
        assert sum(given_width for _, given_width in chosen) <= width


def test_the_written_order_of_dropping_in_campaigns() -> None:
    gone: list[str] = []
    for width in range(130, 20, -1):
        kept = {column.name for column, _ in choose_columns(campaigns.COLUMNS, width)}
        gone += [column.name for column in campaigns.COLUMNS if column.name not in kept and column.name not in gone]
    assert gone == ["revenue", "album", "last", "conversion", "buyers", "findings", "members"]


@pytest.mark.fault("D8")
def test_a_sum_of_several_currencies_is_called_mixed() -> None:
    one = evolve(picture().campaigns[0], revenue="1234567.50", currency="USD", currencies=("USD",))
    context = RenderContext(now=NOW)

    def shown(campaign: CampaignView) -> tuple[str, str, str]:
        cells = campaigns.rows(picture(campaigns=(campaign,)), context)[0].cells
        short = " ".join(row.plain for row in campaigns.stats_short(campaign, context, 120))
        return (
            str(cells["revenue"]),
            short,
            "\n".join(r.plain for r in campaigns.stats_lines(campaign, context, 80, 40)),
        )

    cell, short, panel = shown(one)
    assert cell == "1,234,568"
    assert "revenue 1,234,568 shop units" in short
    assert "revenue in shop units; the shop's own are USD" in panel
    cell, short, panel = shown(evolve(one, currencies=("EUR", "USD")))
    assert cell == "mixed"
    assert "revenue 1,234,568 units, mixed" in short
    assert "revenue 1,234,568 adds up units of EUR, USD" in panel


@pytest.mark.parametrize(("columns", "width"), [(runs.SHORT_COLUMNS, 79), (runs.COLUMNS, 74), (runs.COLUMNS, 116)])
def test_no_number_of_a_run_is_ever_cut(columns: tuple[Column, ...], width: int) -> None:
    """What is cut of a number is another number."""
    big = {ChangeState.APPLIED: 119_999, ChangeState.PLANNED: 1}
    at_work = run(1418, "2024_DIVINE_AFTERGLOW", RunState.APPLYING, big, apply_started_at=NOW)
    at_work = evolve(at_work, write_forecast=120_000, requests_write=8, apply_seconds=1200.0)
    row = runs.row(at_work, RenderContext(now=NOW, zone=UTC), short=width == 79)
    shown = draw_row(row.cells, choose_columns(columns, width)).plain
    for number in ("1418", "99 %", "6.0k/min", "120k"):
        assert number in shown
    finished = evolve(at_work, changes={ChangeState.APPLIED: 120_000}, phase=Phase.READ_BACK)
    row = runs.row(finished, RenderContext(now=NOW, zone=UTC), short=width == 79)
    assert "100 %" in draw_row(row.cells, choose_columns(columns, width)).plain


@pytest.mark.parametrize("number", [7, 999, 1_234, 9_940, 158_000])
def test_no_number_of_findings_is_ever_cut(number: int) -> None:
    group = FindingGroup(FindingRule.FIELD_TYPE_MISMATCH, Severity.ERROR, number, 0, NOW, ())
    cells = findings.rows(picture(finding_groups=(group,)), RenderContext(now=NOW))[0].cells
    shown = draw_row(cells, choose_columns(findings.SHORT_COLUMNS, 25)).plain
    assert shown.split()[-1] == short_count(number)


def test_text_runs_on_over_empty_cells() -> None:
    columns = ((Column("a", "", 6), 6), (Column("b", "", 6), 6), (Column("c", "", 4, right=True), 4))
    assert draw_row({"a": "long words", "c": "7"}, columns).plain == "long words     7"
    assert draw_row({"a": "long words", "b": "x", "c": "7"}, columns).plain == "long~ x        7"


@given(st.integers(60, 240), st.integers(16, 80))
def test_the_panels_of_the_overview_never_overlap_and_stay_on_the_screen(width: int, height: int) -> None:
    _check(Size(width, height), layout.overview(Size(width, height)))


@given(st.integers(60, 240), st.integers(16, 80), st.booleans())
def test_the_panels_of_the_plan_never_overlap_and_stay_on_the_screen(width: int, height: int, begun: bool) -> None:
    _check(Size(width, height), layout.plan(Size(width, height), begun=begun))


def _check(size: Size, regions: Mapping[str, Region]) -> None:
    screen = size.region
    taken: set[tuple[int, int]] = {(x, y) for y in (0, 1, size.height - 1) for x in range(size.width)}
    for name, region in regions.items():
        if name == "filter":  # stands over a title while it is open
            continue
        assert screen.contains_region(region), (name, region)
        x, y, width, height = region
        cells = {(column, row) for column in range(x, x + width) for row in range(y, y + height)}
        assert not cells & taken, name
        taken |= cells


@given(st.integers(60, 109), st.integers(16, 60))
def test_every_panel_of_the_overview_stays_at_small_sizes(width: int, height: int) -> None:
    regions = layout.overview(Size(width, height))
    least = {"campaigns": 5, "runs": 2, "findings": 2, "locks": 2, "answer": 1, "gauges": 2}
    if width >= 76:
        least["activity"] = 2
    if height >= 19:
        assert all(regions[name].height >= rows for name, rows in least.items())
    assert {"campaigns", "runs", "answer", "gauges"} <= set(regions)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("name", ["warning", "error", "success", "accent", "foreground", "text-muted"])
def test_every_colour_can_be_read(theme: Theme, name: str) -> None:
    colour = getattr(theme, name, None) or theme.variables[name]
    back = Color.parse(theme.background or "")
    assert _contrast(Color.parse(colour), back) >= 4.5


def _contrast(one: Color, other: Color) -> float:
    def luminance(colour: Color) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_each_key_means_one_thing_on_a_screen() -> None:
    for screen in (OVERVIEW, PLAN):
        keys = [part for key in KEYS if screen in key.screens for part in key.key.split(",")]
        assert len(keys) == len(set(keys))


def test_the_keys_that_change_something_are_marked_and_y_is_none_of_them() -> None:
    writes = {key.key for key in KEYS if key.does}
    assert writes == {"A", "s", "d", "x", "p", "r", "R"}
    assert not {"y", "enter", "space"} & writes
    assert {key for key in writes if key.isupper()} == {"A", "R"}
    assert all(len(key.tooltip) <= 70 for key in KEYS)
