"""Who this process is, precisely enough that another one can prove it alive or gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

from bema_tui.environment import user_name
from bema_tui.model import Holder
from bema_tui.store.file_locks import SUSPENDED
from bema_tui.text import one_line

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LONGEST_HOST = 255  # characters
_BY_TIME = "time:"  # marks a boot id that is only the time of the boot
_START_SLACK = 2.0  # seconds by which two readings of one process's start may differ


def current_holder() -> Holder:
    """This process, as it signs a lock."""
    pid = os.getpid()
    return Holder(
        user=user_name(),
        host=one_line(socket.gethostname(), _LONGEST_HOST),
        pid=pid,
        boot_id=_boot_id(),
        process_started=_started(pid) or 0.0,
        pid_namespace=_pid_namespace(),
    )


def known_alive(holder: Holder, me: Holder) -> bool | None:
    """Whether ``holder`` lives, as far as ``me``, the present process, can prove it. Domain rules, section 7.

    True: it does, suspended or not. False: it is gone. None: that can't be told, as of another host, or of another
    pid namespace within one boot. No clock has a say, for clocks are set and machines sleep.
    """
    if holder == me:
        return True
    if holder.host != me.host:
        return None
    if holder.boot_id != me.boot_id and not (_by_time(holder.boot_id) or _by_time(me.boot_id)):
        return False
    if holder.pid_namespace != me.pid_namespace:
        return None
    if not _exists(holder.pid):
        return False
    started = _started(holder.pid)
    if started is None or not holder.process_started:
        return None
    return abs(started - holder.process_started) <= _START_SLACK


def known_suspended(holder: Holder, me: Holder) -> bool:
    """Whether ``holder`` is proved to be a process that sleeps on this machine until somebody continues it."""
    if holder.host != me.host or holder.pid_namespace != me.pid_namespace or holder == me:
        return False
    try:
        asleep = psutil.Process(holder.pid).status() in SUSPENDED
    except psutil.Error:
        return False
    return asleep and known_alive(holder, me) is True


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"{_BY_TIME}{psutil.boot_time():.0f}"


def _by_time(boot_id: str) -> bool:
    """Whether a boot is known only by its time, which moves when the clock is set: it proves nothing."""
    return boot_id.startswith(_BY_TIME)


def _pid_namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    """Whether the process is there; one that has died but was not collected by its parent is not."""
    if not psutil.pid_exists(pid):
        return False
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        # A kernel that hides other people's processes says this of living ones too.
        return psutil.pid_exists(pid)
    except psutil.AccessDenied:
        return True


def _started(pid: int) -> float | None:
    """When a process started, in seconds since the boot where the kernel tells, else of the epoch; None: not told.

    Seconds since the boot do not move when the clock is set, which would make a living process look like another.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        pass
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
