"""Says what a write waits for while another process writes the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bema_tui.bounds import SHOWN_FROM
from bema_tui.store.file_locks import writer_of
from bema_tui.waits import TellWait, Wait, WaitReason


class BusyWaits:
    """The waits of one process for the write lock of a database; one is shown of those that go on at the same time."""

    def __init__(self, path: Path | None, now: Callable[[], datetime], tell: TellWait | None) -> None:
        self.tell = tell
        self._path = path
        self._now = now
        self._told = False

    @contextmanager
    def watched(self, patience: float, *, known: bool = False) -> Iterator[Callable[[], None]]:
        """While this lasts, or until what it hands out is called, the write lock is waited for.

        ``patience`` is how many seconds that takes at most. With ``known`` it is told only if somebody is known to hold
        the lock.
        """
        if self.tell is None or self._path is None or patience <= SHOWN_FROM:
            yield lambda: None
            return
        until = self._now() + timedelta(seconds=patience)
        timer = asyncio.get_running_loop().call_later(SHOWN_FROM, self._say, self._path, until, known)

        waits = True

        def over() -> None:
            nonlocal waits
            if waits:
                waits = False
                timer.cancel()
                self._told = False

        try:
            yield over
        finally:
            over()  # it failed, or nobody said that it was over

    def _say(self, path: Path, until: datetime, known: bool) -> None:
        writer = writer_of(path)
        if self.tell is None or self._told or (writer is None and known):
            return
        if writer is not None and writer.pid == os.getpid():
            return
        self._told = True
        detail = f"{writer or 'another process'} holds its write lock"
        if writer is not None and writer.suspended:
            detail += f"; `kill -CONT {writer.pid}` lets it go on"
        self.tell(Wait(WaitReason.DATABASE, detail=detail), until)
