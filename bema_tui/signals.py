"""The signals that end the program, in one place from its first line on.

A signal goes to whoever acts on it now: a run or the console, where there is one (``handed_to``); nobody, while it is
``held``; else it ends the program at once, with one line on stderr, the one document that ``--json`` promises, and
status 5. That is safe at any moment: the database is whole whenever a process ends, and what else must not be left
behind is undone first (``kept``). Once a command's end is decided (``finish``), one signal changes nothing any more.

Only small parts of the standard library are imported here, so that nothing goes before.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from typing import NoReturn, TypeVar

    T = TypeVar("T")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 5
"""The exit status of what was interrupted."""
_INSISTS_SECONDS = 2.0
"""A signal that comes so long after one that was held is from somebody who will not wait."""
_ADVICE = "Give the command again; what it had already done is not done twice."


class HeldSignals:
    """Signals that were held: the first one's name, and when it came."""

    def __init__(self) -> None:
        self.first = ""
        self._at = 0.0

    def __call__(self, name: str) -> None:
        if not self.first:
            self.first, self._at = name, time.monotonic()
        elif time.monotonic() - self._at > _INSISTS_SECONDS:
            _end(name)


class _Program:
    """What is known of this process: there is one, and its signals are its own."""

    taken_over = False
    as_json = False
    what = "The start of the program"
    ending = 0.0
    """When it began to end, by the clock of the machine; 0 while it does not."""
    told = False
    """Whether its end is decided, so that nothing may be said of a signal."""

    def __init__(self) -> None:
        self.actors: list[Callable[[str], object]] = [_end]
        self.undo: list[Callable[[], object]] = []


def take_over(arguments: list[str]) -> None:
    """Take the signals over from the interpreter, for a program that was called with these arguments.

    If it was started with SIGHUP ignored (``nohup``), it is meant to outlive its terminal: SIGHUP stays ignored.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # it was closed by the caller: a file that is opened next must not be taken for it
            os.open(os.devnull, os.O_RDWR)
    _now.taken_over, _now.as_json = True, "--json" in arguments
    for number in ENDING:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrived)


def doing(what: str) -> None:
    """Remember what the program does now, as the subject of "was interrupted"; in ASCII, and nothing foreign."""
    _now.what = what


@contextlib.contextmanager
def handed_to(act: Callable[[str], object]) -> Iterator[None]:
    """While this lasts, ``act`` is called with each signal's name, in the main thread, between any two of its steps.

    What was held when it begins is handed over too.
    """
    holder = _now.actors[-1]
    _now.actors.append(act)
    try:
        if isinstance(holder, HeldSignals) and holder.first:
            act(holder.first)
        yield
    finally:
        _now.actors.remove(act)


@contextlib.contextmanager
def held() -> Iterator[HeldSignals]:
    """While this lasts, signals are held; the first goes to the next one who acts when it is over."""
    holder = HeldSignals()
    _now.actors.append(holder)
    try:
        yield holder
    finally:
        _now.actors.remove(holder)
        if holder.first:
            _now.actors[-1](holder.first)


@contextlib.contextmanager
def kept(make: Callable[[], T], undo: Callable[[T], object]) -> Iterator[T]:
    """Make something that must not be left behind, and undo it at the end, also at the end of the program."""
    with held():
        made = make()

        def undo_it() -> None:
            undo(made)

        _now.undo.append(undo_it)
    try:
        yield made
    finally:
        with held():
            undo_it()
            _now.undo.remove(undo_it)


def finish() -> None:
    """The command's end is decided, and about to be told: from here on a signal changes nothing.

    A second one, from somebody who will not wait, ends the process with what was told by then.
    """
    if _now.taken_over and not _now.told:
        _now.told = True
        _now.actors.append(HeldSignals())


@contextlib.contextmanager
def waking(loop: AbstractEventLoop) -> Iterator[None]:
    """While this lasts, a signal wakes the loop: one that comes just before the loop sleeps would wait with it."""
    if not _now.taken_over:
        yield
        return
    with _wakeup_pipe() as reader:
        loop.add_reader(reader, _drain, reader)
        try:
            yield
        finally:
            loop.remove_reader(reader)


def wait_readable(descriptor: int) -> str:
    """Wait until there is something to read (or its end is there), or a signal came; returns the signal's name.

    Empty means: read. The signal is not handed to anybody else.
    """
    import select

    holder = _now.actors[-1]
    if isinstance(holder, HeldSignals) and holder.first:
        return holder.first
    mine = HeldSignals()
    _now.actors.append(mine)
    try:
        with _wakeup_pipe() as reader:
            if not mine.first:
                select.select([descriptor, reader], [], [])
    finally:
        _now.actors.remove(mine)
    return mine.first


@contextlib.contextmanager
def _wakeup_pipe() -> Iterator[int]:
    """A pipe into which the system writes a byte for each signal, the moment it comes."""
    reader, writer = os.pipe()
    try:
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(before)
    finally:
        os.close(reader)
        os.close(writer)


def _drain(reader: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(reader, 4096)


def _arrived(number: int, _frame: FrameType | None) -> None:
    _now.actors[-1](signal.Signals(number).name)


def _end(name: str) -> None:
    """Undo what must not be left behind, say what was interrupted if nothing was said yet, and leave."""
    if _now.ending:
        if time.monotonic() - _now.ending > _INSISTS_SECONDS:  # somebody keeps us from saying it
            os._exit(STOPPED)
        return
    _now.ending = time.monotonic()
    for undo in reversed(_now.undo):
        with contextlib.suppress(OSError):
            undo()
    if not _now.told:
        message = f"{_now.what} was interrupted by {name}."
        _write(2, f"bema-tui: {message} What to do: {_ADVICE}\n")
        if _now.as_json:
            _write(1, _DOCUMENT % (message, _ADVICE))
    os._exit(STOPPED)


# As ``errors.Stopped`` would print. Written out, since a signal may come in the midst of importing what prints it.
_DOCUMENT = """\
{
  "error": {
    "error": "Stopped",
    "message": "%s",
    "tried": "",
    "where": "",
    "retryable": true,
    "advice": "%s"
  }
}
"""


def _write(descriptor: int, text: str) -> None:
    """Write to a stream of the process past what is buffered, where it can be written at all."""
    rest = text.encode("ascii", "replace")
    with contextlib.suppress(OSError):
        os.set_blocking(descriptor, True)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def leave(status: int) -> NoReturn:
    """End the process now. What the interpreter tidies up at its end takes long, and a signal could change the end."""
    finish()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the line may be down, or closed
            stream.flush()
    os._exit(status)


_now = _Program()
