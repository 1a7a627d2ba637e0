"""The door to the database: one engine, short transactions, and every database error in plain words."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bema_tui.errors import ConfigurationError, StoreError

Clock = Callable[[], datetime]

_BUSY_MILLISECONDS = 15_000
_SWITCH_AGAIN_SECONDS = 0.02


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def normalise_url(text: str) -> URL:
    """The address of a database as SQLAlchemy wants it; a bare path means SQLite.

    Raises:
        ConfigurationError: it is no database address, or of a kind that is not supported.
    """
    try:
        url = make_url(text) if "://" in text else URL.create("sqlite", database=os.path.expanduser(text))
    except ArgumentError as error:
        raise ConfigurationError(
            "The database address can't be read.",
            where="BEMA_DATABASE_URL or database_url",
            advice="Give a file path, or sqlite:////absolute/path/bema.sqlite3.",
        ) from error
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"Databases of the kind {url.get_backend_name()!r} are not supported.",
            where="BEMA_DATABASE_URL or database_url",
            advice="Use a SQLite file: sqlite:////absolute/path/bema.sqlite3.",
        )
    return url.set(drivername="sqlite+aiosqlite")


class Database:
    """An open database, its schema checked and brought up to date.

    ``read`` and ``write`` hand out a connection inside one short transaction; ``write`` takes SQLite's write lock at
    its start, so that what it reads first is still true when it writes.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, path: Path | None = None) -> None:
        self.engine = engine
        self.now = clock
        self._path = path
        self._file = _identity(path) if path is not None else None

    @classmethod
    async def open(cls, address: str, *, clock: Clock = utc_now) -> Self:
        """Open, and create or migrate where needed.

        Raises:
            ConfigurationError: the address is wrong.
            NewerDatabase: a newer version of this program made it.
            StoreError: it can't be opened, read or written.
        """
        url = normalise_url(address)
        path = None if url.database in (None, "", ":memory:") else Path(str(url.database))
        with plain_words(str(path or "memory"), "open the database"):
            if path is not None:
                await asyncio.to_thread(_prepare_file, path)
            try:
                engine = create_async_engine(url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
            except NoSuchModuleError as error:
                raise ConfigurationError(f"The database driver of {url.drivername} is not installed.") from error
            _install_sqlite_habits(engine)
            from bema_tui.store.migrate import bring_up_to_date

            try:
                await bring_up_to_date(engine, path)
            except BaseException:
                await engine.dispose()
                raise
            return cls(engine, clock, path)

    @property
    def where(self) -> str:
        """The database's place, for messages."""
        return str(self.engine.url.database)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One short transaction that sees a single moment."""
        with plain_words(self.where, "read the database"):
            self._still_there()
            async with self.engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One short transaction with the right to write from its start; committed at the end, else rolled back."""
        with plain_words(self.where, "write the database"):
            self._still_there()
            async with self.engine.connect() as connection:
                writer = await connection.execution_options(bema_write=True)
                async with writer.begin():
                    yield writer

    def _still_there(self) -> None:
        """SQLite goes on in a file that was taken away, where no other process sees its ledger and its locks."""
        if self._path is not None and _identity(self._path) != self._file:
            raise StoreError(
                "The database file was removed or replaced while it was open.",
                where=self.where,
                advice="Put the file back, or a copy of it, and start again.",
            )

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


@contextmanager
def plain_words(where: str, tried: str) -> Any:
    """Turn database and file errors into ``StoreError`` with what to do; everything else passes."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(str(error.orig), where, tried) from error
    except (sqlite3.Error, OSError) as error:
        raise _explain(str(error), where, tried) from error
    except SQLAlchemyError as error:
        raise StoreError("The database did not accept a statement.", where=where, tried=tried) from error


_EXPLANATIONS = (
    ("disk is full", "The disk is full.", "Free some space, then resume the run: nothing that was written is lost."),
    ("no space left", "The disk is full.", "Free some space, then resume the run: nothing that was written is lost."),
    ("disk i/o error", "The disk does not answer.", "Check the disk and its free space."),
    ("readonly", "The database can't be written.", "Check the owner and the rights of the file and its folder."),
    (
        "permission denied",
        "The database can't be opened.",
        "Check the owner and the rights of the file and its folder.",
    ),
    ("no such file", "The database can't be opened.", "Check the path, and the rights of the file and its folder."),
    ("not a directory", "The database can't be opened.", "Check the path: a part of it is a file, not a folder."),
    ("file exists", "The database can't be opened.", "Check the path: a part of it is a file, not a folder."),
    ("read-only", "The database can't be written.", "Check the owner and the rights of the file and its folder."),
    ("unable to open", "The database can't be opened.", "Check the path, and the rights of the file and its folder."),
    ("database is locked", "Another process has kept the database busy for too long.", "Try again in a moment."),
    ("not a database", "This file is no database of this program.", "Name another file with BEMA_DATABASE_URL."),
    ("malformed", "The database file is damaged.", "Put back the newest copy beside it (*.backup-*), or a backup."),
)


def _explain(text: str, where: str, tried: str) -> StoreError:
    lowered = text.lower()
    for mark, message, advice in _EXPLANATIONS:
        if mark in lowered:
            return StoreError(message, where=where, tried=tried, advice=advice, retryable="locked" in mark)
    return StoreError(f"The database refused: {text}.", where=where, tried=tried)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _prepare_file(path: Path) -> None:
    """Make the folder and a file of mode 0600, for it will hold people's addresses, and see that SQLite can use it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    elif path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077 and path.stat().st_uid == os.geteuid():
        path.chmod(0o600)
    # What can't be used is found here: a failure in the driver's own thread could outlive the event loop.
    with closing(sqlite3.connect(path, timeout=_BUSY_MILLISECONDS / 1000)) as connection:
        _keep_write_ahead_log(connection)


def _keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, which it keeps: later connections need not ask for it.

    When two processes switch a new file at once, SQLite refuses one of them without its busy time-out, since each
    would wait for the other's read lock; so the waiting is done here.
    """
    deadline = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_AGAIN_SECONDS)
        else:
            return


def _install_sqlite_habits(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver's own transaction control is switched off: ours says BEGIN, plain or IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("bema_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
