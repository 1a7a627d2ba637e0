"""Brings a database to the schema of this version, once, however many processes start at the same moment."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bema_tui.clock import utc_now
from bema_tui.errors import NewerDatabase, StoreError
from bema_tui.store.files import VERSION_TABLE, Contents

_OURS = frozenset({"campaigns", "runs", "ledger", "locks"})
"""Tables that this program's databases have had from the first version on: others use Alembic too."""


@frozen
class History:
    """A chain of migrations."""

    folder: Path
    """Where the scripts stand."""
    revisions: tuple[str, ...]
    """Their names, oldest first; kept here so that a start with nothing to do need not load Alembic."""

    @property
    def head(self) -> str:
        """The revision this version of the program works with."""
        return self.revisions[-1]


SHIPPED = History(
    folder=Path(__file__).parent / "migrations",
    revisions=tuple(f"{number:04}" for number in range(1, 19)),
)


async def bring_up_to_date(engine: AsyncEngine, path: Path | None, history: History = SHIPPED) -> None:
    """Create or migrate the tables, where needed; a database with content is copied first.

    The copy stands beside the file as ``<file>.backup-<its revision>-<UTC time>``, with its mode and group. ``path`` is
    None for a database in memory, which is not copied. Everything happens under the database's write lock, in one
    transaction: a second process waits, then finds nothing to do.

    Raises:
        NewerDatabase: its revision is none that this version knows.
        StoreError: it belongs to another program, or the copy could not be made.
    """
    async with engine.connect() as connection, connection.begin():
        if (await connection.run_sync(_look)).revision == history.head:
            return
    async with engine.connect() as connection:
        writer = await connection.execution_options(bema_write=True)
        async with writer.begin():
            found = await writer.run_sync(_look)
            if found.revision == history.head:
                return
            refuse_others(found, history, str(path or "memory"))
            if not found.empty and path is not None:
                await asyncio.to_thread(_copy, path, found.revision or "empty")
            await writer.run_sync(_migrate, found.revision, history)


def refuse_others(found: Contents, history: History, where: str) -> None:
    """Raise unless the contents are ours, of this version or an older one, or nobody's.

    Raises:
        NewerDatabase: a newer version of this program made them.
        StoreError: another program did.
    """
    if found.empty:
        return
    if found.revision is None or not found.names >= _OURS:
        raise StoreError(
            "This database belongs to another program: what is in it is not ours.",
            where=where,
            tried="open the database",
            advice="Name another file with BEMA_DATABASE_URL.",
        )
    if found.revision not in history.revisions:
        raise NewerDatabase(
            f"This database was made by a newer version of this program (its revision is {found.revision}, "
            f"this version knows up to {history.head}).",
            where=where,
            tried="open the database",
            advice="Update the program, or name another file with BEMA_DATABASE_URL.",
        )


def _look(connection: Connection) -> Contents:
    names = frozenset(inspect(connection).get_table_names())
    revision = None
    if VERSION_TABLE in names:
        revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return Contents(names, revision)


def _copy(path: Path, revision: str) -> Path:
    """Copy the database as last committed, also while others read it; a copy that fails leaves nothing behind.

    It gets its name when it is whole: a process that ends in the midst of it leaves nothing that looks like a backup,
    and what it leaves is replaced by the next one (there is one at a time: the database's write lock is held).
    """
    moment = utc_now().strftime("%Y%m%dT%H%M%S.%fZ")
    target = path.with_name(f"{path.name}.backup-{revision}-{moment}")
    unfinished = path.with_name(f"{path.name}.unfinished-copy")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        as_is = path.stat()
        with suppress(PermissionError):  # of a group that we are not in: then it stays ours alone
            os.chown(unfinished, -1, as_is.st_gid)
            unfinished.chmod(stat.S_IMODE(as_is.st_mode))
        unfinished.rename(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"The database must be brought up to date, but no copy could be made first: {error}.",
            where=str(target),
            tried="copy the database before a migration",
            advice="Free some space, or check the rights of the folder, then start again: nothing was changed.",
        ) from error
    return target


def _migrate(connection: Connection, revision: str | None, history: History) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(history.folder)
    context = MigrationContext.configure(connection)
    # Each step is given its operations instead of Alembic's global proxy: two databases may open at once.
    operations = Operations(context)
    for step in reversed(list(scripts.iterate_revisions(history.head, revision or "base"))):
        step.module.upgrade(operations)
        context.stamp(scripts, step.revision)
