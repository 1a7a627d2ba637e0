"""How a run stands, in the words of the commands."""

from __future__ import annotations

from attrs import evolve

from bema_tui.cli.texts import runs_table
from tests.support.weekend import NOW
from tests.tui.sample import APPLYING


def test_a_run_that_has_stalled_says_so() -> None:
    assert "progress" not in runs_table([APPLYING], NOW)
    assert "makes no progress for 1,234 min" in runs_table([evolve(APPLYING, stalled_seconds=74_050.0)], NOW)
