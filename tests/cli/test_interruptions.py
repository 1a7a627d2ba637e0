"""Signals at any moment of any command: one document, status 5, and nothing left; never half an end."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bema_tui.errors import Stopped
from tests.support.label import Label, opened_label
from tests.support.operator import Operator, Said
from tests.support.until import DEADLINE, until

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOMENTS = (0.0, 0.3, 0.6)
"""Shares of the time that a command takes; the last moment is that of the first byte of its document."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "a list": ("campaigns", "list"),
    "a search": ("campaigns", "discover"),
    "a new database": ("runs", "--database", "NEW"),
    "a run": ("runs", "1"),
    "a ledger": ("changes", "1"),
    "findings": ("findings",),
    "numbers": ("stats", "CODE"),
    "health": ("health",),
    "doctor": ("doctor",),
    "a plan": ("plan", "CODE"),
}


@pytest.fixture(scope="module")
def label(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Label]:
    """A label with a waiting plan, and a folder for temporary files that nothing may stay in."""
    with opened_label(tmp_path_factory.mktemp("interrupted")) as made:
        made.plan()
        folder = made.operator.folder / "tmp"
        folder.mkdir()
        # Unbuffered, as in containers; it is the harder case.
        made.operator.environment |= {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        yield made


def takes_signals(pid: int, number: signal.Signals = signal.SIGTERM) -> bool:
    """Whether the process has taken the signal over from the system."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)


def interrupt(operator: Operator, words: tuple[str, ...], number: signal.Signals, after: float | None) -> Said:
    """Run a command and signal it ``after`` seconds from its first line on; None: at the first byte of its document."""
    process = operator.start(*words)
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)  # a longer document is not out at once
    until("the program's first line", lambda: takes_signals(process.pid) or process.poll() is not None, every=0.001)
    if after is None:
        assert select.select([process.stdout], [], [], DEADLINE)[0]
    elif after:
        with_patience(process, after)
    process.send_signal(number)
    return operator.finish(process)


def with_patience(process: subprocess.Popen[str], seconds: float) -> None:
    """Let a moment pass, or less if the process ends."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def expect_proper(ended: Said, usual: Any) -> None:
    """One document and its own status, whichever end it came to."""
    document = json.loads(ended.out)
    assert "Traceback" not in ended.err
    assert "Aborted" not in ended.err
    if ended.status != 5:
        assert type(document) is type(usual)
        assert isinstance(document, list) or not document.get("error"), ended
    elif document.get("error"):
        assert document["error"]["error"] == "Stopped"
        assert " was interrupted by SIG" in document["error"]["message"]
        assert ended.err == f"bema-tui: {document['error']['message']} What to do: {document['error']['advice']}\n"
    else:
        assert document["state"] == "stopped"
        assert document["note"].startswith(("Stopped by SIG", "the program ended"))  # the latter when cut short


def expect_nothing_left(operator: Operator, database: Path) -> None:
    assert list((operator.folder / "tmp").iterdir()) == []
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "locks" in tables:
            assert connection.execute("SELECT * FROM locks WHERE released_at IS NULL").fetchall() == []
            at_work = connection.execute("SELECT id FROM runs WHERE state IN ('planning', 'applying', 'paused')")
            assert at_work.fetchall() == []


@pytest.mark.fault("E3", "D5")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_at_any_moment(command: str, label: Label, tmp_path: Path) -> None:
    operator, code = label.operator, label.code
    new = tmp_path / "new.sqlite3"
    words = tuple({"NEW": str(new), "CODE": code}.get(word, word) for word in (*COMMANDS[command], "--json"))
    began = time.monotonic()
    usual = operator.process(*words)
    seconds = time.monotonic() - began
    ends = []
    for index, moment in enumerate((*MOMENTS, None)):
        for file in tmp_path.iterdir():
            file.unlink()
        number = SIGNALS[(index + list(COMMANDS).index(command)) % 3]
        ended = interrupt(operator, words, number, None if moment is None else moment * seconds)
        expect_proper(ended, usual.document)
        if ended.status != 5:
            assert ended.status == usual.status
        ends.append(ended.status == 5)
        if "NEW" in COMMANDS[command]:
            if new.exists():
                expect_nothing_left(operator, new)
            assert operator.run(*words, expect=0).document == []
        else:
            expect_nothing_left(operator, operator.database)
    assert ends[0], "at the program's first line it has not done anything"
    assert not ends[-1], "once its document is begun, it ends as it would have"


@pytest.mark.fault("E3", "D5")
@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("doctor",), signal.SIGINT),
        (("campaigns", "discover"), signal.SIGINT),
        (("plan", "CODE"), signal.SIGINT),
        (("plan", "CODE"), signal.SIGHUP),
    ],
)
def test_without_json_one_line_says_what_was_interrupted(
    words: tuple[str, ...], number: signal.Signals, label: Label
) -> None:
    simulated, operator, code = label.simulated, label.operator, label.code
    simulated.hold(at=1, when="before", only="all")
    process = operator.start(*(code if word == "CODE" else word for word in words))
    simulated.wait_held()
    process.send_signal(number)
    if words[0] == "plan":
        simulated.release()
    said = operator.finish(process)
    simulated.release()
    assert said.status == 5
    assert "resume RUN" not in said.out + said.err
    if words[0] == "plan":
        run = operator.run("runs", "--json").document[0]["run"]
        assert said.out.startswith(f"Run {run}, plan of {code} ")
        assert f": stopped. Stopped by {number.name}." in said.out
        assert said.out.endswith(f"Go on with: bema-tui resume {run}\n")
        assert said.err == ""
    else:
        # The doctor has told by then what it has looked at.
        assert (said.out == "") == (words != ("doctor",))
        assert {line.split()[0] for line in said.out.splitlines()} <= {"ok"}
        assert said.complaint.startswith(f"bema-tui: The command {' '.join(words)} was interrupted by {number.name}. ")
    expect_nothing_left(operator, operator.database)


