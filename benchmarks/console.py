"""What the console costs on the line: first paint, bytes a second at rest and while a run works, time to answer a key.

The real program on a pseudo terminal, on a simulator and a database of its own. Bytes are exact, times depend on the
machine. Run: ``python -m benchmarks.console``
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable

import psutil
import pyte

from benchmarks.sync_cost import first_campaign, simulator, surroundings

SIZES = ((80, 24), (120, 40))
_REST_SECONDS = 20.0
_LIVE_SECONDS = 15.0


class Line:
    """The console, or another module with its arguments, at the other end of a terminal line."""

    def __init__(
        self, columns: int, rows: int, environment: dict[str, str], module: str = "bema_tui", *arguments: str
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.received = 0
        self.started = time.monotonic()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(slave)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self._screen.display)

    def until(self, met: Callable[[], bool], patience: float = 20.0) -> float:
        """Read until the condition holds; answers the seconds since the start of the wait."""
        began = time.monotonic()
        while not met():
            if time.monotonic() - began > patience:
                raise SystemExit(f"the console did not get there:\n{self.text}")
            self._read(0.005)
        return time.monotonic() - began

    def listen(self, seconds: float) -> float:
        """Bytes a second over a time."""
        before, end = self.received, time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(min(0.2, max(0.0, end - time.monotonic())))
        return (self.received - before) / seconds

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._master, keys.encode())

    def press(self, key: str) -> float:
        """Milliseconds from a key to the first byte of its answer."""
        self.listen(0.3)
        before, began = self.received, time.monotonic()
        self.type(key)
        while self.received == before and time.monotonic() - began < 5:
            self._read(0.005)
        return (time.monotonic() - began) * 1000

    def close(self) -> None:
        """End the console."""
        self.process.terminate()
        self.process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> None:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            data = os.read(self._master, 1 << 16)
            self.received += len(data)
            self._stream.feed(data)


def measure(columns: int, rows: int) -> dict[str, object]:
    """One size of terminal."""
    with tempfile.TemporaryDirectory() as folder, simulator(20_000, 10_000) as where:
        environment = surroundings(folder, where)
        code = first_campaign(environment)
        line = Line(columns, rows, environment)
        try:
            first_paint = line.until(lambda: code in line.text)
            paint = line.received
            line.listen(12)
            rest = line.listen(_REST_SECONDS)
            keys = [line.press(key) for key in ("\t", "\t", "\t", "\t", "\t")]
            memory = psutil.Process(line.process.pid).memory_info().rss
            worker = subprocess.Popen(
                [sys.executable, "-m", "bema_tui", "sync", code, "--yes", "--json"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            live = line.listen(_LIVE_SECONDS)
            worker.wait()
        finally:
            line.close()
    return {
        "size": f"{columns}x{rows}",
        "first_paint_s": round(first_paint, 2),
        "first_paint_bytes": paint,
        "rest_bytes_a_second": round(rest),
        "live_bytes_a_second": round(live),
        "key_ms_median": round(sorted(keys)[len(keys) // 2]),
        "memory_mb": memory >> 20,
    }


def main() -> None:
    """Print a line for each size."""
    for columns, rows in SIZES:
        print(json.dumps(measure(columns, rows)), flush=True)


if __name__ == "__main__":
    main()
