"""The files of an open database are watched: what vanished or was replaced is refused, what was written is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bema_tui.errors import StoreError
from bema_tui.store import files
from bema_tui.store.activity import Activity
from bema_tui.store.database import Database
from tests.support.activity import latest_activity
from tests.support.processes import suspend

pytestmark = pytest.mark.fault("E2")

HOLD = """
import asyncio, sys
from bema_tui.store.activity import Activity
from tests.support.activity import latest_activity
from bema_tui.store.database import Database
async def main():
    async with await Database.open(sys.argv[1]) as database:
        await Activity(database).add("maria", "sync", "written last")
        print("open", flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the database open, and ends at a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def both_removed(path: Path) -> None:
    beside(path, "-wal").unlink()
    beside(path, "-shm").unlink()


def log_removed(path: Path) -> None:
    beside(path, "-wal").unlink()


def log_replaced(path: Path) -> None:
    log = beside(path, "-wal")
    shutil.copyfile(log, f"{log}.copy")
    os.replace(f"{log}.copy", log)


def index_removed(path: Path) -> None:
    beside(path, "-shm").unlink()


def moved_over(path: Path) -> None:
    shutil.copyfile(path, f"{path}.copy")
    os.replace(f"{path}.copy", path)


def folder_renamed(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def folder_exchanged(path: Path) -> None:
    shutil.copytree(path.parent, path.parent.with_name("copy"))
    folder_renamed(path)
    path.parent.with_name("copy").rename(path.parent)


WAYS = (both_removed, log_removed, log_replaced, index_removed, moved_over, folder_renamed, folder_exchanged)


@pytest.fixture
def file(database_file: Path) -> Path:
    """A database in a folder of its own."""
    folder = database_file.parent / "data"
    folder.mkdir()
    return database_file.rename(folder / database_file.name)


@pytest.fixture
async def opened(file: Path) -> AsyncIterator[Database]:
    async with await Database.open(str(file)) as database:
        await Activity(database).add("maria", "sync", "before")
        yield database


@pytest.mark.parametrize("happens", WAYS, ids=lambda way: way.__name__)
async def test_whatever_vanished_or_was_replaced_is_refused(
    happens: Callable[[Path], None], opened: Database, file: Path
) -> None:
    happens(file)
    for _ in range(2):
        with pytest.raises(StoreError, match="removed or replaced") as caught:
            await latest_activity(opened, 1)
        assert caught.value.advice
        with pytest.raises(StoreError, match="removed or replaced"):
            await Activity(opened).add("maria", "sync", "lost")


@pytest.mark.parametrize("happens", WAYS, ids=lambda way: way.__name__)
async def test_what_happens_inside_a_transaction_takes_it_back(
    happens: Callable[[Path], None], opened: Database, file: Path
) -> None:
    async def change() -> None:
        async with opened.write() as connection:
            await connection.exec_driver_sql("UPDATE activity SET text = 'after'")
            happens(file)

    with pytest.raises(StoreError, match="removed or replaced"):
        await change()
    assert opened._files is not None
    assert opened._files._connection.execute("SELECT text FROM activity").fetchall() == [("before",)]


async def test_others_who_come_and_go_take_nothing_away(opened: Database, file: Path) -> None:
    for _ in range(2):
        with another_process(file) as other:
            other.communicate("\n", timeout=30)
    assert [line.text for line in await latest_activity(opened, 9)] == ["written last", "written last", "before"]


async def test_a_database_is_held_though_no_connection_of_the_pool_is_open(opened: Database, file: Path) -> None:
    await opened.engine.dispose()
    with another_process(file) as other:
        other.communicate("\n", timeout=30)
    assert len(await latest_activity(opened, 9)) == 2


async def test_what_was_written_before_the_log_vanished_is_kept(file: Path) -> None:
    async with await Database.open(str(file)) as database:
        await Activity(database).add("maria", "sync", "written last")
        both_removed(file)
    async with await Database.open(str(file)) as database:
        assert [line.text for line in await latest_activity(database, 9)] == ["written last"]


@pytest.mark.parametrize(
    "happens", [both_removed, log_removed, index_removed, moved_over], ids=lambda way: way.__name__
)
async def test_who_comes_while_another_works_on_removed_files_is_told_who_that_is(
    happens: Callable[[Path], None], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_process(file) as other:
        happens(file)
        before = sorted(path.name for path in file.parent.iterdir())
        monkeypatch.setattr(files, "_OPENING_SECONDS", 0.05)
        with pytest.raises(StoreError, match=f"process {other.pid}, .* had it open") as caught:
            await Database.open(str(file))
        assert "start again" in caught.value.advice
        assert sorted(path.name for path in file.parent.iterdir()) == before
        other.communicate("\n", timeout=30)
    if happens is not moved_over:
        async with await Database.open(str(file)) as database:
            assert [line.text for line in await latest_activity(database, 9)] == ["written last"]


async def test_one_that_is_suspended_there_is_named_with_how_to_wake_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_OPENING_SECONDS", 0.05)
    with another_process(file) as other:
        both_removed(file)
        suspend(other.pid)
        with pytest.raises(StoreError, match=f"process {other.pid}, .*, suspended") as caught:
            await Database.open(str(file))
        assert f"kill -CONT {other.pid}" in caught.value.advice


async def test_a_symbolic_link_is_the_same_database(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(file)
    async with await Database.open(str(link)) as database:
        with another_process(file) as other:
            other.communicate("\n", timeout=30)
        assert len(await latest_activity(database, 9)) == 1
        link.unlink()
        link.symlink_to(tmp_path / "another.sqlite3")
        shutil.copyfile(file, tmp_path / "another.sqlite3")
        with pytest.raises(StoreError, match="removed or replaced"):
            await latest_activity(database, 1)


async def test_a_link_to_no_file_yet_makes_the_file_private(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite3").symlink_to(tmp_path / "real.sqlite3")
    await (await Database.open(str(tmp_path / "link.sqlite3"))).close()
    assert (tmp_path / "real.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_a_hard_link_is_refused_under_both_names(file: Path, tmp_path: Path) -> None:
    """Each name would have a log of its own."""
    other = tmp_path / "other.sqlite3"
    other.hardlink_to(file)
    for name in (file, other):
        with pytest.raises(StoreError, match="second name") as caught:
            await Database.open(str(name))
        assert str(file.name) in caught.value.advice or str(other.name) in caught.value.advice
    other.unlink()
    await (await Database.open(str(file))).close()


@pytest.mark.parametrize("left", ["gone", "empty"])
async def test_a_log_without_its_database_is_not_begun_anew(left: str, file: Path) -> None:
    with another_process(file) as other:
        other.kill()
    log = beside(file, "-wal").read_bytes()
    assert log
    if left == "gone":
        os.unlink(file)
    else:
        os.truncate(file, 0)
    with pytest.raises(StoreError, match=f"database file is {left}") as caught:
        await Database.open(str(file))
    assert "Put the file back" in caught.value.advice
    assert beside(file, "-wal").read_bytes() == log


@pytest.mark.fault("B1")
@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
async def test_what_is_no_file_is_not_opened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    before = path.lstat()
    with pytest.raises(StoreError, match="not a database file"):
        await Database.open(str(path))
    assert path.lstat() == before
