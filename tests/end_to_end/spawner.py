"""Runs the engine in processes that are real and quick to start: everything is imported once, then forked each time.

``python -m tests.end_to_end.spawner`` reads one order a line (JSON) and prints the process that carries it out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import select as select_rows

from bema_tui.errors import LockHeld, UsageError
from bema_tui.model import RunKind, RunOptions, RunState
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.simulator import Endpoints
from bema_tui.store.schema import runs
from bema_tui.sync.claimed_run import ClaimedRun
from bema_tui.sync.interrupt import RunInterrupt
from tests.end_to_end.engine import Engine, engine_on
from tests.support.simulated import Simulated

QUICK = HttpPolicy(timeout=20, tries=3, base=0.02, cap=0.1, quota_wait=0.05, breaker_seconds=0.1)
"""Waits that cost a test no time."""
GOING = RunOptions(yes=True, create_missing=True, max_moves=1_000_000)


@attrs.frozen
class Process:
    """A process at work on a campaign; what it ended with is in ``result`` unless it was killed."""

    pid: int
    handle: int
    result: Path

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether it ends within so many seconds."""
        return bool(select.select([self.handle], [], [], max(0.0, seconds))[0])

    def kill(self) -> bool:
        """Kill it; true if it was alive, and is dead now without having ended by itself."""
        if not self.ended():
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        assert self.ended(20), "a killed process goes on"
        return not self.result.exists()

    def state(self) -> str:
        """What it said at its end: a run's state, or the name of an error."""
        return self.result.read_text(encoding="utf-8")


class Spawner:
    """Starts processes from one that has everything imported."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.end_to_end.spawner"]
        self._mother = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._started = 0
        self._open: list[Process] = []

    def start(self, simulated: Simulated, folder: Path, code: str, *, anew: bool = False) -> Process:
        """A process that takes the campaign's last run up where it stands, or begins ``anew``, and carries it out."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._started += 1
        result = folder / f"end-{self._started}"
        order = {
            "at": attrs.asdict(simulated.endpoints),
            "folder": str(folder),
            "code": code,
            "anew": anew,
            "result": str(result),
        }
        self._mother.stdin.write(json.dumps(order) + "\n")
        self._mother.stdin.flush()
        pid = int(self._mother.stdout.readline())
        self._open.append(Process(pid, os.pidfd_open(pid), result))
        self._mother.stdin.write("go\n")  # the process waits until its handle is there, so that no pid is taken for it
        self._mother.stdin.flush()
        return self._open[-1]

    def forget(self) -> None:
        """Kill what is still running, and close the handles."""
        for process in self._open:
            process.kill()
            os.close(process.handle)
        self._open.clear()

    def close(self) -> None:
        self.forget()
        self._mother.communicate(timeout=60)


@contextlib.contextmanager
def spawner() -> Iterator[Spawner]:
    made = Spawner()
    try:
        yield made
    finally:
        made.close()


async def work(order: dict[str, Any]) -> str:
    """Carry out one order."""
    simulated = Simulated(Endpoints(**order["at"]))
    async with engine_on(simulated, Path(order["folder"]), QUICK) as engine:
        try:
            return str(await engine.runner.execute(await _claimed(engine, order), RunInterrupt()))
        except LockHeld:
            return "locked"


async def _claimed(engine: Engine, order: dict[str, Any]) -> ClaimedRun:
    async with engine.db.read() as connection:
        last = (await connection.execute(select_rows(runs).order_by(runs.c.id.desc()).limit(1))).one_or_none()
    if last is not None and not order["anew"] and last.state != RunState.DONE:
        with contextlib.suppress(UsageError):
            return await engine.runner.claim_resume(last.id)
    return await engine.runner.claim(order["code"], kind=RunKind.SYNC, options=GOING)


def _child(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the mother's own is for the pids
    try:
        said = asyncio.run(work(order))
    except BaseException as error:  # whatever it was, the test must see it
        said = f"{type(error).__name__}: {error}"
    unfinished = Path(f"{order['result']}.unfinished")
    unfinished.write_text(said, encoding="utf-8")
    unfinished.rename(order["result"])


def main() -> None:
    """Fork a process for each order; the dead are reaped at once, so that nobody takes them for living ones."""
    import alembic.migration
    import alembic.operations
    import alembic.script  # noqa: F401  what a migration needs is there before

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)
            os.close(read)
            _child(json.loads(line))
            os._exit(0)
        os.close(read)
        print(pid, flush=True)
        sys.stdin.readline()
        os.write(write, b"g")
        os.close(write)


if __name__ == "__main__":
    main()
