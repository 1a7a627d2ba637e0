"""Measures of the real machine make sense, and a control group's limit counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bema_tui.monitor.measure import SystemProbe, cgroup_limit, resident_bytes
from bema_tui.monitor.settings import MonitorSettings

MIB = 1 << 20


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="ascii")


@pytest.fixture
def membership(tmp_path: Path) -> Path:
    return tmp_path / "proc-self-cgroup"


def test_this_machine() -> None:
    machine = SystemProbe().measure(MonitorSettings(memory_limit=10**15))
    assert 1 * MIB < machine.memory_usage < machine.memory_limit <= 10**15
    assert 10 * MIB < resident_bytes() < 1 << 40
    assert machine.machine_available > 0
    assert machine.cores == os.cpu_count()
    assert 0 <= machine.cpu_percent <= 100


def test_the_setting_is_the_limit_where_no_group_is_lower() -> None:
    assert SystemProbe().measure(MonitorSettings(memory_limit=1 * MIB)).memory_limit == 1 * MIB


def test_the_lowest_limit_of_the_group_and_its_parents_counts(tmp_path: Path, membership: Path) -> None:
    write(membership, "0::/user.slice/console.scope\n")
    write(tmp_path / "fs/user.slice/console.scope/memory.max", "max\n")
    assert cgroup_limit(membership, tmp_path / "fs") is None
    write(tmp_path / "fs/user.slice/memory.max", f"{300 * MIB}\n")
    assert cgroup_limit(membership, tmp_path / "fs") == 300 * MIB
    write(tmp_path / "fs/user.slice/console.scope/memory.max", f"{128 * MIB}\n")
    assert cgroup_limit(membership, tmp_path / "fs") == 128 * MIB


def test_version_one_says_no_limit_by_a_huge_number(tmp_path: Path, membership: Path) -> None:
    write(membership, "12:cpu,cpuacct:/a\n4:memory:/docker/abc\n")
    file = tmp_path / "fs/memory/docker/abc/memory.limit_in_bytes"
    write(file, "9223372036854771712\n")
    assert cgroup_limit(membership, tmp_path / "fs") is None
    write(file, f"{64 * MIB}\n")
    assert cgroup_limit(membership, tmp_path / "fs") == 64 * MIB


def test_a_path_out_of_the_container_leaves_its_own_root(tmp_path: Path, membership: Path) -> None:
    write(membership, "0::/../../init.scope\n")
    write(tmp_path / "fs/memory.max", f"{512 * MIB}\n")
    assert cgroup_limit(membership, tmp_path / "fs") == 512 * MIB


def test_no_groups_at_all(tmp_path: Path, membership: Path) -> None:
    assert cgroup_limit(membership, tmp_path / "fs") is None
    write(membership, "not a line of it\n0::/\n")
    assert cgroup_limit(membership, tmp_path / "fs") is None
