"""The doctor's looks at the files: who may read them, whether the disk has room, and whether the database is whole."""

from __future__ import annotations

import grp
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bema_tui.errors import BemaError, ConfigurationError, DatabaseBusy
from bema_tui.operations.doctor.lines import Line, Verdict, failed
from bema_tui.settings import Settings
from bema_tui.store.database import Database, normalise_url
from bema_tui.store.migrate import SHIPPED

_FREE_WARNING: Final = 1 << 30  # bytes
_FREE_ERROR: Final = 100 << 20
_PATIENCE: Final = 1.0  # seconds that somebody who writes may take
_NO_CHANGE: Final = "UPDATE settings SET value = value WHERE 0"
_OTHERS, _GROUP_AND_OTHERS, _MAY_WRITE = 0o007, 0o077, 0o022


def look_at_files(settings: Settings, *, with_database: bool) -> list[Line]:
    """The rights on the files that hold keys, e-mails of subscribers, or what was done.

    Whether the database is shared with a group is its team's choice; the files with keys, and the log, are private.
    What has the database's name and is not ours is left out: nobody should be told to change its rights.
    """
    shared = _database_file(settings) if with_database else None
    settings_file, log = (Path(name).absolute() if name else None for name in (settings.source, settings.log_file))
    lines = [*_folders(shared, settings_file, log)]
    if settings_file is not None:
        lines += _rights(settings_file, _GROUP_AND_OTHERS)
    if shared is not None:
        lines += [*_rights(shared, _OTHERS), *_sharing(shared)]
    if log is not None:
        lines += _rights(log, _GROUP_AND_OTHERS)
    return lines


def _database_file(settings: Settings) -> Path | None:
    """The database's file; None when it is in memory, or its URL can't be read (which opening it tells)."""
    try:
        database = normalise_url(settings.database_url).database
    except ConfigurationError:
        return None
    return Path(database).absolute() if database and database != ":memory:" else None


def _folders(shared: Path | None, *private: Path | None) -> Iterator[Line]:
    """Folders where others may put a file in the place of ours: they may write there, and are not held to their own."""
    team = shared.parent if shared is not None and shared.exists() and _mode(shared) & stat.S_IWGRP else None
    for folder in sorted({path.parent for path in (shared, *private) if path is not None}):
        if not folder.exists() or (mode := _mode(folder)) & stat.S_ISVTX:
            continue
        writers = mode & (stat.S_IWOTH if folder == team else _MAY_WRITE)
        if writers:
            whose = "go" if writers & stat.S_IWGRP else "o"
            text = f"In {folder} others can put a file in the place of ours."
            yield Line("files", "warning", text, f"chmod {whose}-w {folder}")


def _rights(path: Path, too_many: int) -> Iterator[Line]:
    """Whether nobody may use the file who should not; ``too_many`` are the bits of its mode that nobody needs."""
    if not path.exists():
        return
    mode, found = _mode(path), path.stat()
    if mode & too_many:
        whose = "o-rwx" if too_many == _OTHERS and mode & stat.S_IWGRP else "600"
        yield Line("files", "warning", f"{path} can be read by others ({mode:04o}).", f"chmod {whose} {path}")
    elif mode & stat.S_IRWXG:
        yield Line("files", "ok", f"{path} is shared with the group {_group(found.st_gid)} ({mode:04o}).")
    elif found.st_uid != os.geteuid():
        yield Line("files", "warning", f"{path} belongs to somebody else.", "Check that this is meant.")
    else:
        yield Line("files", "ok", f"{path} is private ({mode:04o}).")


def _sharing(database: Path) -> Iterator[Line]:
    """Whether a database that a group may write can be used by it: the first who opens it makes the log beside it."""
    if not database.exists() or not (mode := _mode(database)) & stat.S_IWGRP:
        return
    found, folder = database.stat(), database.parent
    group, around = _group(found.st_gid), folder.stat()
    if around.st_gid != found.st_gid or ~around.st_mode & (stat.S_ISGID | stat.S_IRWXG):
        yield Line(
            "files",
            "warning",
            f"The database is shared with the group {group}, but {folder} does not hand that on to its log.",
            f"chgrp {group} {folder} && chmod g+rwxs {folder}",
        )
    for beside in (Path(f"{database}-wal"), Path(f"{database}-shm")):
        if beside.exists() and (beside.stat().st_gid, _mode(beside)) != (found.st_gid, mode):
            yield Line(
                "files",
                "warning",
                f"{beside} has other rights ({_mode(beside):04o}) than the database ({mode:04o}).",
                f"chgrp {group} {beside} && chmod {mode:o} {beside}",
            )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


async def look_at_database(db: Database) -> list[Line]:
    """Whether the file is whole."""
    about = "database"
    lines = [Line(about, "ok", f"{db.where} opens; its schema is {SHIPPED.head}.")]
    try:
        async with db.read() as connection:
            found = (await connection.exec_driver_sql("PRAGMA quick_check(3)")).scalars().all()
    except BemaError as error:
        return [failed(about, error)]
    if list(found) == ["ok"]:
        lines.append(Line(about, "ok", "SQLite finds it whole."))
    else:
        advice = "Put back the newest copy beside it (*.backup-*), or a backup."
        lines.append(Line(about, "error", f"It is damaged: {'; '.join(str(row) for row in found)}.", advice))
    return lines


async def what_forbids_writing(db: Database) -> Line | None:
    """Who or what keeps the database from being written now; None when it can be."""
    try:
        async with db.write(patience=_PATIENCE) as connection:
            await connection.exec_driver_sql(_NO_CHANGE)  # to begin is not refused on a file that may only be read
            return None
    except DatabaseBusy as busy:
        return failed("database", busy, "error" if busy.suspended else "warning")
    except BemaError as error:
        return failed("database", error)


def look_at_disk(settings: Settings) -> list[Line]:
    """Whether the disk of the database has room; a full one is why it can't be opened, too."""
    file = _database_file(settings)
    if file is None or not file.parent.exists():
        return []
    free = shutil.disk_usage(file.parent).free
    text = f"{free / (1 << 30):.1f} GiB are free on the database's disk."
    verdict: Verdict = "error" if free < _FREE_ERROR else "warning" if free < _FREE_WARNING else "ok"
    advice = "" if verdict == "ok" else "Free some space: a run stops when the disk is full."
    return [Line("disk", verdict, text, advice)]
