"""ctrl+z in the midst of a write transaction: the command sleeps when it is over, and keeps nobody waiting."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.support.until import until

WRITE_TWICE = """
import asyncio, sys
from bema_tui import signals
from bema_tui.cli.suspending import suspended_between_writes
from bema_tui.store.database import Database
async def line():
    await asyncio.to_thread(sys.stdin.readline)
async def main():
    async with await Database.open(sys.argv[1]) as database:
        with signals.waking(asyncio.get_running_loop()), suspended_between_writes(database.when_nothing_is_written):
            for _ in range(2):
                async with database.write() as connection:
                    await connection.exec_driver_sql("UPDATE activity SET text = text")
                    print("inside", flush=True)
                    await line()
                print("outside", flush=True)
                await line()
signals.take_over([])
asyncio.run(main())
"""


@pytest.mark.fault("E7")
def test_a_command_is_suspended_only_where_it_holds_no_write_lock(database_file: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", WRITE_TWICE, str(database_file)]
    # In a group of its own: the system does not suspend a group that no shell looks after.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, process_group=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        seen = psutil.Process(process.pid)
        try:
            for _ in range(2):
                assert process.stdout.readline() == "inside\n"
                process.send_signal(signal.SIGTSTP)
                process.stdin.write("\n")
                process.stdin.flush()
                until("it sleeps", lambda: seen.status() == psutil.STATUS_STOPPED)
                with closing(sqlite3.connect(database_file, timeout=0)) as other, other:
                    other.execute("UPDATE activity SET text = text")
                process.send_signal(signal.SIGCONT)
                assert process.stdout.readline() == "outside\n"
                process.send_signal(signal.SIGTSTP)  # nothing is written now: at once
                until("it sleeps", lambda: seen.status() == psutil.STATUS_STOPPED)
                process.send_signal(signal.SIGCONT)
                process.stdin.write("\n")
                process.stdin.flush()
            assert process.wait(30) == 0
        finally:
            process.kill()
