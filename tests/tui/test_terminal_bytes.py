"""The console on a real terminal: which bytes it writes, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.terminal import ROOT, Terminal
from tests.support.until import Patience
from tests.tui.terminals import MODULE, started

CODES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\]22;[a-z]+\x07)")  # what Textual itself writes


def test_nothing_is_written_when_nothing_changes() -> None:
    with started("calm") as terminal:
        terminal.quiet()
        assert terminal.read(1.5) == b""


def test_a_changed_cell_costs_that_cell() -> None:
    with started("counting") as terminal:
        terminal.press("\t\r")
        terminal.until(lambda: terminal.shows("of 12,041"))
        terminal.until(lambda: not terminal.shows("By cause, still planning"))
        terminal.read(0.5)
        seconds = 2.0
        got = terminal.read(seconds)
        pictures = seconds / 0.2
        assert got, "the count of the applied changes must move"
        assert len(got) / pictures < 200


def test_codes_in_foreign_text_never_reach_the_terminal() -> None:
    with started("hostile", size=(200, 60)) as terminal:
        terminal.until(lambda: terminal.shows("[/bold][red]Eve"))
        terminal.press("\t\x1b[B\r")
        terminal.until(lambda: terminal.shows("Plan 417"))
        terminal.until(lambda: terminal.shows("1 of 3"))
        terminal.quiet()
        assert b"owned\x07" not in terminal.raw
        assert b"\x1b]0;" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw
        assert "\x9b" not in terminal.raw.decode()
        assert "\u202e" not in terminal.raw.decode()
        left = CODES.sub(b"", terminal.raw)
        assert b"\x1b" not in left, left[left.index(b"\x1b") - 20 :][:60]
        assert terminal.shows("␛]0;owned␇")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_at_once_and_restore_the_terminal(number: signal.Signals) -> None:
    terminal = Terminal(MODULE, "counting", "shadow")
    with terminal:
        before = None
        terminal.until(lambda: terminal.shows("q quit"))
        raw = terminal.modes()
        terminal.process.send_signal(number)
        terminal.until(lambda: terminal.process.poll() is not None)
        terminal.read(0.2)
        assert terminal.process.returncode == 128 + number
        assert terminal.modes() != raw, before
        for mode in (b"?1049", b"?1000", b"?1003", b"?1006", b"?2004", b"?1004"):
            assert terminal.raw.rfind(b"\x1b[" + mode + b"l") > terminal.raw.rfind(b"\x1b[" + mode + b"h"), mode
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
        assert terminal.raw.rfind(b"\x1b[?7h") > terminal.raw.rfind(b"\x1b[?7l")


def test_a_dropped_line_ends_the_process() -> None:
    with started("counting") as terminal:
        terminal.hang_up()
        terminal.process.wait(timeout=30)


def test_shadowed_and_plain_screens_are_the_same_after_every_key() -> None:
    keys = ["\x1b[B\x1b[B", "s", "\r", "\x1b[6~", "\x1b[D", "?", "\x1b[D", "/ka\r", "\t\t\t", "r", "train", "\x1b"]
    with started("calm", "plain") as plain, started("calm", "shadow") as shadowed:
        for terminal in (plain, shadowed):
            terminal.quiet()
        for key in keys:
            for terminal in (plain, shadowed):
                terminal.press(key)
            for terminal in (plain, shadowed):
                terminal.quiet(0.3)  # both must have taken the key before the next one comes
            _become_equal(plain, shadowed, key)
        for terminal in (plain, shadowed):
            terminal.resize(120, 40)
            terminal.until(lambda: terminal.shows("MailerLite"))  # noqa: B023 - called within the loop
            terminal.quiet(0.1)
        _become_equal(plain, shadowed, "resize")
        assert len(shadowed.raw) < len(plain.raw) / 2


def _become_equal(plain: Terminal, shadowed: Terminal, key: str) -> None:
    patience = Patience(lambda: f"after {key!r} both show the same: {shadowed.screen.display} {plain.screen.display}")
    while shadowed.screen.display != plain.screen.display or _looks(shadowed) != _looks(plain):
        patience.check()
        plain.read(0.05)
        shadowed.read(0.05)


def _looks(terminal: Terminal) -> list[tuple[object, ...]]:
    buffer = terminal.screen.buffer
    return [
        (buffer[y][x].fg, buffer[y][x].bg, buffer[y][x].bold, buffer[y][x].reverse, buffer[y][x].underscore)
        for y in range(terminal.lines)
        for x in range(terminal.columns)
    ]


def test_ctrl_l_writes_the_whole_screen_again() -> None:
    with started("calm") as terminal:
        terminal.quiet()
        before = list(terminal.screen.display)
        terminal.screen.reset()
        terminal.press("\x0c")
        terminal.until(lambda: terminal.shows("q quit"))
        terminal.quiet()
        assert terminal.screen.display == before


def test_without_utf8_everything_is_ascii() -> None:
    terminal = Terminal(MODULE, "calm", "shadow", LC_ALL="C")
    with terminal:
        terminal.until(lambda: terminal.shows("q quit") and terminal.shows("2026_ZM_BTL"))
        terminal.press("s")
        terminal.press("?")
        terminal.until(lambda: terminal.shows("All keys"))
        assert terminal.raw.isascii()


def test_no_color_writes_no_colours() -> None:
    with Terminal(MODULE, "calm", "shadow", NO_COLOR="1") as terminal:
        terminal.until(lambda: terminal.shows("q quit") and terminal.shows("2026_ZM_BTL"))
        colours = re.findall(rb"\x1b\[[0-9;]*m", terminal.raw)
        used = {int(part) for code in colours for part in code[2:-1].split(b";") if part}
        assert used <= {0, 1, 2, 4, 7, 39, 49}, used
        assert 7 in used


@pytest.mark.parametrize(("term", "piped"), [("dumb", False), ("xterm", True)])
def test_where_no_screen_can_be_drawn_it_says_so_in_one_line(term: str, tmp_path: Path, *, piped: bool) -> None:
    if piped:
        done = subprocess.run(
            [sys.executable, "-m", "bema_tui"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        status, said = done.returncode, done.stderr
    else:
        with Terminal("bema_tui", TERM=term, HOME=str(tmp_path)) as terminal:
            terminal.until(lambda: terminal.process.poll() is not None)
            terminal.read(0.2)
            status, said = terminal.process.returncode, terminal.raw.decode().replace("\r", "")
    assert status == 2
    assert said.count("\n") == 1
    assert said.startswith("bema-tui: the console ")
    assert "--json" in said


@pytest.mark.fault("B8")
@pytest.mark.parametrize(
    ("surroundings", "utf8"),
    [
        ({"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"}, True),
        ({"LC_ALL": "", "LANG": "de_DE.utf8", "PYTHONIOENCODING": "ascii:strict"}, True),
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}, False),
        ({"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, False),
        ({"LC_ALL": "en_US.ISO-8859-1", "PYTHONIOENCODING": "utf-8"}, False),
    ],
    ids=str,
)
def test_the_locale_alone_says_what_is_drawn(surroundings: dict[str, str], utf8: bool) -> None:
    with started("calm", "plain", **surroundings) as terminal:
        terminal.until(lambda: terminal.shows("97/120"))
        terminal.press("\x10")  # the palette, of which not all is drawn by us
        terminal.until(lambda: terminal.shows("Search for commands"))
        assert b"\\u" not in terminal.raw
        assert terminal.raw.isascii() is not utf8
        assert terminal.shows("████─" if utf8 else "####-")
        assert terminal.shows("commands…" if utf8 else "commands~")


@pytest.mark.fault("B6")
def test_what_the_process_waits_for_is_said_on_the_screen() -> None:
    with Terminal(MODULE, "kept waiting", "shadow") as terminal:
        terminal.until(lambda: terminal.shows("waits for the database: cron (process 7, ana) holds its write lock"))


def stall(terminal: Terminal) -> None:
    """Let the console draw its screen until a terminal that nobody reads takes no more."""
    pending = [-1]
    while pending[-10:] != pending[-1:] * 10:
        assert len(pending) < 2000
        terminal.press("\x0c")
        time.sleep(0.02)
        pending.append(terminal.pending())


@pytest.mark.fault("B7", "E3")
@pytest.mark.parametrize("how", ["signal", "hang up"])
def test_a_terminal_that_takes_nothing_keeps_nobody_from_leaving(how: str) -> None:
    with started("calm", "plain") as terminal:
        stall(terminal)
        if how == "signal":
            terminal.process.send_signal(signal.SIGTERM)
        else:
            terminal.hang_up()
        assert terminal.process.wait(30) == 128 + (signal.SIGTERM if how == "signal" else signal.SIGHUP)


@pytest.mark.fault("B7")
@pytest.mark.parametrize("how", ["q", "signal"])
def test_whoever_leaves_gets_the_terminal_back_that_took_nothing_a_moment_ago(how: str) -> None:
    """What the console drew in the meantime was dropped; what restores the terminal must not be."""
    with started("calm", "plain", BEMA_IMPATIENT="1") as terminal:
        stall(terminal)
        while terminal.pending():
            terminal.read(0.0001)
        if how == "q":
            terminal.press("q")
        else:
            terminal.process.send_signal(signal.SIGTERM)
        terminal.until(lambda: terminal.process.poll() is not None)
        terminal.read(0.2)
        assert terminal.process.returncode == (0 if how == "q" else 128 + signal.SIGTERM)
        for mode in (b"?1049", b"?1000", b"?2004"):
            assert terminal.raw.rfind(b"\x1b[" + mode + b"l") > terminal.raw.rfind(b"\x1b[" + mode + b"h"), mode
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
