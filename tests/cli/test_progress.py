"""What stderr says of a run at work: in the cells there are, and never what the run says itself."""

from __future__ import annotations

import logging

import pytest
from rich.cells import cell_len

from bema_tui.cli.progress import Look, progress_line
from bema_tui.errors import DatabaseBusy, StoreError
from bema_tui.model import RunState
from tests.operations.builders import a_run
from tests.support.weekend import NOW

_GONE = StoreError("The database file was removed or replaced while it was open.")


class _Reads:
    """Returns or raises one after the other."""

    def __init__(self, *outcomes: int | StoreError) -> None:
        self._outcomes = list(outcomes)

    async def __call__(self) -> int:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, StoreError):
            raise outcome
        return outcome


async def _looked(*outcomes: int | StoreError) -> list[int | None]:
    look = Look(7, _Reads(*outcomes))
    return [await look() for _ in outcomes]


async def test_that_a_run_can_not_be_looked_at_is_logged_once_each_time(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "bema_tui.cli.progress"):
        assert await _looked(1, _GONE, _GONE, 2, _GONE, DatabaseBusy("The database is locked.")) == [
            *(1, None, None, 2, None, None)
        ]
    assert [record.getMessage() for record in caplog.records] == ["run 7 can't be looked at"] * 3
    assert capsys.readouterr().err == "", "the run says itself what it ends with"


def test_a_line_of_wide_signs_takes_no_more_cells_than_there_are() -> None:
    view = a_run(RunState.PAUSED, note="夜の音楽 " * 20)
    line = progress_line(view, NOW, 79)
    assert "夜の音楽" in line
    assert 77 <= cell_len(line) <= 79
