"""A profile that only reads: what writes to a service, or changes a run or a lock, is refused, whatever the command."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import click
import pytest

from bema_tui.cli.app import cli
from tests.support.operator import Operator
from tests.support.processes import kill_at_first_request
from tests.support.simulated import Simulated, small

FORBIDDEN: tuple[tuple[str, ...], ...] = (
    ("sync", "CODE", "--yes"),
    ("apply", "1"),
    ("stop", "2"),
    ("pause", "2"),
    ("continue", "2"),
    ("discard", "1"),
    ("locks", "release", "LOCK", "--reason", "x", "--force"),
    ("quota", "clear"),
)
ALLOWED: tuple[tuple[str, ...], ...] = (
    ("campaigns", "list"),
    ("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7"),
    ("campaigns", "discover"),
    ("runs",),
    ("runs", "2"),
    ("changes", "1"),
    ("findings",),
    ("stats",),
    ("locks",),
    ("health",),
    ("quota",),
    ("shop",),
    ("shop", "move", "SHOP"),
    ("doctor",),
)
ELSEWHERE = {"plan", "resume", "demo", "simulate", "campaigns"}
"""Tested by themselves, or without a database of their own."""


class TwoRuns(NamedTuple):
    """A plan that waits, a run at work, and the lock of that."""

    simulated: Simulated
    operator: Operator
    code: str
    lock: str


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Plan 1 waits, and run 2 is at work, held at its first request."""
    simulated = Simulated.start(small())
    operator = Operator(tmp_path_factory.mktemp("read-only"), simulated.endpoints)
    code = operator.discover()
    operator.run("plan", code)
    simulated.hold(at=1, when="before", side="edd", only="all")
    operator.start("plan", code)
    simulated.wait_held()
    (lock,) = operator.run("locks", "--json", expect=0).document
    yield TwoRuns(simulated, operator, code, lock["id"])
    simulated.release()
    operator.close()
    simulated.close()


def words(command: tuple[str, ...], two_runs: TwoRuns) -> tuple[str, ...]:
    names = {"CODE": two_runs.code, "LOCK": two_runs.lock, "SHOP": two_runs.simulated.endpoints.edd_url}
    return tuple(names.get(word, word) for word in command)


def stands(operator: Operator) -> dict[str, list[Any]]:
    """Everything that is said of runs, locks and what is asked of runs, but for signs of life and health."""
    queries = {
        "runs": "SELECT id, state, yes_by FROM runs ORDER BY id",
        "asked": "SELECT * FROM control_requests",
        "locks": "SELECT id, held, token FROM locks",
        "quota": "SELECT closed_until FROM quota_periods",
    }
    with closing(sqlite3.connect(operator.database)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*before, name)


def test_every_command_is_judged() -> None:
    names = {name for name in commands(cli) if name[0] not in ELSEWHERE}
    judged = {name for name in names for line in (*FORBIDDEN, *ALLOWED) if line[: len(name)] == name}
    assert judged == names


@pytest.mark.parametrize("command", FORBIDDEN, ids=" ".join)
def test_what_changes_something_is_refused(command: tuple[str, ...], two_runs: TwoRuns) -> None:
    before = stands(two_runs.operator)
    for form in (("--read-only", *words(command, two_runs), "--json"), (*words(command, two_runs), "--read-only")):
        said = two_runs.operator.run(*form, expect=2)
        assert "read-only mode" in said.complaint
        if "--json" in form:
            assert said.document["error"]["error"] == "UsageError"
    assert stands(two_runs.operator) == before
    assert two_runs.simulated.writes() == []


@pytest.mark.parametrize("command", ALLOWED, ids=" ".join)
def test_what_reads_is_done(command: tuple[str, ...], two_runs: TwoRuns) -> None:
    before = stands(two_runs.operator)
    if command[0] in ("doctor", "campaigns", "shop"):
        two_runs.simulated.release()  # these ask the shop as well
    assert two_runs.operator.run("--read-only", *words(command, two_runs), "--json").document is not None
    assert two_runs.operator.run("--read-only", *words(command, two_runs), "--json").status == 0
    assert two_runs.simulated.writes() == []
    assert stands(two_runs.operator)["asked"] == before["asked"]


def test_a_plan_is_made_and_finished_and_goes_no_further(simulated: Simulated, operator: Operator) -> None:
    operator.settings("read_only = true\n")
    code = operator.discover()
    kill_at_first_request(simulated, operator, "plan", code)
    assert operator.run("resume", "1", "--json").document["state"] == "planned"
    assert "read-only" in operator.run("apply", "1", expect=2).complaint
    assert simulated.writes() == []


def test_what_was_said_yes_to_is_not_resumed(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    kill_at_first_request(simulated, operator, "sync", code, "--yes")
    said = operator.run("resume", "1", "--read-only", expect=2)
    assert "read-only mode" in said.complaint
    assert simulated.writes() == []
    assert operator.run("runs", "1", "--json").document["state"] == "lost"


def test_a_stale_lock_is_left_alone(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    operator.run("plan", code)
    operator.put_lock(code, "aaaa", "2020-01-01T00:00:00.000000+00:00", token=5, run=1)
    assert [lock["id"] for lock in operator.run("locks", "--read-only", "--json", expect=0).document] == ["aaaa"]
    assert operator.run("locks", "--json", expect=0).document == []
