"""The database's name stands for something that is not ours: it is refused, and not touched at all."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bema_tui.simulator import Endpoints
from tests.support.operator import Operator, Said


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """An operator whose services nobody will ask."""
    nowhere = Endpoints("http://127.0.0.1:9/api", "k", "http://127.0.0.1:9/", "k", "t", "http://127.0.0.1:9/state")
    operator = Operator(tmp_path / "operator", nowhere)
    yield operator
    operator.close()


def a_program_s_own(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def recipes(path: Path) -> None:
    a_program_s_own(path, "CREATE TABLE recipes (name TEXT)", "INSERT INTO recipes VALUES ('soup')")


def recipes_with_a_log(path: Path) -> None:
    a_program_s_own(path, "PRAGMA journal_mode=WAL")
    recipes(path)


def another_alembic_program(path: Path) -> None:
    """Its revision has a name that ours have too."""
    a_program_s_own(
        path,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE users (name TEXT)",
    )


def marked_but_empty(path: Path) -> None:
    a_program_s_own(path, "PRAGMA application_id=7")


def only_a_view(path: Path) -> None:
    a_program_s_own(path, "CREATE VIEW one AS SELECT 1")


def a_diary(path: Path) -> None:
    path.write_text("Dear diary, " * 500)


def a_short_note(path: Path) -> None:
    path.write_text("milk")


def seen(folder: Path) -> dict[str, object]:
    """All that could be touched: names, modes, times, owners and contents, the folder's own too."""
    found: dict[str, object] = {}
    for path in (folder, *sorted(folder.iterdir())):
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[path.name] = (state.st_mode, state.st_mtime_ns, state.st_ino, state.st_nlink, content)
    return found


COMMANDS = (("runs",), ("sync", "2026_ETB_NBL", "--yes"), ("doctor",))


def said_by(operator: Operator, path: Path, words: tuple[str, ...]) -> tuple[Said, str]:
    if words != ("doctor",):
        said = operator.run(*words, "--database", str(path), "--json")
        return said, said.complaint
    for name in ("BEMA_MAILERLITE_KEY", "BEMA_EDD_KEY"):  # so that it need not find out that nobody is there
        del operator.environment[name]
    said = operator.run(*words, "--database", str(path), "--json")
    return said, " ".join(line["text"] for line in said.document["lines"] if line["verdict"] == "error")


@pytest.mark.fault("B1")
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (recipes, "belongs to another program"),
        (recipes_with_a_log, "belongs to another program"),
        (another_alembic_program, "belongs to another program"),
        (marked_but_empty, "belongs to another program"),
        (only_a_view, "belongs to another program"),
        (a_diary, "no database of this program"),
        (a_short_note, "no database of this program"),
    ],
)
def test_a_file_of_another_program_is_not_touched(
    make: Callable[[Path], None], told: str, words: tuple[str, ...], operator: Operator, tmp_path: Path
) -> None:
    path = tmp_path / "theirs" / "data.db"
    path.parent.mkdir()
    make(path)
    path.chmod(0o644)
    before = seen(path.parent)
    said, complaint = said_by(operator, path, words)
    assert said.status == (2 if words == ("doctor",) else 1), said
    assert told in complaint
    assert seen(path.parent) == before


@pytest.mark.fault("B1")
def test_a_file_that_its_program_uses_now_is_not_touched(operator: Operator, tmp_path: Path) -> None:
    """All its tables stand in its log: that is read, as any reader may, and left in place."""
    path = tmp_path / "theirs" / "data.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("PRAGMA journal_mode=WAL")
        theirs.execute("CREATE TABLE recipes (name TEXT)")
        theirs.commit()
        before = seen(path.parent)
        said = operator.run("runs", "--database", str(path), "--json", expect=1)
        assert "belongs to another program" in said.complaint
        after = seen(path.parent)
        for name in ("data.db", "data.db-wal"):
            assert after[name] == before[name]
        assert after.keys() == before.keys()


@pytest.mark.fault("B1")
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "pipe for a log"])
def test_what_is_no_file_is_refused_and_nothing_waits_for_it(
    kind: str, words: tuple[str, ...], operator: Operator, tmp_path: Path
) -> None:
    path = tmp_path / "place" / "data.db"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            listening.bind(str(path))
        elif kind == "device":
            path.symlink_to("/dev/zero")
        else:
            os.mkfifo(f"{path}-wal")
        before = seen(path.parent)
        said, complaint = said_by(operator, path, words)
        assert said.status in {1, 2}, said
        assert "data.db" in complaint
        assert any(told in complaint for told in ("is a folder", "is no file", "not a database file"))
        assert seen(path.parent) == before


@pytest.mark.fault("B1")
def test_a_database_of_a_newer_version_is_not_touched(operator: Operator) -> None:
    operator.run("runs", "--json", expect=0)
    a_program_s_own(operator.database, "UPDATE alembic_version SET version_num = '9999'")
    operator.database.chmod(0o640)
    before = seen(operator.folder)
    assert "newer version" in operator.run("runs", "--json", expect=2).complaint
    after = seen(operator.folder)
    assert {name: after[name] for name in before if name.startswith("bema.sqlite3")} == {
        name: before[name] for name in before if name.startswith("bema.sqlite3")
    }
    assert after.keys() == before.keys()


@pytest.mark.parametrize("make", [Path.touch, lambda path: a_program_s_own(path, "PRAGMA journal_mode=WAL")])
def test_an_empty_file_is_nobody_s_and_filled(make: Callable[[Path], None], operator: Operator) -> None:
    make(operator.database)
    operator.run("runs", "--json", expect=0)
    assert operator.rows("SELECT count(*) FROM runs") == [(0,)]
