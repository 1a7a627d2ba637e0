"""The files that SQLite keeps under a database's name: whose they are, and whether they are still those we opened."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from attrs import frozen

from bema_tui.errors import StoreError
from bema_tui.store.explain import is_busy
from bema_tui.store.file_locks import process, users_apart

VERSION_TABLE: Final = "alembic_version"

_OPEN_IT: Final = "open the database"
_LOOKS: Final = 3
_LOOK_AGAIN_SECONDS: Final = 0.02
_OPENING_SECONDS: Final = 3.0  # what another process may take between its locks on the two files


@frozen
class Contents:
    """What stands in a SQLite file."""

    names: frozenset[str]
    """Its tables and views."""
    revision: str | None
    """The revision of its schema; None where it has none."""
    marked: bool = False
    """Whether a program has marked it as its own."""

    @property
    def empty(self) -> bool:
        """Whether it is nobody's yet."""
        return not self.names - {VERSION_TABLE} and self.revision is None and not self.marked


def survey(path: Path, refuse: Callable[[Contents], None]) -> bool:
    """Look at what has the database's name, before anything is opened for writing, and touch nothing.

    ``refuse`` raises for contents that are not ours. Returns whether a file with contents is there.

    Raises:
        StoreError: it is no file, it is not ours, or what belongs to it is missing or in use elsewhere.
    """
    real = Path(os.path.realpath(path))
    log_filled = _size(_beside(real, "-wal")) > 0  # looked at first: another process may be making the database
    if _size(real) == 0:
        if log_filled:
            raise StoreError(
                f"The database file is {'empty' if real.exists() else 'gone'}, but its log ({real.name}-wal) is not.",
                where=str(path),
                tried=_OPEN_IT,
                advice="Put the file back; or, to begin anew, take away what stands beside it under its name.",
            )
        return False
    refuse(_look(real, log_filled=log_filled))
    if real.stat().st_nlink > 1:
        raise StoreError(
            "The database file has a second name (a hard link): under each name it would have a log of its own, and "
            "neither would see what the other writes.",
            where=str(path),
            tried=_OPEN_IT,
            advice=f"Remove the other name (find … -samefile {real} shows it); a symbolic link is all right.",
        )
    _refuse_use_apart(real)
    return True


def create(path: Path) -> None:
    """Make the folder and an empty file that only its owner can read, because it will hold people's e-mails."""
    real = Path(os.path.realpath(path))
    real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):  # another process was quicker
        os.close(os.open(real, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


class HeldFiles:
    """A database's files, held in place by one connection that stays open, and known again.

    While a connection of this process is open, SQLite removes none of them: whatever vanished or was replaced was so by
    somebody else. SQLite itself would go on in what was removed, where no other process sees its ledger and its locks.
    """

    def __init__(self, path: Path, patience: float) -> None:
        """Open them; ``patience`` is how many seconds another process may keep a new file busy."""
        self._path = path
        real = Path(os.path.realpath(path))
        before = _identity(path)
        self._thread_lock = threading.Lock()
        self._connection = sqlite3.connect(real, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            _keep_write_ahead_log(self._connection, patience)
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            files = {path: before} | {name: _identity(name) for name in (_beside(real, "-wal"), _beside(real, "-shm"))}
            self._files: Mapping[Path, tuple[int, int]] = {name: found for name, found in files.items() if found}
            self.check()
        except BaseException:
            self._connection.close()
            raise

    def check(self) -> None:
        """Raise if one of the files is not the one that was opened.

        Raises:
            StoreError: it was removed or replaced.
        """
        for name, opened in self._files.items():
            if _identity(name) != opened:
                raise self._lost(name)

    def _lost(self, name: Path) -> StoreError:
        if name == self._path:
            what, advice = "database file", "Put the file back, or a copy of it, and start again."
        else:
            what = "database's log file"
            advice = (
                "End every bema-tui that has this database open (what they wrote is kept when the last one ends), then "
                "start again and resume what `bema-tui runs` shows."
            )
        return StoreError(f"The {what} was removed or replaced while it was open.", where=str(name), advice=advice)

    def checkpoint(self) -> None:
        """Bring what is committed from the log into the database file, as far as nobody is in the way."""
        with self._thread_lock:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def close(self) -> None:
        """Let go; the last process that does so brings the log into the database file."""
        with self._thread_lock:
            self._connection.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    """A file's size, 0 for one that is not there.

    Raises:
        StoreError: something other than a file has the name.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, a device or a socket"
        raise StoreError(
            f"This is {kind}, not a database file.",
            where=str(path),
            tried=_OPEN_IT,
            advice="Name a file with BEMA_DATABASE_URL or database_url.",
        )
    return found.st_size


def _look(path: Path, *, log_filled: bool) -> Contents:
    """What stands in the file, read without a lock, a change, or a new file beside it.

    A database that was made a moment ago may have all its tables in its log. Then the log is read too; the files that
    this needs are there already. One whose log is just brought into it can look damaged for a moment.
    """
    for _ in range(_LOOKS):
        try:
            found = _read(path, "mode=ro&immutable=1")
        except sqlite3.DatabaseError:
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            if found.empty and log_filled:
                break
            return found
    return _read(path, "mode=ro" if log_filled else "mode=ro&immutable=1")


def _read(path: Path, how: str) -> Contents:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        names = frozenset(name for (name,) in rows if not name.startswith("sqlite_"))
        columns = {column[1] for column in connection.execute(f"PRAGMA table_info({VERSION_TABLE})")}
        revision = None
        if "version_num" in columns:
            revision = (connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() or (None,))[0]  # noqa: S608
        marks = (connection.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version"))
        return Contents(names, revision, marked=any(marks))


def _refuse_use_apart(path: Path) -> None:
    """Refuse a database that another process has open with other files than those that stand here: its locks and what
    it wrote last could not be seen.

    Raises:
        StoreError: who that is.
    """
    end = time.monotonic() + _OPENING_SECONDS
    while apart := users_apart(path):
        if time.monotonic() < end:
            time.sleep(_LOOK_AGAIN_SECONDS)
            continue
        known = [found for pid in sorted(apart) if (found := process(pid)) is not None]
        suspended = "".join(f" Wake it with `kill -CONT {one.pid}`." for one in known if one.suspended)
        raise StoreError(
            f"Files of this database were removed or replaced while {' and '.join(map(str, known)) or 'somebody'} had "
            "it open: two processes would not see each other's locks.",
            where=str(path),
            tried=_OPEN_IT,
            advice=f"Let it end (a run does so by itself, and what it wrote is kept), then start again.{suspended}",
        )


def _keep_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """Switch the file to write-ahead logging, unless it is; it keeps that.

    When two processes switch a new file at once, SQLite refuses one of them without its busy time-out, since each
    would wait for the other's read lock; so the waiting is done here.
    """
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return  # to ask again would be to ask for the write lock
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return
