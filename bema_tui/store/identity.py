"""Who this process is, precisely enough that another one can prove it gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

from bema_tui.environment import user_name
from bema_tui.model import Holder

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BY_TIME = "time:"  # marks a boot id that is only the time of the boot
_CLOCK_SLACK = 300.0  # seconds by which a computed boot time may wander when the clock is set
_START_SLACK = 2.0  # seconds by which two readings of one process's start may differ


def current_holder() -> Holder:
    """This process, as it signs a lock."""
    pid = os.getpid()
    return Holder(
        user=user_name(),
        host=socket.gethostname(),
        pid=pid,
        boot_id=_boot_id(),
        process_started=_started(pid) or 0.0,
        pid_namespace=_pid_namespace(),
    )


def proved_dead(holder: Holder, me: Holder) -> bool:
    """Whether ``holder`` is certainly gone, as seen by ``me``, the present process. Domain rules, section 7.

    ``me`` lives. Nothing can be proved about another host, nor, within one boot, about another pid namespace.
    """
    if holder == me or holder.host != me.host:
        return False
    if _other_boot(holder.boot_id, me.boot_id):
        return True
    if holder.pid_namespace != me.pid_namespace:
        return False
    if not _exists(holder.pid):
        return True
    started = _started(holder.pid)
    return started is not None and abs(started - holder.process_started) > _START_SLACK


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"{_BY_TIME}{psutil.boot_time():.0f}"


def _other_boot(one: str, other: str) -> bool:
    if one.startswith(_BY_TIME) and other.startswith(_BY_TIME):
        return abs(float(one.removeprefix(_BY_TIME)) - float(other.removeprefix(_BY_TIME))) > _CLOCK_SLACK
    return one != other


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
