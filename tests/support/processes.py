"""Processes from outside: to suspend them, and to have one that holds a database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.operator import Operator
from tests.support.simulated import Simulated
from tests.support.until import until

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    connection.execute(statement)
print("done", flush=True)
sys.stdin.readline()
"""


def suspend(pid: int) -> None:
    """Suspend a process, and wait until it sleeps."""
    process = psutil.Process(pid)
    process.suspend()
    until("it sleeps", lambda: process.status() == psutil.STATUS_STOPPED)


@contextmanager
def in_database(path: Path, statements: str, *more: str) -> Iterator[psutil.Process]:
    """A process that has a database open after these statements, and still is in their transaction."""
    command = [sys.executable, "-c", _HOLD, str(path), statements, *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"done\n"
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def held_at_a_write(simulated: Simulated, operator: Operator, code: str, at: int) -> subprocess.Popen[str]:
    """A sync in a process of its own whose n-th write has taken effect, and waits for its answer."""
    simulated.hold(at=at, when="after", only="writes")
    process = operator.start("sync", code, "--yes", "--max-moves", "1000", "--json")
    simulated.wait_held(process)
    return process


def kill_at_first_request(simulated: Simulated, operator: Operator, *words: str) -> None:
    """Start a command in a process of its own, and kill it while its first request to the shop is on its way."""
    simulated.hold(at=1, when="before", side="edd", only="all")
    process = operator.start(*words)
    simulated.wait_held(process)
    process.kill()
    process.communicate()
    simulated.release()
