"""Lets ``ctrl+z`` suspend a command only where it keeps nobody else from the database.

A process that sleeps in the midst of a write transaction would hold SQLite's write lock until somebody wakes it.
(``kill -STOP`` can't be put off; a process that waits for such a process says its number.)
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def suspended_between_writes(when_nothing_is_written: Callable[[Callable[[], None]], None]) -> Iterator[None]:
    """While this lasts, a request to be suspended (SIGTSTP) waits for the end of a write transaction.

    ``when_nothing_is_written`` calls what it is given at such a moment.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread
        return
    loop = asyncio.get_running_loop()

    def asked(*_: object) -> None:
        loop.call_soon_threadsafe(when_nothing_is_written, sleep)

    def sleep() -> None:
        # As the system would do it: a shell must see it, and where no shell can wake us it does nothing.
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)

    def woken(*_: object) -> None:
        signal.signal(signal.SIGTSTP, asked)

    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    if before[signal.SIGTSTP] is signal.SIG_IGN:
        yield  # whoever started us does not want it
        return
    signal.signal(signal.SIGTSTP, asked)
    signal.signal(signal.SIGCONT, woken)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
