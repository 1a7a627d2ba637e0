"""Measures this process and its machine: memory, the limit that counts, load, processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

import psutil
from attrs import frozen

from bema_tui.monitor.settings import MonitorSettings

_CGROUPS: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")


@frozen
class Machine:
    """One measurement."""

    memory_usage: int
    """Bytes that the process holds."""
    memory_limit: int
    """Bytes that it may hold."""
    machine_available: int
    """Bytes that the machine has left."""
    load_average: tuple[float, float, float]
    """The whole machine's load over 1, 5 and 15 minutes."""
    cores: int
    """The machine's cores."""
    cpu_percent: float
    """Share of the processor that is busy."""


class Probe(Protocol):
    """Measures the process and the machine; tests give their own."""

    def measure(self, settings: MonitorSettings) -> Machine:
        """Measure now. The memory's limit is the setting's, or the control group's where that is lower."""
        ...


class SystemProbe:
    """The real one, by psutil and the kernel's control groups.

    The processor's share is taken since the measurement before, the first one since the probe was made.
    """

    def __init__(self, group: Callable[[], int | None] | None = None) -> None:
        """``group`` returns the control group's limit in bytes; without it the kernel is asked."""
        self._group = group or cgroup_limit
        psutil.cpu_percent(interval=None)

    def measure(self, settings: MonitorSettings) -> Machine:
        """Measure now; that takes a millisecond."""
        return Machine(
            memory_usage=resident_bytes(),
            memory_limit=settings.limit(self._group()),
            machine_available=int(psutil.virtual_memory().available),
            load_average=psutil.getloadavg(),
            cores=psutil.cpu_count() or 1,
            cpu_percent=float(psutil.cpu_percent(interval=None)),
        )


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    return int(psutil.Process().memory_info().rss)


def cgroup_limit(membership: Path = _MEMBERSHIP, root: Path = _CGROUPS) -> int | None:
    """The lowest memory limit of this process's control groups (v2 or v1), in bytes; None where there is none."""
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None  # no Linux, or no control groups
    limits = [limit for line in lines for file in _files(line, root) if (limit := _limit(file)) is not None]
    return min(limits, default=None)


def _files(line: str, root: Path) -> Iterator[Path]:
    """The files that may hold a limit for one line of ``/proc/self/cgroup``: the group's own and its parents'."""
    parts = line.split(":", 2)
    if len(parts) != 3:
        return
    _, controllers, path = parts
    if controllers == "":
        folder, name = root, "memory.max"
    elif "memory" in controllers.split(","):
        folder, name = root / "memory", "memory.limit_in_bytes"
    else:
        return
    group = PurePosixPath(path.lstrip("/"))
    for ancestor in (group, *group.parents):
        # A path out of a container's view starts with "..": only the container's own root is visible then.
        yield folder / name if ".." in ancestor.parts else folder / ancestor / name


def _limit(file: Path) -> int | None:
    """The limit in a file; None for a missing file, for "max", and for v1's huge number that means none."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    limit = int(text) if text.isdigit() else 0
    return limit if 0 < limit < _no_limit() else None


def _no_limit() -> int:
    return 2**63 - os.sysconf("SC_PAGE_SIZE") * 2
