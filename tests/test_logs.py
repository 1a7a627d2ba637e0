"""The log: private, bounded, and never on the screen."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bema_tui import logs
from bema_tui.errors import ConfigurationError


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger("bema_tui")
    before = (list(root.handlers), root.level, root.propagate)
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:], root.level, root.propagate = before[0], before[1], before[2]


def test_the_log_is_private_and_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "state" / "bema-tui.log"
    logs.set_up(file)
    logging.getLogger("bema_tui.sync").warning("something")
    assert "WARNING bema_tui.sync: something" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert capfd.readouterr() == ("", "")


def test_it_rotates_and_the_new_file_is_private_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 200)
    file = tmp_path / "bema-tui.log"
    logs.set_up(file)
    for number in range(20):
        logging.getLogger("bema_tui").warning("line %s", number)
    files = list(tmp_path.glob("bema-tui.log*"))
    assert 2 <= len(files) <= logs.KEEP_FILES + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_what_is_older_than_thirty_days_goes(tmp_path: Path) -> None:
    old, young = tmp_path / "bema-tui.log.2", tmp_path / "bema-tui.log.1"
    foreign = [tmp_path / f"bema-tui.log.{name}" for name in ("sqlite3", "toml", "10")]
    for path, days in ((old, 31), (young, 29), *((path, 400) for path in foreign)):
        path.write_text("x")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    logs.set_up(tmp_path / "bema-tui.log")
    assert not old.exists()
    assert young.exists()
    assert all(path.exists() for path in foreign), "what only begins with the name is not the log's"


def test_what_comes_from_outside_can_not_move_the_terminal_that_the_log_is_read_in(tmp_path: Path) -> None:
    file = tmp_path / "bema-tui.log"
    logs.set_up(file)
    wrong = ValueError("of\x1b[2J\u202e")
    logging.getLogger("bema_tui").error("no %s", "a\x1b]0;b\x07\nERROR made up", exc_info=wrong)
    text = file.read_text(encoding="utf-8")
    assert "no a␛]0;b␇␊ERROR made up\nValueError: of␛[2J‹202e›" in text


def test_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Unknown log level"):
        logs.set_up(tmp_path / "x.log", level="loud")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't be written"):
        logs.set_up(tmp_path / "file" / "x.log")
