"""The line to the terminal never waits for long, and never fails, whatever the terminal does."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator

import pytest

from bema_tui.tui.drawing.line import TerminalLine

LONG = b"x" * 4096
Ends = tuple[int, int, TerminalLine]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The terminal's two sides, and the line to it."""
    master, slave = pty.openpty()
    with TerminalLine(slave, patience=0.05) as line:
        yield master, slave, line
    for end in (master, slave):
        try:
            os.close(end)
        except OSError:  # the test did
            continue


def fill(line: TerminalLine) -> None:
    for _ in range(1000):
        line.write(LONG)
        if line.dropped:
            return
    pytest.fail("the terminal takes everything")


def empty(master: int, line: TerminalLine) -> None:
    """Read what the terminal was sent until it takes something again."""
    while not line.take_up():
        os.read(master, 65536)


@pytest.mark.fault("B7")
def test_what_a_terminal_does_not_take_is_dropped_until_it_takes_something_again(ends: Ends) -> None:
    master, _, line = ends
    assert line.write(b"hello") == 5
    assert os.read(master, 100) == b"hello"
    assert not line.take_up(), "nothing was dropped, so nothing has to be drawn anew"
    fill(line)
    assert line.write(b"lost") == 4
    assert not line.take_up()
    empty(master, line)
    line.write(b"here")
    left = b""
    while not left.endswith(b"here"):
        left += os.read(master, 65536)
    assert b"lost" not in left


@pytest.mark.fault("B7")
def test_the_terminal_is_restored_by_who_leaves_if_it_takes_that(ends: Ends) -> None:
    master, _, line = ends
    fill(line)
    line.leave()
    assert line.write(b"restored") == 8  # and waits for nobody
    while not line.take_up():
        assert b"restored" not in os.read(master, 65536)
    fill(line)
    while b"restored" not in os.read(master, 65536):
        line.write(b"restored")


@pytest.mark.fault("B7")
def test_a_terminal_that_is_gone_takes_everything(ends: Ends) -> None:
    master, _, line = ends
    os.close(master)
    assert line.write(b"hello") == 5
    assert line.dropped


def test_what_is_set_for_it_is_set_for_nobody_else(ends: Ends) -> None:
    _, slave, line = ends
    assert (line.fileno(), line.isatty()) == (slave, True)
    assert os.get_blocking(slave)
