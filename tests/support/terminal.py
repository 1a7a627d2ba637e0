"""A terminal for tests: a pseudo terminal with a process in it, and a screen that obeys its bytes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pyte

from tests.support.until import Patience

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """Runs ``python -m module arguments`` on a pseudo terminal; use as a context manager."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        size: tuple[int, int] = (80, 24),
        surroundings: Mapping[str, str] = os.environ,
        **environment: str,
    ) -> None:
        self.columns, self.lines = size
        self.screen = pyte.Screen(self.columns, self.lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.lines, self.columns, 0, 0))
        kept = {name: value for name, value in surroundings.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLORTERM": "", **environment},
            start_new_session=True,
            preexec_fn=self.prepare,
        )
        os.close(slave)

    def prepare(self) -> None:
        """What the new process does before it becomes the program."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process if it still runs, and drop the line."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """The line drops."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def read(self, seconds: float) -> bytes:
        """What the process writes within this time."""
        end = time.monotonic() + seconds
        got = b""
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self._master, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
            self.raw += data
            self._stream.feed(data)
        return got

    def pending(self) -> int:
        """How many bytes the process has written that nobody has read."""
        return int(struct.unpack("i", fcntl.ioctl(self._master, termios.FIONREAD, bytes(4)))[0])

    def until(self, true: Callable[[], bool]) -> None:
        """Read until the condition holds; fail with the screen when it does not in time."""
        patience = Patience(lambda: "this screen is another one\n" + "\n".join(self.screen.display))
        while not true():
            patience.check()
            self.read(0.05)

    @property
    def shown(self) -> str:
        """All that the process has written so far."""
        return self.raw.decode(errors="replace")

    def wait_for(self, words: str) -> None:
        """Read until the process has written these words."""
        patience = Patience(lambda: f"{words!r} in {self.shown!r}")
        while words not in self.shown:
            patience.check()
            assert self.read(0.05) or self.process.poll() is None, self.shown

    def end(self) -> int:
        """Read to the end of the process; its exit status."""
        patience = Patience(lambda: f"it ends: {self.shown!r}")
        while self.read(0.05) or self.process.poll() is None:
            patience.check()
        return self.process.wait()

    def shows(self, text: str) -> bool:
        """Whether the screen has this text."""
        return any(text in row for row in self.screen.display)

    def quiet(self, seconds: float = 0.4) -> None:
        """Read until nothing comes for this long."""
        patience = Patience("the console falls silent")
        while self.read(seconds):
            patience.check()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """The window changes its size."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def modes(self) -> list[int]:
        """The terminal's local flags (echo, canonical, …)."""
        return list(termios.tcgetattr(self._master)[3:4])
