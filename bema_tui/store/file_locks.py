"""Which processes use a database file, told by the locks that SQLite holds on it.

Nothing here opens a file of the database: closing it again would drop the locks that SQLite itself holds in this
process. Only Linux tells (``/proc/locks``), and only of processes on this machine that may be seen from here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import psutil
from attrs import frozen

from bema_tui.text import one_line

_KERNEL_TABLE: Final = Path("/proc/locks")
_LONGEST_COMMAND: Final = 80  # characters

# Bytes that SQLite locks, by its documented file format: in the database while it is in use, and in the -shm file.
_IN_USE: Final = range(0x40000002, 0x40000002 + 510)
_CHANGING: Final = range(0x40000000, _IN_USE.stop)
_WRITING: Final = range(120, 121)
_RECOVERING: Final = range(122, 123)
_LOG_IN_USE: Final = range(128, 129)


@frozen
class Process:
    """A process as a person can find it."""

    pid: int
    """Its process id."""
    command: str
    """Its program."""
    user: str
    """Whose it is."""
    suspended: bool
    """Whether it is suspended."""

    def __str__(self) -> str:
        state = ", suspended" if self.suspended else ""
        return f"{self.command} (process {self.pid}, {self.user}{state})"


@frozen
class _Lock:
    pid: int
    device: str
    exclusive: bool
    first: int
    last: int

    def covers(self, part: range) -> bool:
        return self.first < part.stop and self.last >= part.start


def writer_of(path: Path) -> Process | None:
    """The process that holds the database's write lock now; None when there is none, or it can't be told."""
    path = Path(os.path.realpath(path))
    beside = _locks(Path(f"{path}-shm"))
    holders = [lock.pid for lock in beside if lock.exclusive and lock.covers(_WRITING)]
    holders += [lock.pid for lock in beside if lock.exclusive and lock.covers(_RECOVERING)]
    holders += [lock.pid for lock in _locks(path) if lock.exclusive and lock.covers(_CHANGING)]
    return process(holders[0]) if holders else None


def users_apart(path: Path) -> set[int]:
    """Processes that have the database open, but not with the ``-shm`` file that stands beside it, or the reverse.

    They work on files that were removed or replaced, where nobody else sees their locks and changes. A process that
    opens or closes the database just now can be among them for a moment.
    """
    database = {lock.pid for lock in _locks(path, exact=True) if lock.covers(_IN_USE)}
    log = {lock.pid for lock in _locks(Path(f"{path}-shm"), exact=True) if lock.covers(_LOG_IN_USE)}
    return database ^ log if Path(f"{path}-wal").exists() else database | log


def process(pid: int) -> Process | None:
    """What is known of a process; None when it is gone."""
    try:
        found = psutil.Process(pid)
        with found.oneshot():
            return Process(pid, _command(found), _user(found), found.status() in SUSPENDED)
    except psutil.NoSuchProcess:
        return None


SUSPENDED: Final = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
"""States of a process that does nothing until somebody continues it."""


def _locks(path: Path, *, exact: bool = False) -> list[_Lock]:
    """The locks on a file. Some file systems name another device there than ``stat`` does: unless ``exact``, the
    file's number alone will do where no lock names both."""
    try:
        found = path.stat()
        lines = _KERNEL_TABLE.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    number = str(found.st_ino)
    here = [lock for line in lines if f":{number} " in line and (lock := _parsed(line, number)) is not None]
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    same = [lock for lock in here if lock.device == device]
    return same if same or exact else here


def _parsed(line: str, number: str) -> _Lock | None:
    """``1: POSIX ADVISORY WRITE 3568 fe:00:2531452 120 120``; one that only waits for its lock has ``->`` before it."""
    fields = line.split()
    if "->" in fields or len(fields) != 8 or fields[1] != "POSIX":
        return None
    device, _, inode = fields[5].rpartition(":")
    pid = int(fields[4])
    if inode != number or pid <= 0:  # 0: a process that can't be seen from this container
        return None
    last = 1 << 63 if fields[7] == "EOF" else int(fields[7])
    return _Lock(pid, device, fields[3] == "WRITE", int(fields[6]), last)


def _command(found: psutil.Process) -> str:
    """A process's command: ours with what it was asked for, another program's name alone, for its arguments may hold
    what is secret."""
    try:
        words = found.cmdline()
    except psutil.AccessDenied:
        words = []
    for place, word in enumerate(words[:4]):
        if os.path.basename(word) in ("bema-tui", "bema_tui"):
            return one_line(" ".join(["bema-tui", *words[place + 1 :]]), _LONGEST_COMMAND)
    return one_line(found.name(), _LONGEST_COMMAND)


def _user(found: psutil.Process) -> str:
    try:
        return one_line(found.username())
    except (psutil.AccessDenied, KeyError):
        return "another user"
