"""Each private name of Textual is there, and the console starts and works where one is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import textual

from bema_tui.tui.drawing.textual_privates import NAMES, PrivateName, missing_names
from tests.tui.drawing.other_textual import without
from tests.tui.terminals import started


def test_this_textual_has_all_names_and_is_of_the_release_they_were_seen_in() -> None:
    assert missing_names() == ()
    assert {name.seen_in.rpartition(".")[0] for name in NAMES} == {textual.__version__.rpartition(".")[0]}


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_name_that_is_missing_is_found_to_be(name: PrivateName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name.module, without(name))
    missing = missing_names()
    assert name in missing
    assert {other.owner for other in missing} == {name.owner}


def test_a_module_that_is_missing_is_no_error() -> None:
    gone = PrivateName("textual._no_such_module", "Update", "nothing")
    assert missing_names((*NAMES, gone)) == (gone,)


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_without_a_name_the_console_starts_and_works_and_the_log_says_so(name: PrivateName, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started("calm", str(name), BEMA_TEST_LOG=str(log)) as terminal:
        terminal.press("\t\r")
        terminal.until(lambda: terminal.shows("What went wrong"))
    (line,) = (line for line in log.read_text().splitlines() if "without a shadow" in line)
    assert str(name) in line
