"""Says in plain words what is wrong with a database, and what to do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import evolve, frozen
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bema_tui.errors import DatabaseBusy, StoreError
from bema_tui.store.file_locks import writer_of


@contextmanager
def plain_words(where: str, tried: str) -> Iterator[None]:
    """Turn database and file errors into ``StoreError`` with what to do; everything else passes."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(error.orig or error, where, tried) from error
    except (sqlite3.Error, OSError) as error:
        raise _explain(error, where, tried) from error
    except SQLAlchemyError as error:
        raise StoreError("The database did not accept a statement.", where=where, tried=tried) from error


def is_busy(error: BaseException) -> bool:
    """Whether SQLite gave up because another connection holds the lock that it needs."""
    return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@frozen
class _Explanation:
    """What an error means to whoever reads it."""

    message: str
    """What is wrong."""
    advice: str
    """What can be done."""
    of_rights: bool = False
    """Whether the system may have denied something, and its own reason is to be found."""


_RIGHTS: Final = "Check the owner and the rights of the file and its folder."
_FULL: Final = _Explanation(
    "The disk is full.", "Free some space, then resume the run: nothing that was written is lost."
)
_SILENT: Final = _Explanation("The disk does not answer.", "Check the disk and its free space.")
_UNWRITABLE: Final = _Explanation("The database can't be written.", _RIGHTS, of_rights=True)
_DENIED: Final = _Explanation("The database can't be opened.", _RIGHTS, of_rights=True)
_NOT_THERE: Final = _Explanation(
    "The database can't be opened.", "Check the path, and the rights of the file and its folder."
)
_NO_FOLDER: Final = _Explanation(
    "The database can't be opened.", "Check the path: a part of it is a file, not a folder."
)

_OF_SQLITE: Final[Mapping[int, _Explanation]] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _SILENT,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_CANTOPEN: evolve(_NOT_THERE, of_rights=True),
    sqlite3.SQLITE_NOTADB: _Explanation(
        "This file is no database of this program.", "Name another file with BEMA_DATABASE_URL."
    ),
    sqlite3.SQLITE_CORRUPT: _Explanation(
        "The database file is damaged.", "Put back the newest copy beside it (*.backup-*), or a backup."
    ),
}
"""By SQLite's primary result code."""

_OF_SYSTEM: Final[Mapping[int, _Explanation]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: _SILENT,
    errno.EROFS: _UNWRITABLE,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOENT: _NOT_THERE,
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
}
"""By the system's error number."""


def _explain(error: BaseException, where: str, tried: str) -> StoreError:
    if is_busy(error):
        return _busy(where, tried)
    if _sqlite_code(error) == sqlite3.SQLITE_ERROR:  # every statement is right for the schema of this version
        return StoreError(
            f"The database is not as this version of the program knows it: {error}.",
            where=where,
            tried=tried,
            advice="End this program and start it again: a newer version may have changed the database meanwhile.",
        )
    found = _OF_SYSTEM.get(error.errno or 0) if isinstance(error, OSError) else _OF_SQLITE.get(_sqlite_code(error))
    if found is None:
        return StoreError(f"The database refused: {error}.", where=where, tried=tried)
    reason = _denied(Path(where)) if found.of_rights else ""
    message = f"{found.message.rstrip('.')}: {reason}." if reason else found.message
    return StoreError(message, where=where, tried=tried, advice=found.advice)


def _sqlite_code(error: BaseException) -> int:
    """SQLite's primary result code, without what it adds in the higher bits; 0 where the error is not its own."""
    code: int = getattr(error, "sqlite_errorcode", 0)  # the module's own errors have none
    return code & 0xFF


def _denied(database: Path) -> str:
    """The system's own reason for keeping us from a database, and from which of its files; empty if it does not.

    SQLite does not hand that on. Nothing is opened for it: to close a file of the database would drop our locks on it.
    """
    for path, rights in _needed(Path(os.path.realpath(database))):
        if path.exists() and not _allowed(path, rights):
            read_only = os.statvfs(path).f_flag & os.ST_RDONLY and _allowed(path, os.R_OK)
            reason = os.strerror(errno.EROFS if read_only else errno.EACCES)
            return reason if path == database else f"{reason} ({path})"
    return ""


def _needed(real: Path) -> Iterator[tuple[Path, int]]:
    """What has to be allowed for a database, in the order in which the system asks for it."""
    folders = list(reversed(real.parents))
    for folder in folders:
        if not folder.exists():
            yield folder.parent, os.W_OK  # where it would have to be made
            return
        if folder.is_dir():
            yield folder, os.X_OK
    for ending in ("", "-wal", "-shm"):
        yield Path(f"{real}{ending}"), os.R_OK | os.W_OK
    yield real.parent, os.W_OK


def _allowed(path: Path, rights: int) -> bool:
    return os.access(path, rights, effective_ids=os.access in os.supports_effective_ids)


def _busy(where: str, tried: str) -> DatabaseBusy:
    """Somebody else writes for longer than we wait: who, and how they can be made to let go."""
    writer = writer_of(Path(where))
    message = "Another process has kept the database busy for too long"
    if writer is None:
        advice = "Try again in a moment. Which process it is can't be told from here."
        return DatabaseBusy(f"{message}.", where=where, tried=tried, advice=advice)
    if writer.suspended:
        advice = f"Let it go on (`kill -CONT {writer.pid}`, or `fg` where it was started), or end it; then try again."
    else:
        advice = "Wait until it is done, or end it; then try again."
    return DatabaseBusy(
        f"{message}: {writer}.",
        holder=str(writer),
        suspended=writer.suspended,
        where=where,
        tried=tried,
        advice=advice,
    )
