"""A user without a name, an account or a home, as containers have them: a real process of such a number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import ROOT, Terminal

NOBODY = 54_321
NAMES = ("USER", "LOGNAME", "LNAME", "USERNAME", "HOME")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    return tmp_path


def become_nobody() -> None:
    """The process is this user's; it may read what root may, where the interpreter lies for one."""
    os.setreuid(NOBODY, 0)


def surroundings(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BEMA_", "XDG_", *NAMES))}
    return {
        **own,
        "BEMA_DATABASE_URL": f"sqlite:///{folder}/b.db",
        "BEMA_LOG_FILE": str(folder / "b.log"),
        "BEMA_MAILERLITE_URL": "http://127.0.0.1:9/api",
        "BEMA_EDD_URL": "http://127.0.0.1:9/",
        **dict.fromkeys(("BEMA_MAILERLITE_KEY", "BEMA_EDD_KEY", "BEMA_EDD_TOKEN"), "x"),
    }


def as_nobody(folder: Path, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in {**surroundings(folder), **changes}.items() if value is not None}
    command = [sys.executable, "-m", "bema_tui", *words, "--json"]
    return subprocess.run(command, preexec_fn=become_nobody, env=given, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.fault("B2")
def test_commands_of_a_user_without_an_account(folder: Path) -> None:
    add = as_nobody(folder, "campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7")
    assert (add.returncode, add.stderr) == (0, "")
    planned = as_nobody(folder, "plan", "2026_X_Y")  # nobody answers there; the run is written down all the same
    assert planned.returncode == 1
    assert json.loads(planned.stdout)["by"].startswith(f"uid {NOBODY}@")


class NobodysTerminal(Terminal):
    def prepare(self) -> None:
        super().prepare()
        become_nobody()


@pytest.mark.fault("B2")
def test_the_console_of_a_user_without_an_account(folder: Path) -> None:
    given = {**os.environ, **dict.fromkeys(NAMES, ""), **surroundings(folder)}
    with NobodysTerminal("bema_tui", size=(100, 30), surroundings=given) as terminal:
        terminal.until(lambda: terminal.shows(f"uid {NOBODY}"))
        terminal.press("q")
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0


@pytest.mark.fault("B2")
@pytest.mark.parametrize(
    ("missing", "instead"),
    [
        ("BEMA_DATABASE_URL", "name a database with BEMA_DATABASE_URL"),
        ("BEMA_LOG_FILE", "name a file with BEMA_LOG_FILE"),
    ],
)
def test_a_user_without_a_home_is_told_what_to_name(missing: str, instead: str, folder: Path) -> None:
    said = as_nobody(folder, "runs", **{missing: None})
    assert said.returncode == 2
    error = json.loads(said.stdout)["error"]
    assert (error["error"], error["where"]) == ("ConfigurationError", f"uid {NOBODY}")
    assert instead in error["advice"]
    assert not list(ROOT.glob("~*"))
