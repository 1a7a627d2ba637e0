"""A database that can't be used, belongs to somebody else, or sits on a full disk."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fixtures import StartSimulator
from tests.support.measuring import unmeasured
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated

_PR_CAPBSET_DROP = 24
_RIGHTS_OF_ROOT = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: with them, no rights of a file keep root out."""


def as_ordinary_user() -> None:
    """In a child before it starts: the rights of files hold for it, also where the tests run as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    for right in _RIGHTS_OF_ROOT:
        libc.prctl(_PR_CAPBSET_DROP, right, 0, 0, 0)


@pytest.fixture
def shut() -> Iterator[Callable[[Path, int], None]]:
    """Sets the mode of a path, and opens it again after the test."""
    changed: list[Path] = []

    def change(path: Path, mode: int) -> None:
        path.chmod(mode)
        changed.append(path)

    yield change
    for path in changed:
        path.chmod(0o700)


def test_a_database_folder_that_may_not_be_written(
    simulated: Simulated, operator: Operator, shut: Callable[[Path, int], None]
) -> None:
    folder = operator.folder / "closed"
    folder.mkdir()
    shut(folder, 0o500)
    operator.environment["BEMA_DATABASE_URL"] = str(folder / "bema.sqlite3")
    said = operator.process("campaigns", "discover", "--add", "--json", preexec_fn=as_ordinary_user)
    assert said.status == 1, said
    assert said.document["error"]["error"] == "StoreError"
    assert str(folder) in said.complaint
    assert "Check the owner and the rights of the file and its folder" in said.complaint
    assert simulated.requests() == []


def test_a_database_that_may_only_be_read(
    simulated: Simulated, operator: Operator, shut: Callable[[Path, int], None]
) -> None:
    code = operator.discover()
    seen = len(simulated.requests())
    shut(operator.database, 0o400)
    shut(operator.folder, 0o500)
    operator.environment["BEMA_LOG_FILE"] = "/dev/null"
    said = operator.process("sync", code, "--yes", "--json", preexec_fn=as_ordinary_user)
    assert said.status == 1, said
    assert "can't be written" in said.complaint
    assert len(simulated.requests()) == seen


CLOSED = {
    "the database": ("bema.sqlite3", 0, "The database can't be opened: Permission denied. "),
    "the database, for writing": ("bema.sqlite3", 0o400, "The database can't be written: Permission denied. "),
    "the database's log": ("bema.sqlite3-wal", 0, "The database can't be opened: Permission denied ({path}). "),
    "the database's folder": ("", 0, "The database can't be opened: Permission denied ({path}). "),
    "the settings": ("config.toml", 0, "The configuration file can't be read: Permission denied. Where: {path}. "),
    "the log": ("bema.log", 0o400, "The log file can't be written: Permission denied. Where: {path}. "),
}


@pytest.mark.fault("B3")
@pytest.mark.parametrize("what", CLOSED)
def test_a_file_that_may_not_be_opened_is_named_with_the_systems_own_reason(
    what: str, tmp_path: Path, operator: Operator, shut: Callable[[Path, int], None]
) -> None:
    name, mode, words = CLOSED[what]
    inner = tmp_path / "closed"
    inner.mkdir()
    files = {"BEMA_DATABASE_URL": "bema.sqlite3", "BEMA_LOG_FILE": "bema.log", "BEMA_CONFIG": "config.toml"}
    operator.environment |= {setting: str(inner / file) for setting, file in files.items()}
    if not name:
        operator.environment |= {
            setting: str(tmp_path / files[setting]) for setting in ("BEMA_LOG_FILE", "BEMA_CONFIG")
        }
    Path(operator.environment["BEMA_CONFIG"]).touch(mode=0o600)
    operator.run("runs", expect=0)
    path = inner / name
    if not path.exists():
        path.touch()
    shut(path, mode)
    add = ("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7")
    said = operator.process(*add, "--json", preexec_fn=as_ordinary_user)
    assert words.format(path=path) in said.err
    assert str(inner / "bema.sqlite3" if "database" in what else path) in said.complaint
    if what.startswith("the database"):
        doctor = operator.process("doctor", "--json", preexec_fn=as_ordinary_user)
        (line,) = [one for one in doctor.document["lines"] if one["about"] == "database" and one["verdict"] == "error"]
        assert "Permission denied" in line["text"]


def test_a_database_of_a_newer_version(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    seen = len(simulated.requests())
    with sqlite3.connect(operator.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = operator.run("sync", code, "--yes", "--json", expect=2)
    assert said.document["error"]["error"] == "NewerDatabase"
    assert "newer version of this program" in said.complaint
    assert "Update the program" in said.complaint
    assert len(simulated.requests()) == seen


def test_a_file_that_is_no_database(simulated: Simulated, operator: Operator) -> None:
    operator.database.write_text("Dear diary, " * 500)
    before = operator.database.read_bytes()
    said = operator.run("runs", "--json", expect=1)
    assert "no database of this program" in said.complaint
    assert operator.database.read_bytes() == before


def test_a_database_of_another_program(operator: Operator) -> None:
    with sqlite3.connect(operator.database) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    said = operator.run("runs", "--json", expect=1)
    assert "belongs to another program" in said.complaint


def test_a_database_folder_that_is_a_file(operator: Operator) -> None:
    (operator.folder / "file").write_text("")
    said = operator.run("runs", "--database", str(operator.folder / "file" / "bema.sqlite3"), "--json", expect=1)
    assert "a part of it is a file" in said.complaint


def test_a_kind_of_database_that_is_not_supported(operator: Operator) -> None:
    said = operator.run("runs", "--database", "mysql://somebody:hunter2@db.example/bema", "--json", expect=2)
    assert "not supported" in said.complaint
    assert "hunter2" not in said.out + said.err


# One database, one account, one shop


def test_another_shop_is_refused(simulated: Simulated, simulators: StartSimulator, operator: Operator) -> None:
    code = operator.discover()
    other = simulators(seed=8)
    operator.environment.update(
        BEMA_EDD_URL=other.endpoints.edd_url,
        BEMA_EDD_KEY=other.endpoints.edd_key,
        BEMA_EDD_TOKEN=other.endpoints.edd_token,
    )
    said = operator.run("sync", code, "--yes", "--json", expect=2)
    assert "belongs to the shop" in said.complaint
    assert other.endpoints.edd_url.rstrip("/") in said.complaint
    assert other.requests() == []
    assert simulated.writes() == []
    assert operator.run("locks", "--json").document == []


def test_an_address_where_nobody_answers_does_not_claim_the_database(simulated: Simulated, operator: Operator) -> None:
    operator.run("campaigns", "add", "2026_ETB_NBL", "--album", "No Better Love", "--product", "100", expect=0)
    right = operator.environment["BEMA_EDD_URL"]
    operator.environment["BEMA_EDD_URL"] = "http://127.0.0.1:9/"  # mistyped; no service listens there
    assert "can't be reached" in operator.run("plan", "2026_ETB_NBL", "--json", expect=1).complaint
    operator.environment["BEMA_EDD_URL"] = right
    assert operator.run("plan", "2026_ETB_NBL", "--json").document["state"] == "planned"
    operator.environment["BEMA_EDD_URL"] = "http://127.0.0.1:9/"
    for words in (("plan", "2026_ETB_NBL"), ("campaigns", "discover")):
        assert "belongs to the shop" in operator.run(*words, "--json", expect=2).complaint


@pytest.mark.parametrize("waiting", [False, True])
def test_another_account_is_refused(
    waiting: bool, simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    run = operator.run("plan", code, "--json").document["run"]

    async def other_account(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        return Given(given.status, given.body, {**given.headers, "x-account_id": "777"})

    mailerlite_proxy.meddle = other_account
    words = ("apply", str(run)) if waiting else ("sync", code, "--yes")
    said = operator.run(*words, "--json", expect=2)
    assert "belongs to the MailerLite account 12345, and account 777 answered" in said.complaint
    assert simulated.writes() == []
    assert operator.run("locks", "--json").document == []


# A full disk


def a_full_disk(size: int) -> Callable[[], None]:
    """In a child before it starts: no file may grow beyond ``size`` bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def wal_of(operator: Operator) -> Path:
    return operator.database.with_name(operator.database.name + "-wal")


