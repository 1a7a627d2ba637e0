"""An installation without the extra `simulator`, or with a web server that does not fit: what the commands say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = "pip install 'bema-tui[simulator]'"


def run_without(package: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process that can't import this package."""
    return run_after(f"import sys; sys.modules[{package!r}] = None", folder, *words)


def run_after(preparation: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process that runs another script first."""
    script = f"{preparation}; from bema_tui.cli import main; main()"
    places = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "DATA", "STATE")}
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_the_message_names_the_extra(command: str, package: str, tmp_path: Path) -> None:
    ended = run_without(package, tmp_path, command)
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("bema-tui: The simulator is not installed.")
    assert line.endswith(INSTALL)


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_the_message_is_a_document_with_json(command: str, tmp_path: Path) -> None:
    ended = run_without("starlette", tmp_path, command, "--json")
    assert ended.returncode == 2
    error = json.loads(ended.stdout)["error"]
    assert error["error"] == "ConfigurationError"
    assert INSTALL in error["advice"]


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_the_help_works(command: str, tmp_path: Path) -> None:
    ended = run_without("starlette", tmp_path, command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage: ")
    assert (INSTALL in ended.stdout) == (command == "simulate")


def test_commands_that_need_no_simulator_work(tmp_path: Path) -> None:
    ended = run_without("starlette", tmp_path, "campaigns", "list", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == []


def test_a_web_server_that_does_not_fit_is_named(tmp_path: Path) -> None:
    another = "import uvicorn.protocols.http.h11_impl as h11; h11.H11Protocol.__init__ = lambda self, config: None"
    ended = run_after(another, tmp_path, "simulate")
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("bema-tui: The simulator does not run: uvicorn ")
