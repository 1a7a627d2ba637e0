"""What the screens show of a setting is the setting, and not its default."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from attrs import evolve

from bema_tui.health import MemoryLines
from bema_tui.model import ChangeState, RunState
from bema_tui.tui.panels.gauges import gauge_lines, gauges
from bema_tui.tui.panels.plan_head import now_line
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.screens.help import help_lines
from tests.support.weekend import NOW
from tests.tui.sample import picture, run

PLAN = run(420, "2026_DIVINE_HG", RunState.PLANNED, {ChangeState.PLANNED: 9}, planned_at=NOW - timedelta(minutes=7))


@pytest.mark.parametrize(
    ("seconds", "wide", "narrow"),
    [
        (
            600,
            "it can be applied as it stands until 14:35, later its people are read again first",
            "valid as it stands until 14:35",
        ),
        (
            3600,
            "it can be applied as it stands until 15:25, later its people are read again first",
            "valid as it stands until 15:25",
        ),
        (300, "its people are read again first, it is over 5 minutes old", "its people are read again first"),
        (90, "its people are read again first, it is over 90 seconds old", "its people are read again first"),
        (60, "its people are read again first, it is over a minute old", "its people are read again first"),
    ],
)
def test_a_plan_is_fresh_for_as_long_as_the_setting_says(seconds: float, wide: str, narrow: str) -> None:
    context = RenderContext(now=NOW, zone=UTC, fresh_for=timedelta(seconds=seconds))
    assert wide in now_line(PLAN, [], context, 120).plain
    assert narrow in now_line(PLAN, [], context, 79).plain


@pytest.mark.parametrize(("lines", "warns"), [(MemoryLines(), False), (MemoryLines(50, 60), True)])
def test_the_memory_gauge_warns_where_the_setting_says(lines: MemoryLines, warns: bool) -> None:
    snapshot = picture()
    assert snapshot.health is not None
    snapshot = evolve(snapshot, health=evolve(snapshot.health, memory_usage=55, memory_limit=100))
    (gauge,) = (one for one in gauges(snapshot, lines) if one.name == "memory")
    assert gauge.warns is warns
    context = RenderContext(now=NOW, zone=UTC, memory_lines=lines)
    drawn = "".join(line.plain for line in gauge_lines(snapshot, context, 220))
    assert f"warn {lines.warning:g} pause {lines.pause:g}" in drawn


@pytest.mark.parametrize("screen", ["overview", "plan"])
def test_no_line_of_the_help_is_wider_than_a_small_terminal(screen: str) -> None:
    context = RenderContext(now=NOW, zone=UTC)
    assert [line.plain for line in help_lines(screen, context) if line.cell_length > 78] == []
