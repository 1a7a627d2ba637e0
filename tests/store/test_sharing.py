"""Users of one group share a database file in the group's folder, as the README says, and nobody else reads it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.measuring import unmeasured

TEAM, MARIA, JON, STRANGER = 54_000, 54_001, 54_002, 54_003
"""A group and three users, by number; only the first two are in the group."""

USE = """
import encodings.ascii, os, sys  # whatever is needed later: other users may not be able to read where Python is
from pathlib import Path
from bema_tui.store.files import HeldFiles, create, survey
path, user, groups, waits = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(), sys.argv[4]
os.setgroups([int(group) for group in groups])
os.setgid(user)
os.setuid(user)
os.umask(0o077)
try:
    if not survey(path, lambda found: None):
        create(path)
    held = HeldFiles(path, 5)
except Exception as error:
    sys.exit(f"refused: {error}")
held._connection.execute("CREATE TABLE IF NOT EXISTS used (by)")
held._connection.execute("INSERT INTO used VALUES (?)", (user,))
print(held._connection.execute("SELECT count(*) FROM used").fetchone()[0], flush=True)
if waits:
    sys.stdin.readline()
held.close()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """The team's folder; pytest's own would keep other users out."""
    if os.geteuid() != 0:
        pytest.skip("to be several users needs the right to")
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    team = place / "team"
    team.mkdir()
    os.chown(team, MARIA, TEAM)
    team.chmod(0o2770)
    yield team
    shutil.rmtree(place)


def using(folder: Path, user: int, *, waits: bool = False) -> subprocess.Popen[str]:
    """The database's files in the hands of another user, with a strict umask."""
    groups = str(TEAM) if user != STRANGER else ""
    command = [sys.executable, "-c", USE, str(folder / "bema.sqlite3"), str(user), groups, "waits" if waits else ""]
    pipe = subprocess.PIPE
    surroundings = unmeasured(os.environ)
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=surroundings)


def used(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate("\n", timeout=30)
    return out.strip(), err.strip()


@pytest.mark.fault("B3")
def test_a_group_shares_it_and_nobody_else_reads_it(folder: Path) -> None:
    file = folder / "bema.sqlite3"
    assert used(using(folder, MARIA)) == ("1", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert used(using(folder, JON))[1].startswith("refused: ")  # not before it is shared
    file.chmod(0o660)
    with using(folder, MARIA, waits=True) as maria:
        assert maria.stdout is not None
        assert maria.stdout.readline() == "2\n"
        assert used(using(folder, JON)) == ("3", "")  # beside a log that Maria made
    assert used(using(folder, JON)) == ("4", "")
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_gid) == (0o660, TEAM)
    assert used(using(folder, STRANGER))[1].startswith("refused: ")
