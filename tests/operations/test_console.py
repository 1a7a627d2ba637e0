"""A console on a real database and a simulated shop and account: what it begins, steers and leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve, frozen

from bema_tui.errors import LockHeld, UsageError
from bema_tui.model import ControlVerb, RunKind, RunState
from bema_tui.operations.console import Console
from bema_tui.operations.jobs import open_jobs
from bema_tui.operations.workspace import Workspace, workspace_on
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.snapshot.views import RunView
from tests.end_to_end.engine import Engine, engine_on
from tests.support.simulated import Simulated


@frozen
class Office:
    """A workspace on a simulator that has found its campaigns."""

    simulated: Simulated
    workspace: Workspace
    code: str

    def console(self, *, read_only: bool = False) -> Console:
        settings = evolve(self.workspace.settings, read_only=read_only)
        workspace = workspace_on(self.workspace.db, settings)
        return Console(workspace, open_jobs(workspace))

    async def run(self, number: int) -> RunView:
        return await self.workspace.reader.run(number)

    async def actions(self) -> list[tuple[str, str]]:
        """What was done, oldest first, with the words of it."""
        snapshot = await self.workspace.reader.read()
        return [(line.action, line.text) for line in reversed(snapshot.activity)]


@pytest.fixture
async def office(simulated: Simulated, tmp_path: Path) -> AsyncIterator[Office]:
    async with engine_on(simulated, tmp_path) as engine:
        yield await office_of(engine, simulated)


async def office_of(engine: Engine, simulated: Simulated) -> Office:
    releases = await engine.discover()
    return Office(simulated, engine.workspace, releases[0].code)


async def none_left(console: Console) -> None:
    """Wait until every run of the console has written its end."""
    async with asyncio.timeout(60):
        while console.own_runs():  # noqa: ASYNC110 - the console has no event for it
            await asyncio.sleep(0.02)


async def held(office: Office) -> None:
    await asyncio.to_thread(office.simulated.wait_held)


async def test_a_plan_is_made_applied_and_written_down(office: Office) -> None:
    console = office.console()
    number = await console.start(office.code, kind=RunKind.PLAN)
    assert console.own_runs() == (number,)
    await none_left(console)
    assert (await office.run(number)).state is RunState.PLANNED
    await console.apply(number)
    await none_left(console)
    run = await office.run(number)
    assert run.state is RunState.DONE
    assert run.changes
    with pytest.raises(UsageError, match="does not wait for a yes: it is done"):
        await console.apply(number)
    assert [action for action, _ in await office.actions()][-4:] == ["plan", "planned", "apply", "done"]


async def test_a_plan_is_thrown_away_once_with_a_line_that_says_so(office: Office) -> None:
    console = office.console()
    number = await console.start(office.code, kind=RunKind.PLAN)
    await none_left(console)
    await console.discard(number)
    assert (await office.run(number)).state is RunState.DISCARDED
    assert (await office.actions())[-1] == ("discard", f"discarded plan {number}")
    with pytest.raises(UsageError, match="only a plan that waits"):
        await console.discard(number)


async def test_a_run_at_work_is_steered_and_a_second_one_on_its_campaign_is_refused(office: Office) -> None:
    console = office.console()
    office.simulated.hold(at=1, when="before", side="edd", only="all")
    number = await console.start(office.code, kind=RunKind.SYNC)
    await held(office)
    for begin in (console.start(office.code, kind=RunKind.PLAN), console.resume(number)):
        with pytest.raises(LockHeld):
            await begin
    await console.control(number, ControlVerb.STOP, "news at 15")
    assert (await office.actions())[-1] == ("stop", f"asked run {number} to stop: news at 15")
    await asked_is_seen(office, number)
    office.simulated.release()
    await none_left(console)
    run = await office.run(number)
    assert run.state is RunState.STOPPED
    assert "news at 15" in run.note
    with pytest.raises(UsageError, match="not at work: it is stopped"):
        await console.control(number, ControlVerb.PAUSE, "")


async def asked_is_seen(office: Office, number: int) -> None:
    requests = ControlRequests(office.workspace.db)
    async with asyncio.timeout(60):
        while await requests.unseen(number):  # noqa: ASYNC110 - the run says so by a row alone
            await asyncio.sleep(0.02)


async def test_a_console_that_only_reads_plans_and_stops_its_own_runs_when_it_is_left(office: Office) -> None:
    console = office.console(read_only=True)
    with pytest.raises(UsageError, match="read-only"):
        await console.start(office.code, kind=RunKind.SYNC)
    office.simulated.hold(at=1, when="before", side="edd", only="all")
    number = await console.start(office.code, kind=RunKind.PLAN)
    await held(office)
    with pytest.raises(UsageError, match="read-only"):
        await console.control(number, ControlVerb.STOP, "")
    await console.end_own_runs("the console is closed")
    await asked_is_seen(office, number)
    office.simulated.release()
    await none_left(console)
    run = await office.run(number)
    assert run.state is RunState.STOPPED
    assert "the console is closed" in run.note
    await console.end_own_runs("there is none left")
    assert office.simulated.writes() == []


async def test_a_shut_down_at_once_leaves_what_is_in_flight_and_writes_the_end(office: Office) -> None:
    console = office.console()
    office.simulated.hold(at=1, when="before", side="edd", only="all")
    number = await console.start(office.code, kind=RunKind.SYNC)
    await held(office)
    async with asyncio.timeout(60):
        await console.shut_down(at_once=True)
    assert console.own_runs() == ()
    assert (await office.run(number)).state is RunState.STOPPED
    assert await office.workspace.locks.get_active_locks() == ()
    office.simulated.release()


async def test_what_begins_after_a_shut_down_is_stopped_before_its_work(office: Office) -> None:
    console = office.console()
    await console.shut_down(at_once=False)
    seen = len(office.simulated.requests())
    number = await console.start(office.code, kind=RunKind.PLAN)
    await none_left(console)
    assert (await office.run(number)).state is RunState.STOPPED
    assert len(office.simulated.requests()) == seen


async def test_a_request_that_comes_too_late_is_refused_as_things_stand_then(office: Office) -> None:
    console = office.console()
    number = await console.start(office.code, kind=RunKind.PLAN)
    await none_left(console)
    assert not await ControlRequests(office.workspace.db).ask(number, ControlVerb.STOP, "maria")
    with pytest.raises(UsageError, match="is not at work: it is a plan that waits") as caught:
        await console.control(number, ControlVerb.STOP, "")
    assert f"bema-tui discard {number}" in caught.value.advice
