"""Another process holds the database's write lock, at work or suspended: reading goes on, and who it is can be told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import psutil
import pytest

from bema_tui.clock import utc_now
from bema_tui.errors import DatabaseBusy
from bema_tui.store import busy, database
from bema_tui.waits import Wait
from tests.support.label import Label
from tests.support.operator import Operator
from tests.support.processes import in_database, suspend
from tests.support.until import until_async

HOLDING = "BEGIN IMMEDIATE;UPDATE settings SET value = value"


@contextmanager
def writing(operator: Operator, suspended: bool = False) -> Iterator[psutil.Process]:
    """A process inside a write transaction, at work or suspended."""
    with in_database(operator.database, HOLDING) as writer:
        if suspended:
            suspend(writer.pid)
        yield writer


EITHER_WRITER = pytest.mark.parametrize("suspended", [False, True])


LONG_AGO, FAR_AHEAD = "2020-01-01T00:00:00.000000+00:00", "2099-01-01T00:00:00.000000+00:00"


READING = (
    ("runs",),
    ("runs", "1"),
    ("changes", "1"),
    ("locks",),
    ("findings",),
    ("stats",),
    ("campaigns", "list"),
    ("quota",),
    ("shop",),
)


@pytest.mark.fault("B6", "E7")
@EITHER_WRITER
def test_what_only_reads_never_waits_for_a_writer(planned: Label, suspended: bool) -> None:
    """The database would be waited for as long as the other process holds it, which is until the test lets it go."""
    operator = planned.operator
    operator.put_lock("2020_X_Y", "aaaa", LONG_AGO)  # something for the sweeper of every command
    operator.settings('timezone = "Europe/Berlin"\n')
    with writing(operator, suspended) as writer:
        for words in READING:
            said = operator.run(*words, "--json", expect=0)
            assert said.document, words
            assert said.err == ""
        health = operator.run("health", "--json", expect=0).document
        assert any(f"process {writer.pid}, " in reason for reason in health["reasons"])
        doctor = operator.run("doctor", "--json", expect=1 if suspended else 0).document
        (held,) = [line for line in doctor["lines"] if f"process {writer.pid}, " in line["text"]]
        assert (held["about"], held["verdict"]) == ("database", "error" if suspended else "warning")
        assert {line["verdict"] for line in doctor["lines"] if line["about"] == "mailerlite"} == {"ok"}
    operator.run("runs", "--json", expect=0)
    assert operator.run("locks", "--json", expect=0).document == []  # swept, now that it can be


def put_second_plan(operator: Operator) -> None:
    """Put a run 2 into the database, a plan that waits as run 1 did."""
    with closing(sqlite3.connect(operator.database)) as connection, connection:
        connection.execute("CREATE TEMP TABLE waits AS SELECT * FROM runs WHERE id = 1")
        connection.execute("UPDATE waits SET id = 2, state = 'planned', mailerlite_read = NULL")
        connection.execute("INSERT OR REPLACE INTO runs SELECT * FROM waits")


WRITING = (
    ("stop", "1"),
    ("discard", "2"),
    ("locks", "release", "aaaa", "--reason", "gone"),
    ("campaigns", "add", "2026_A_B", "--album", "B", "--product", "77"),
)


@pytest.mark.fault("B6", "E7")
@EITHER_WRITER
def test_what_waits_too_long_to_write_says_for_whom(
    planned: Label, suspended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, code = planned.operator, planned.code
    operator.put_lock("2020_X_Y", "aaaa", LONG_AGO)
    operator.put_lock(code, "bbbb", FAR_AHEAD)
    put_second_plan(operator)
    operator.change_database("UPDATE runs SET state = 'planning', lock_token = 1 WHERE id = 1")
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    with writing(operator, suspended) as writer:
        for words in WRITING:
            said = operator.run(*words, "--json", expect=1)
            assert f"{writer.name()} (process {writer.pid}, {writer.username()}" in said.complaint, words
            assert (", suspended)" in said.complaint) is suspended
            assert (f"kill -CONT {writer.pid}" in said.complaint) is suspended
            assert said.document["error"]["error"] == "DatabaseBusy"
            assert said.document["error"]["retryable"]


WAITING = (*WRITING[1:], ("apply", "1"), ("sync", "CODE", "--yes"), ("plan", "CODE"))


@pytest.mark.fault("B6", "E7")
@EITHER_WRITER
def test_whoever_waits_to_write_says_so_meanwhile_and_for_whom(
    planned: Label, suspended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said by the database, in a line, so each command that writes says it, and stdout stays one document."""
    operator, code = planned.operator, planned.code
    operator.put_lock("2020_X_Y", "aaaa", LONG_AGO)
    put_second_plan(operator)
    operator.change_database("UPDATE runs SET state = 'planned', lock_token = NULL")
    operator.change_database("DELETE FROM locks WHERE key = ?", code)
    monkeypatch.setattr(busy, "SHOWN_FROM", 0.15)  # longer than what can be left out waits
    monkeypatch.setattr(database, "PATIENCE", 0.5)
    with writing(operator, suspended) as writer:
        for words in WAITING:
            said = operator.run(*(code if word == "CODE" else word for word in words), "--json", expect=1)
            told, complaint = said.err.splitlines()
            assert told.startswith(f"bema-tui: waits for the database: {writer.name()} (process {writer.pid}, "), words
            assert " holds its write lock" in told
            assert ", until " in told
            assert (f"kill -CONT {writer.pid}" in told) is suspended
            assert "Another process has kept the database busy" in complaint
            assert said.document["error"]["error"] == "DatabaseBusy"


async def test_a_wait_that_ends_is_told_once_and_the_next_one_again(
    planned: Label, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = planned.operator
    told: list[str] = []
    enough = asyncio.Event()

    def tell(wait: Wait, _: datetime) -> None:
        told.append(str(wait))
        enough.set()

    async def write(db: database.Database) -> None:
        async with db.write():
            pass

    monkeypatch.setattr(busy, "SHOWN_FROM", 0.02)
    async with await database.Database.open(str(operator.database), tell_wait=tell) as db:
        await write(db)
        for _ in range(2):
            with writing(operator):
                waiting = [asyncio.create_task(write(db)) for _ in range(3)]
                await enough.wait()
            enough.clear()
            await asyncio.gather(*waiting)
        assert len(told) == 2
        db.tell_waits_to(None)
        with writing(operator), pytest.raises(DatabaseBusy):
            async with db.write(patience=0.1):
                pass
        assert len(told) == 2


async def test_each_wait_is_told_that_comes_after_one_that_failed(
    planned: Label, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = planned.operator
    told: list[str] = []
    monkeypatch.setattr(busy, "SHOWN_FROM", 0.02)
    async with await database.Database.open(
        str(operator.database), tell_wait=lambda wait, _: told.append(str(wait))
    ) as db:
        for count in (1, 2, 3):
            with writing(operator), pytest.raises(DatabaseBusy):
                async with db.write(patience=0.3):
                    pass
            assert len(told) == count


async def test_a_wait_that_nobody_calls_over_keeps_no_later_one_from_being_told(
    planned: Label, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one is that opening the database takes."""
    monkeypatch.setattr(busy, "SHOWN_FROM", 0.02)
    told: list[Wait] = []
    waits = busy.BusyWaits(planned.operator.database, utc_now, lambda wait, _: told.append(wait))
    with writing(planned.operator):
        for _ in range(2):
            with waits.watched(60, known=True):
                await until_async("the wait is told", lambda: _is_told(told))
            told.clear()


async def _is_told(told: list[Wait]) -> bool:
    return bool(told)
