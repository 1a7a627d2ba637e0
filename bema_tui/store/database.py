"""The door to the database: one engine, short transactions, and every database error in plain words."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bema_tui.clock import Clock, utc_now
from bema_tui.errors import ConfigurationError
from bema_tui.store.busy import BusyWaits
from bema_tui.store.explain import plain_words
from bema_tui.store.files import HeldFiles, create, survey
from bema_tui.store.migrate import SHIPPED, bring_up_to_date, refuse_others
from bema_tui.waits import TellWait

PATIENCE = 15.0
"""How many seconds another process may keep the database busy."""
AT_ONCE: Final = 0.1
"""The same for what can be left out: short, but longer than another's usual write."""


def normalise_url(text: str) -> URL:
    """The URL of a database as SQLAlchemy wants it; a bare path means SQLite.

    Raises:
        ConfigurationError: it is no database URL, or of a kind that is not supported.
    """
    try:
        url = make_url(text) if "://" in text else URL.create("sqlite", database=text)
    except ArgumentError as error:
        raise ConfigurationError(
            "The database's URL can't be read.",
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
    its start, so that what it reads first is still true when it writes. Readers never wait for a writer.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        files: HeldFiles | None = None,
        *,
        patience: float = PATIENCE,
        waits: BusyWaits | None = None,
    ) -> None:
        self.engine = engine
        self.now = clock
        self._files = files
        self._patience = patience
        self._waits = waits or BusyWaits(None, clock, None)
        self._writing = 0
        self._after_writing: list[Callable[[], object]] = []

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock = utc_now,
        patience: float | None = None,
        tell_wait: TellWait | None = None,
    ) -> Self:
        """Open, and create or migrate where needed; a file that is not ours is not touched.

        ``patience`` is how many seconds a write waits for another process's. To open a database that is up to date
        needs no right to write, and waits for nobody. ``tell_wait`` is told what this or a later write waits for, once
        that lasts long enough to be shown.

        Raises:
            ConfigurationError: the URL is wrong.
            NewerDatabase: a newer version of this program made it.
            StoreError: it can't be opened, read or written, or belongs to another program.
        """
        patience = PATIENCE if patience is None else patience
        normalised = normalise_url(url)
        name = normalised.database
        path = None if name in (None, "", ":memory:") else Path(str(name))
        with plain_words(str(path or "memory"), "open the database"):
            try:
                engine = create_async_engine(normalised, connect_args={"timeout": patience, "factory": _Connection})
            except NoSuchModuleError as error:
                raise ConfigurationError(f"The database driver of {normalised.drivername} is not installed.") from error
            _install_sqlite_habits(engine, patience)
            waits = BusyWaits(path, clock, tell_wait)
            with waits.watched(patience, known=True):
                # What can't be used is found here: a failure in the driver's own thread could outlive the event loop.
                files = None if path is None else await asyncio.to_thread(_take_hold, path, patience)
                opened = cls(engine, clock, files, patience=patience, waits=waits)
                try:
                    await bring_up_to_date(engine, path)
                except BaseException:
                    await opened.close()
                    raise
            return opened

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
                self._still_there()

    @asynccontextmanager
    async def write(self, *, patience: float | None = None) -> AsyncIterator[AsyncConnection]:
        """One short transaction with the right to write from its start; committed at the end, else rolled back.

        Nothing but the database may be awaited inside: everybody else who writes waits for its end. ``patience`` is how
        many seconds to wait for another's, if not as long as usual.

        Raises:
            DatabaseBusy: another process writes for longer than that.
        """
        with plain_words(self.where, "write the database"), self._counted():
            self._still_there()
            async with self.engine.connect() as connection:
                writer = await connection.execution_options(bema_write=True, bema_patience=patience)
                with self._waits.watched(self._patience if patience is None else patience) as over:
                    async with writer.begin():
                        over()
                        yield writer
                        self._still_there()

    def tell_waits_to(self, tell: TellWait | None) -> None:
        """Tell from now on somebody else what a write waits for, or nobody."""
        self._waits.tell = tell

    async def checkpoint(self) -> None:
        """Bring what is committed into the database file itself, so that the loss of its log can't take it back.

        It is done as far as nobody is in the way: what is committed stands in the log in any case.
        """
        if self._files is not None:
            with suppress(sqlite3.Error):  # a full disk, for one: whoever writes next says so
                await asyncio.to_thread(self._files.checkpoint)

    def when_nothing_is_written(self, act: Callable[[], object]) -> None:
        """Call ``act`` as soon as no transaction of ours keeps others from writing: now, or when the last one ends.

        To be called in the event loop's thread. A process that is to be suspended waits for this moment.
        """
        self._after_writing.append(act)
        self._act_now()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1
            self._act_now()

    def _act_now(self) -> None:
        while self._after_writing and not self._writing:
            self._after_writing.pop(0)()

    def _still_there(self) -> None:
        if self._files is not None:
            self._files.check()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._files is not None:
            await asyncio.to_thread(self._files.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Connection(sqlite3.Connection):
    """One that gives its locks back when it is closed.

    Where a task is cancelled, its connection is closed in the midst of its work. SQLite keeps such a connection, and
    with it the write lock, for as long as Python keeps a cursor whose rows were not all fetched.
    """

    def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it is closed already: the driver may do that twice
            if self.in_transaction:
                self.rollback()
        super().close()


def _take_hold(path: Path, patience: float) -> HeldFiles:
    """Open a database's files, once it is known that they are ours or nobody's; without any, the first is made."""
    if not survey(path, lambda found: refuse_others(found, SHIPPED, str(path))):
        create(path)
    return HeldFiles(path, patience)


def _stop_once(driver: Any) -> None:
    """Have the driver end its thread once.

    Where a task is cancelled twice, its connection is closed and, in the midst of that, stopped. The close then asks a
    thread again that is gone, and would wait for it for ever, and the end of the process with it.
    """
    driver.stop = functools.cache(driver.stop)


def _install_sqlite_habits(engine: AsyncEngine, patience: float) -> None:
    @event.listens_for(engine.sync_engine, "do_connect")
    def do_connect(dialect: Any, _record: object, arguments: Any, settings: Any) -> Any:
        connection = dialect.connect(*arguments, **settings)
        _stop_once(connection.driver_connection)
        return connection

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver's own transaction control is switched off: ours says BEGIN, plain or IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={patience * 1000:.0f}",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if not options.get("bema_write"):
            connection.exec_driver_sql("BEGIN")
            return
        own = options.get("bema_patience")
        if own is not None:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={own * 1000:.0f}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            if own is not None:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={patience * 1000:.0f}")
