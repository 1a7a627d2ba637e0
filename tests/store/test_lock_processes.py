"""Locks between real processes: one winner, and a killed holder is known to be dead at once."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from attrs import evolve

from bema_tui.clock import utc_now
from bema_tui.errors import LockHeld, StoreError
from bema_tui.model import Lock, LockState
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder, known_alive
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from tests.support.processes import suspend
from tests.support.until import until

ACQUIRE = """
import asyncio, sys, time
from bema_tui.errors import LockHeld, StoreError
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.lock_ages import LockAges
async def main():
    async with await Database.open(sys.argv[1]) as database:
        locks = DatabaseLocks(database, LockAges(), current_holder())
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            lock = await locks.acquire_lock("2024_ETB_NBL", "sync")
            print("won", lock.token, flush=True)
        except LockHeld as error:
            print("held by", error.holder, flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


@contextmanager
def contenders(path: Path, number: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that have opened the database and wait for a line to take the lock."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ACQUIRE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(number)
    ]
    try:
        for process in processes:
            assert line_of(process) == "ready"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=60)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def taken_by(process: subprocess.Popen[str]) -> int:
    """The token with which the process won the lock."""
    word, token = line_of(process).split()
    assert word == "won"
    return int(token)


@pytest.mark.slow
def test_of_processes_that_want_it_at_once_exactly_one_wins(tmp_path: Path) -> None:
    with contenders(tmp_path / "bema.sqlite3", 8) as processes:
        for process in processes:
            go(process)
        answers = [line_of(process) for process in processes]
        (winner,) = [process for process, answer in zip(processes, answers, strict=True) if answer.startswith("won")]
        losers = [answer for answer in answers if not answer.startswith("won")]
        assert len(losers) == 7
        assert all(answer.startswith("held by") and f"(process {winner.pid})" in answer for answer in losers)