def test_no_room_for_the_plan(simulated: Simulated, operator: Operator) -> None:
    """The database may not grow any more: the plan can't be written down, so nothing is sent."""
    code = operator.discover()
    size = operator.database.stat().st_size
    operator.environment = unmeasured(operator.environment)
    said = operator.process("sync", code, "--yes", "--json", preexec_fn=a_full_disk(size // 4))
    assert said.status == 1, said
    assert "Traceback" not in said.err + said.out
    assert "disk" in said.err
    assert "free space" in said.err
    assert simulated.writes() == []
    # With room again, the same command does it all.
    done = operator.run("sync", code, "--yes", "--json").document
    assert done["state"] == "done"
    assert done["applied"] > 0
    assert simulated.violations() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder]).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("log_too", [False, True])
def test_a_disk_that_fills_up_in_mid_run(
    log_too: bool, simulated: Simulated, operator: Operator, small_disk: Path
) -> None:
    """The disk is full after the first write took effect. A resume settles what was on its way, with room again."""
    operator.environment["BEMA_DATABASE_URL"] = str(small_disk / "bema.sqlite3")
    if log_too:
        operator.environment["BEMA_LOG_FILE"] = str(small_disk / "bema.log")
    code = operator.discover()
    simulated.hold(at=1, when="after", only="writes")
    process = operator.start("sync", code, "--yes", "--json", "--log-level", "debug")
    simulated.wait_held(process)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    simulated.release()
    said = operator.finish(process)
    assert said.status == 1, said
    assert "Traceback" not in said.err + said.out
    assert "The disk is full" in said.err
    assert "resume the run: nothing that was written is lost" in said.err
    assert len(simulated.writes()) == 1

    ballast.unlink()
    run = operator.run("runs", "--json").document[0]["run"]
    done = operator.run("resume", str(run), "--json").document
    assert done["state"] == "done", (done["error"], done["phase"], said)
    assert (done["planned"], done["sending"], done["unknown"], done["failed"]) == (0, 0, 0, 0)
    assert simulated.violations() == []


def test_a_log_that_can_not_take_a_line_fails_nothing(simulated: Simulated, operator: Operator) -> None:
    operator.environment["BEMA_LOG_FILE"] = "/dev/full"
    said = operator.process("campaigns", "discover", "--add", "--json", "--log-level", "debug")
    assert (said.status, said.err) == (0, "")
    assert said.document["campaigns"]
