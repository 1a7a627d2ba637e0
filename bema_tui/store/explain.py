"""Says in plain words what is wrong with a database, and what to do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bema_tui.errors import DatabaseBusy, StoreError
from bema_tui.store.file_locks import writer_of


@contextmanager
def plain_words(where: str, tried: str) -> Iterator[None]:
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
    ("not a database", "This file is no database of this program.", "Name another file with BEMA_DATABASE_URL."),
    ("malformed", "The database file is damaged.", "Put back the newest copy beside it (*.backup-*), or a backup."),
)


def _explain(text: str, where: str, tried: str) -> StoreError:
    lowered = text.lower()
    if "database is locked" in lowered:
        return _busy(where, tried)
    for mark, message, advice in _EXPLANATIONS:
        if mark in lowered:
            reason = _denied(Path(where)) if mark in _OF_RIGHTS else ""
            told = f"{message.rstrip('.')}: {reason}." if reason else message
            return StoreError(told, where=where, tried=tried, advice=advice)
    return StoreError(f"The database refused: {text}.", where=where, tried=tried)


_OF_RIGHTS = frozenset({"readonly", "read-only", "permission denied", "unable to open"})


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