async def test_a_killed_holder_is_dead_at_once_and_its_lock_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    with contenders(path, 1) as (process,):
        go(process)
        first = taken_by(process)
        async with await Database.open(str(path)) as db:
            locks = DatabaseLocks(db, LockAges(), current_holder())
            with pytest.raises(LockHeld, match=f"process {process.pid}"):
                await locks.acquire_lock("2024_ETB_NBL", "sync")
            process.kill()
            # Not collected by its parent yet: a zombie is as dead as one whose number is free.
            until("it is a zombie", lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
            (seen,) = await locks.get_active_locks()
            assert seen.state is LockState.DEAD
            process.wait(timeout=60)
            (seen,) = await locks.get_active_locks()
            assert seen.state is LockState.DEAD
            assert (await locks.acquire_lock("2024_ETB_NBL", "sync")).token > first


def set_back(file: Path, lost: str, older: Path) -> None:
    Path(f"{file}-wal").unlink()
    if lost != "the log":
        Path(f"{file}-shm").unlink()
    if lost == "all since an older copy":
        older.replace(file)


@pytest.mark.fault("E2")
@pytest.mark.parametrize("lost", ["the log", "the log's index too", "all since an older copy"])
async def test_a_token_never_comes_again(lost: str, database_file: Path) -> None:
    """Whoever still holds the first one, in whatever copy of the database, must not pass for the second holder."""
    older = Path(shutil.copy(database_file, f"{database_file}.older"))
    with contenders(database_file, 1) as (process,):
        go(process)
        first = taken_by(process)
    set_back(database_file, lost, older)
    async with await Database.open(str(database_file)) as db:
        locks = DatabaseLocks(db, LockAges(), current_holder())
        held = await locks.get_active_locks()
        assert [lock.token for lock in held] == ([] if lost == "all since an older copy" else [first])
        assert (await locks.acquire_lock("2024_ETB_NBL", "sync")).token > first


def test_this_process_is_the_same_each_time_and_not_dead() -> None:
    me = current_holder()
    assert me == current_holder()
    assert known_alive(me, me)
    assert str(me).endswith(f"(process {me.pid})")


@pytest.mark.fault("E12")
def test_a_child_is_known_as_alive_also_suspended_then_as_gone() -> None:
    me = current_holder()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = int(Path(f"/proc/{child.pid}/stat").read_bytes().split()[21]) / os.sysconf("SC_CLK_TCK")
    holder = evolve(me, pid=child.pid, process_started=started)
    elsewhere = evolve(holder, pid_namespace="pid:[1]")
    try:
        assert known_alive(holder, me) is True
        suspend(child.pid)
        assert known_alive(holder, me) is True
        # The number is in use, but by a process that began at another time than the holder did.
        assert known_alive(evolve(holder, process_started=started - 1000), me) is False
        # A holder that could not tell when it began.
        assert known_alive(evolve(holder, process_started=0.0), me) is None
        assert known_alive(elsewhere, me) is None
    finally:
        child.kill()
        child.communicate(timeout=60)
    assert known_alive(holder, me) is False
    assert known_alive(elsewhere, me) is None


def test_nothing_is_proved_about_another_host() -> None:
    me = current_holder()
    gone = evolve(me, pid=2**22 + 1)
    assert known_alive(gone, me) is False
    assert known_alive(evolve(me, boot_id="an earlier boot", pid_namespace="pid:[1]"), me) is False
    assert known_alive(evolve(me, host="tour-laptop"), me) is None
    assert known_alive(evolve(gone, host="tour-laptop", boot_id="an earlier boot"), me) is None


@pytest.mark.fault("E12")
@pytest.mark.parametrize("boot_id", ["time:1700000200", "time:1700007200", "f00"])
def test_a_boot_known_only_by_its_time_proves_nothing(boot_id: str) -> None:
    """It moves with the clock; and another process may have been able to read the id itself."""
    me = evolve(current_holder(), boot_id="time:1700000000")
    assert known_alive(evolve(me, boot_id=boot_id), me) is True
    assert known_alive(evolve(me, boot_id=boot_id, pid=2**22 + 1), me) is False
    assert known_alive(evolve(me, boot_id=boot_id, pid_namespace="pid:[1]"), me) is None


@pytest.mark.fault("E12")
async def test_a_suspended_holder_keeps_its_lock_however_old_and_how_to_wake_it_is_said(database_file: Path) -> None:
    with contenders(database_file, 1) as (process,):
        go(process)
        taken_by(process)
        suspend(process.pid)
        async with await Database.open(str(database_file), clock=lambda: utc_now() + timedelta(hours=2)) as db:
            locks = DatabaseLocks(db, LockAges(), current_holder())
            assert await locks.sweep() == ()
            (seen,) = await locks.get_active_locks()
            assert (seen.state, seen.suspended) == (LockState.QUIET, True)
            with pytest.raises(LockHeld, match=r"72\d\d s ago, suspended") as caught:
                await locks.acquire_lock("2024_ETB_NBL", "sync")
            assert f"kill -CONT {process.pid}" in caught.value.advice


@pytest.mark.fault("E12")
async def test_the_lock_of_a_living_process_is_quiet_at_most_however_old(tmp_path: Path) -> None:
    async with await Database.open(str(tmp_path / "bema.sqlite3")) as db:
        locks = DatabaseLocks(db, LockAges(live=0.0, lease=0.0, stale=0.0), current_holder())
        lock = await locks.acquire_lock("2024_ETB_NBL", "sync")
        (seen,) = await locks.get_active_locks()
        assert (seen.id, seen.state) == (lock.id, LockState.QUIET)
        assert seen.last_beat <= utc_now()


@pytest.mark.fault("E12")
async def test_a_lock_that_could_not_be_given_back_is_so_when_it_can_be(database_file: Path) -> None:
    """Its process lives on, so that nobody else would ever take it for left behind."""
    async with await Database.open(str(database_file)) as db:
        locks = DatabaseLocks(db, LockAges(), current_holder())
        lock = await locks.acquire_lock("2024_ETB_NBL", "sync")
        os.rename(database_file, f"{database_file}.away")
        with pytest.raises(StoreError):
            await locks.release(lock.key, lock.token)
        with pytest.raises(StoreError):
            await locks.sweep()
        os.rename(f"{database_file}.away", database_file)
        assert await locks.sweep() == ()
        assert await locks.get_active_locks() == ()


async def test_who_is_cancelled_while_taking_a_lock_holds_none(database_file: Path) -> None:
    async with await Database.open(str(database_file), patience=0.2) as db:
        locks = DatabaseLocks(db, LockAges(), current_holder())
        for turns in range(60):  # at each of its steps
            taking = asyncio.create_task(locks.acquire_lock("2024_ETB_NBL", "sync"))
            for _ in range(turns):
                await asyncio.sleep(0)
            taking.cancel()
            (outcome,) = await asyncio.gather(taking, return_exceptions=True)
            held = await locks.get_active_locks()
            assert bool(held) is isinstance(outcome, Lock), (turns, outcome)
            for lock in held:
                await locks.release(lock.key, lock.token)