IN_BEGIN = """
import asyncio, os, signal, sys
from bema_tui import signals
signals.take_over(sys.argv)
from bema_tui.cli.common import open_workspace, run_async
from bema_tui.cli.headless import execute
from bema_tui.operations import runs
from bema_tui.model import RunKind
from bema_tui.settings import load

async def work():
    async with open_workspace(load()) as workspace:
        async def begin(workspace, jobs):
            for name in sys.argv[2:]:
                os.kill(os.getpid(), signal.Signals[name])
            return await runs.start(workspace, jobs, sys.argv[1], RunKind.PLAN)
        with signals.held():
            ended = await execute(workspace, begin, quiet=True)
            print(ended.run.state, ended.run.note)
            signals.finish()

run_async(work)
"""


@pytest.mark.fault("E3")
@pytest.mark.parametrize("names", [("SIGINT",), ("SIGTERM",), ("SIGHUP", "SIGTERM", "SIGINT")], ids=" ".join)
def test_a_signal_while_a_run_begins_stops_it_with_its_number(names: tuple[str, ...], label: Label) -> None:
    simulated, operator, code = label.simulated, label.operator, label.code
    asked = len(simulated.requests())
    ended = subprocess.run(
        [sys.executable, "-c", IN_BEGIN, code, *names], env=operator.environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"stopped Stopped by {names[0]}.\n"
    assert len(simulated.requests()) == asked
    expect_nothing_left(operator, operator.database)


def program(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program with our signals that does what ``body`` says; it may signal itself."""
    script = f"import os, signal, sys\nfrom bema_tui import signals\nsignals.take_over(sys.argv)\n{body}"
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)


@pytest.mark.fault("E3")
def test_the_first_document_is_that_of_a_stop() -> None:
    ended = program("os.kill(0 or os.getpid(), signal.SIGTERM)", "--json")
    stopped = Stopped("The start of the program was interrupted by SIGTERM.", retryable=True)
    document = json.loads(ended.stdout)["error"]
    assert {**document, "advice": ""} == stopped.as_dict()
    assert document["advice"]
    assert ended.returncode == 5
    assert ended.stderr.count("\n") == 1
    assert program("os.kill(os.getpid(), signal.SIGHUP)").stdout == ""


@pytest.mark.fault("E3")
@pytest.mark.parametrize("start", [["-m", "bema_tui"], ["-c", "from bema_tui.cli import main; main()"]], ids=str)
def test_a_signal_before_there_are_signals_waits_for_them(start: list[str]) -> None:
    # It is sent while the module that takes the signals over is being loaded, which is the first of all.
    early = (
        "import sys, os, signal\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'bema_tui.signals':\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv = ['bema-tui', 'runs', '--json']\n"
    )
    go = "import runpy; runpy.run_module('bema_tui', run_name='__main__')" if start[0] == "-m" else start[1]
    ended = subprocess.run([sys.executable, "-c", early + go], capture_output=True, text=True)
    assert ended.returncode == 5
    assert json.loads(ended.stdout)["error"]["error"] == "Stopped"


@pytest.mark.fault("E3")
def test_what_is_held_comes_later_and_once() -> None:
    kill = "os.kill(os.getpid(), signal.SIGINT); os.kill(os.getpid(), signal.SIGTERM)"
    ended = program(f"with signals.held():\n    {kill}\n    print('held', flush=True)\nprint('never')")
    assert (ended.returncode, ended.stdout) == (5, "held\n")
    assert ended.stderr.count("SIGINT") == 1


@pytest.mark.fault("E3")
def test_after_its_end_is_decided_nothing_changes_it() -> None:
    kill = "os.kill(os.getpid(), signal.SIGTERM)"
    ended = program(f"signals.finish()\n{kill}\nprint('{{}}')\n{kill}\nsignals.leave(3)", "--json")
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "{}\n", "")


@pytest.mark.fault("E3")
def test_what_must_not_stay_is_undone() -> None:
    ended = program(
        "with signals.kept(lambda: 'one', lambda made: print(made, 'undone', flush=True)):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)"
    )
    assert (ended.returncode, ended.stdout) == (5, "one undone\n")
    ended = program("with signals.kept(lambda: 'one', lambda made: print(made, 'undone', flush=True)): pass")
    assert (ended.returncode, ended.stdout) == (0, "one undone\n")


@pytest.mark.fault("E3")
def test_a_hang_up_that_the_caller_ignores_stays_ignored() -> None:
    ended = subprocess.run(
        ["nohup", sys.executable, "-c", "import os, signal, sys\nfrom bema_tui import signals\n"
         "signals.take_over(sys.argv)\nos.kill(os.getpid(), signal.SIGHUP)\nprint('goes on')"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ended.stdout == "goes on\n"


@pytest.mark.fault("E3")
@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_streams_that_the_caller_closed(closed: tuple[int, ...], label: Label) -> None:
    operator = label.operator

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    said = operator.finish(operator.start("runs", "--json", preexec_fn=close))
    assert (said.status, said.err) == (0, "")
    assert said.out == "" if 1 in closed else said.document
    expect_nothing_left(operator, operator.database)
