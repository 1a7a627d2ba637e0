"""A database that the version before made: it is brought up to date with a copy beside it, and shows the same."""

from __future__ import annotations

import json
import lzma
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bema_tui.simulator import Endpoints
from tests.support.old_database import SAID_PLAINLY
from tests.support.operator import Operator

RECORDED = Path(__file__).parents[1] / "recordings" / "databases"
NOWHERE = Endpoints("http://127.0.0.1:9/api", "k" * 40, "http://127.0.0.1:9/", "k" * 32, "t" * 32, "")


def recorded(name: str) -> bytes:
    return lzma.decompress((RECORDED / f"{name}.xz").read_bytes())


SHOWN: dict[str, Any] = json.loads(recorded("revision_0008.json"))
"""By command, what the version before showed."""
for _campaign in SHOWN["stats"]:
    # Its only sync was stopped: the version before called that its last sync, and it brought nothing to its end.
    _campaign["last_sync"] = None if _campaign["code"] == "2026_SA_BT" else _campaign["last_sync"]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    operator = Operator(tmp_path_factory.mktemp("before"), NOWHERE)
    operator.database.write_bytes(recorded("revision_0008.db"))
    operator.database.chmod(0o600)
    yield operator
    operator.close()


def same(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where what is shown now lacks or changes something that was shown; what came new does not count."""
    match before:
        case dict():
            for key, value in before.items():
                if key == "rule" and value in SAID_PLAINLY:
                    value = SAID_PLAINLY[value]
                yield from same(value, now[key], f"{path}.{key}") if key in now else [f"{path}.{key} is gone"]
        case list():
            if len(before) != len(now):
                yield f"{path}: {len(before)} before, {len(now)} now"
            for place, (one, other) in enumerate(zip(before, now, strict=False)):
                yield from same(one, other, f"{path}.{place}")
        case _ if before != now:
            yield f"{path}: {before!r} before, {now!r} now"


@pytest.mark.parametrize("command", SHOWN)
def test_every_command_shows_the_same(operator: Operator, command: str) -> None:
    now = operator.run(*command.split(), "--json", expect=0).document
    assert SHOWN[command]
    assert [*same(SHOWN[command], now)] == []


def test_the_recording_has_runs_that_ended_in_every_way() -> None:
    assert Counter(run["state"] for run in SHOWN["runs"]) == Counter(
        ["done", "planned", "discarded", "lost", "stopped"]
    )
    assert Counter(row["state"] for row in SHOWN["changes 4"])["sending"] == 8


def test_its_copy_is_as_it_was(operator: Operator, tmp_path: Path) -> None:
    operator.run("runs", expect=0)
    (copy,) = operator.folder.glob(f"{operator.database.name}.backup-0008-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    before = tmp_path / "before"
    before.write_bytes(recorded("revision_0008.db"))
    assert contents(copy) == contents(before)


def contents(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump()]
