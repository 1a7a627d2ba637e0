"""The demo as a newcomer meets it: on a real terminal, with a real simulator, from the first screen to the last key."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bema_tui.cli.demo import first_line
from bema_tui.errors import BemaError
from tests.support.terminal import Terminal
from tests.support.until import until

CODE = "2026_ETB_NBL"


SMALL = ("demo", "--subscribers", "200", "--orders", "120")


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process with this folder for its temporary files, wherever its parent has gone."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def surroundings(folder: Path) -> dict[str, str]:
    return {"TMPDIR": str(folder), **{f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "DATA", "STATE")}}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal("bema_tui", *SMALL, size=(120, 60), surroundings=os.environ | surroundings(tmp_path)) as terminal:
        terminal.until(lambda: terminal.shows("all keys"))
        yield terminal
    for process in processes_of(tmp_path):
        process.kill()


def go_to(demo: Terminal, code: str) -> None:
    """Put the cursor on a campaign."""
    demo.press("\x1b[H")
    demo.quiet(0.3)
    for _ in range(8):
        if any("▌" in row and code in row for row in demo.screen.display):
            return
        demo.press("\x1b[B")
        demo.quiet(0.3)
    raise AssertionError("\n".join(demo.screen.display))


def test_a_newcomer_plans_applies_releases_and_leaves_nothing_behind(demo: Terminal, tmp_path: Path) -> None:
    assert demo.shows("[SIMULATOR]")
    demo.until(lambda: demo.shows("dead"))  # the lock that a process left behind
    simulators = [
        child
        for child in psutil.Process(demo.process.pid).children(recursive=True)
        if "simulate" in " ".join(child.cmdline())
    ]
    assert len(simulators) == 1
    go_to(demo, CODE)
    demo.press("s")
    demo.until(lambda: demo.shows("nothing is written yet") and demo.shows("A apply"))
    assert demo.shows("nobody is left without a tier")
    demo.press("A")
    demo.until(lambda: demo.shows("✓ done"))
    demo.press("\x1b[D")
    demo.until(lambda: demo.shows("✓ up to date"))
    lost = next(row for row in demo.screen.display if "lost" in row and "20" in row)
    go_to(demo, next(word for word in lost.split() if word.startswith("20")))
    demo.press("r")
    demo.until(lambda: demo.shows("proved on this machine"))
    demo.press("its process is gone")
    demo.press("\t")
    demo.quiet(0.3)
    demo.press("\t")
    demo.quiet(0.3)
    demo.press("\r")
    demo.until(lambda: demo.shows("Locks 0"))
    demo.press("q")
    demo.until(lambda: demo.process.poll() is not None)
    assert demo.process.returncode == 0
    assert not any(process.is_running() for process in simulators)
    assert not list(tmp_path.glob("bema-demo-*"))
    assert not processes_of(tmp_path)


FIRST_WORDS = {
    "says nothing": ("import sys; sys.stdin.read()", 0.05, "did not start within 0 seconds"),
    "breaks off": ("import sys; sys.stdout.write('{'); sys.stdout.flush(); sys.stdin.read()", 0.5, "within 0 seconds"),
    "ends": ("", 60.0, "did not start. "),
}


@pytest.mark.parametrize("how", FIRST_WORDS)
def test_a_simulator_that_never_says_where_it_is_is_not_waited_for_without_an_end(how: str) -> None:
    code, seconds, words = FIRST_WORDS[how]
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            with pytest.raises(BemaError, match=words) as caught:
                first_line(process, seconds)
        finally:
            process.kill()
    assert "bema-tui simulate" in caught.value.advice


def test_the_simulators_first_line_is_taken_however_it_comes() -> None:
    code = "import sys; [print(part, end='', flush=True) for part in ('{', '}', chr(10))]; sys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert first_line(process, 60.0) == b"{}\n"
        finally:
            process.kill()


MOMENTS = ("Starting the simulator", "Looking for campaigns", "all keys")
"""What the terminal shows when the demo is met: its first words, while it searches, and the console."""


@pytest.mark.fault("B7")
@pytest.mark.parametrize(
    ("moment", "how"),
    [
        (MOMENTS[0], signal.SIGTERM),
        (MOMENTS[1], signal.SIGINT),
        (MOMENTS[1], signal.SIGHUP),
        (MOMENTS[2], signal.SIGTERM),
        (MOMENTS[2], "hang up"),
        (MOMENTS[1], signal.SIGKILL),
    ],
)
def test_a_demo_that_is_ended_from_outside_leaves_nothing_behind(
    moment: str, how: signal.Signals | str, tmp_path: Path
) -> None:
    with Terminal("bema_tui", *SMALL, size=(120, 60), surroundings=os.environ | surroundings(tmp_path)) as terminal:
        terminal.until(lambda: terminal.shows(moment))
        if isinstance(how, signal.Signals):
            terminal.process.send_signal(how)
            terminal.until(lambda: terminal.process.poll() is not None)
        else:
            terminal.hang_up()
        status = terminal.process.wait(60)
    until("every process to end", lambda: not processes_of(tmp_path))
    if how is signal.SIGKILL:  # nothing can be tidied up then; but the simulator does not go on alone
        return
    number = how if isinstance(how, signal.Signals) else signal.SIGHUP
    assert status == (128 + number if moment == MOMENTS[2] else 5)
    assert "Traceback" not in terminal.raw.decode()
    assert list(tmp_path.glob("bema-demo-*")) == []
