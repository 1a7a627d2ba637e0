"""The line to the terminal: what is drawn goes out on it as long as it is taken, and nothing ever waits for it long.

The toolkit draws from the loop that runs belong to. If it waited for a terminal that takes nothing (a stalled
connection, ctrl+s), runs would give no sign of life; if writing failed (the terminal is gone), it would never end.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import Any, Final

from textual.driver import Driver

from bema_tui.tui.drawing.ascii import ascii_of

PATIENCE_SECONDS = 2.0
"""How long a terminal may take nothing before what is drawn is dropped."""
_CELLS: Final = "bema-cells"  # the name of a way to encode


class TerminalLine(io.RawIOBase):
    """Writes to a terminal; what it did not take within ``patience`` seconds is dropped, and all after it, too, until
    ``take_up``."""

    def __init__(self, descriptor: int, patience: float | None = None) -> None:
        self._terminal = descriptor
        self._patience = PATIENCE_SECONDS if patience is None else patience
        try:
            # Opened anew, for what is set on an open file is set for everybody who shares it: the shell, for one.
            self._own = os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:  # a terminal without a name here, in some containers
            self._own = os.dup(descriptor)
        self.dropped = False
        self._leaving = False

    def write(self, data: Any) -> int:
        size = len(data)
        if self.dropped and not (self._leaving and self._takes(0)):
            return size
        try:
            while True:
                try:
                    return os.write(self._own, data)
                except BlockingIOError:
                    if not self._takes(self._patience):
                        break
        except OSError:  # it is gone; whoever watches the line finds that out
            pass
        self.dropped = True
        return size

    def take_up(self) -> bool:
        """Whether what is written goes out again after something was dropped; then all must be drawn anew."""
        if not self.dropped or not self._takes(0):
            return False
        self.dropped = False
        return True

    def leave(self) -> None:
        """What is written from now on restores the terminal: it is tried even if something was dropped before."""
        self._leaving = True

    def stay(self) -> None:
        """What is written from now on is drawn again: what is drawn after something was dropped is dropped too."""
        self._leaving = False

    def _takes(self, seconds: float) -> bool:
        return bool(select.select([], [self._own], [], seconds)[1])

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return os.isatty(self._terminal)

    def fileno(self) -> int:
        return self._terminal

    def close(self) -> None:
        if not self.closed:
            os.close(self._own)
        super().close()


@contextlib.contextmanager
def drawn_on_line(*, ascii_only: bool) -> Iterator[TerminalLine]:
    """While this lasts, the toolkit draws on such a line: in UTF-8, or in ASCII cell by cell (it has signs of its own).

    What Python's own streams are set to does not matter.
    """
    codecs.register_error(_CELLS, _cells)
    line = TerminalLine(sys.stderr.fileno())
    encoding = "ascii" if ascii_only else "utf-8"
    before = sys.__stderr__
    with io.TextIOWrapper(io.BufferedWriter(line), encoding, _CELLS) as stream:
        sys.__stderr__ = stream  # type: ignore[misc]
        try:
            yield line
        finally:
            sys.__stderr__ = before  # type: ignore[misc]


def restored_on_line(usual: type[Driver], line: TerminalLine) -> type[Driver]:
    """The toolkit's driver, one that says on ``line`` when it restores the terminal.

    Every way out of the app passes there: a key, a signal, an error, and being suspended for a while.
    """

    class RestoringDriver(usual):  # type: ignore[misc, valid-type]
        def start_application_mode(self) -> None:
            line.stay()
            super().start_application_mode()

        def stop_application_mode(self) -> None:
            line.leave()
            super().stop_application_mode()

    return RestoringDriver


def _cells(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_of, error.object[error.start : error.end])), error.end
