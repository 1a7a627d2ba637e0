"""Who holds a database's write lock is told by the kernel, without opening a file of the database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bema_tui.store.file_locks import process, users_apart, writer_of
from tests.support.processes import in_database, suspend

pytestmark = pytest.mark.fault("E7")

READ = "PRAGMA journal_mode=WAL;BEGIN;SELECT count(*) FROM sqlite_master"
WRITE = "PRAGMA journal_mode=WAL;BEGIN IMMEDIATE"
WRITE_WITHOUT_LOG = "BEGIN IMMEDIATE"


@pytest.mark.parametrize("statements", [WRITE, WRITE_WITHOUT_LOG])
@pytest.mark.parametrize("linked", [False, True])
def test_the_writer_is_found(statements: str, linked: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert writer_of(path) is None
    with in_database(path, statements) as writer:
        (tmp_path / "link.db").symlink_to(path)
        found = writer_of(tmp_path / "link.db" if linked else path)
        assert found is not None
        assert (found.pid, found.user, found.suspended) == (writer.pid, writer.username(), False)
        suspend(writer.pid)
        found = writer_of(path)
        assert found is not None
        assert found.suspended
    assert writer_of(path) is None


def test_a_reader_is_no_writer(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with in_database(path, READ):
        assert writer_of(path) is None


def test_asking_takes_no_lock_of_this_process_away(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as mine:
        for statement in WRITE.split(";"):
            mine.execute(statement)
        found = writer_of(path)
        assert found is not None
        assert found.pid == os.getpid()
        assert users_apart(path) == set()
        assert writer_of(path) == found


def test_the_arguments_of_other_programs_are_not_shown(tmp_path: Path) -> None:
    with in_database(tmp_path / "x.db", READ, "--password", "hunter2") as other:
        found = process(other.pid)
        assert found is not None
        assert found.command == other.name()
    assert process(other.pid) is None
