"""What is wrong with a database is told from the error's number, whatever stands in its words or in the path."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from bema_tui.errors import DatabaseBusy, StoreError
from bema_tui.store.explain import plain_words

MISLEADING = ("readonly", "no space left", "disk is full", "database is locked", "malformed")


def explained(error: Exception, where: str) -> StoreError:
    with pytest.raises(StoreError) as caught, plain_words(where, "open the database"):
        raise error
    return caught.value


@pytest.mark.parametrize("name", MISLEADING)
@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOENT, "The database can't be opened."),
        (errno.ENOTDIR, "The database can't be opened."),
        (errno.ENOSPC, "The disk is full."),
        (errno.EDQUOT, "The disk is full."),
        (errno.EIO, "The disk does not answer."),
        (errno.EROFS, "The database can't be written."),
    ],
)
def test_a_path_decides_nothing(name: str, number: int, message: str, tmp_path: Path) -> None:
    where = str(tmp_path / name / "bema.sqlite3")
    said = explained(OSError(number, os.strerror(number), where), where)
    assert said.message == message
    assert not isinstance(said, DatabaseBusy)
    assert said.advice


def test_an_error_without_a_number_of_ours_is_said_in_its_own_words(tmp_path: Path) -> None:
    where = str(tmp_path / "readonly")
    assert explained(OSError(errno.ELOOP, "too many links", where), where).message.startswith("The database refused: ")
    own = sqlite3.ProgrammingError("no such file: it was called malformed")
    assert explained(own, where).message == f"The database refused: {own}."


def test_a_database_that_another_version_has_changed_is_said_to_be_so(tmp_path: Path) -> None:
    where = str(tmp_path / "bema.sqlite3")
    database = sqlite3.connect(where)
    words = "not as this version of the program knows it: no such table"
    with pytest.raises(StoreError, match=words) as raised, plain_words(where, "read the runs"):
        database.execute("SELECT people FROM runs")
    database.close()
    assert "start it again" in raised.value.advice


def test_a_database_that_is_locked_is_busy_in_whichever_words(tmp_path: Path) -> None:
    where = str(tmp_path / "bema.sqlite3")
    first, second = (sqlite3.connect(where, timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy), plain_words(where, "write the database"):
        second.execute("BEGIN IMMEDIATE")
    second.close()
    first.close()
    told_otherwise = sqlite3.OperationalError("somebody else writes")
    told_otherwise.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    assert isinstance(explained(told_otherwise, where), DatabaseBusy)
