"""A run's begin and end where the database fails or the program goes: its lock is released, and its end is written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from attrs import define
from sqlalchemy import text

from bema_tui.errors import Stopped, StoreError
from bema_tui.model import Campaign, RunKind, RunState
from bema_tui.operations.health import open_monitor
from bema_tui.operations.workspace import Workspace, workspace_on
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.secrets import Secret
from bema_tui.settings import EddSettings, MailerLiteSettings, Settings
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database import Database
from bema_tui.sync.connections import connector
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.runner import Runner
from bema_tui.sync.supervisor import Supervisor
from tests.support.ports import free_port
from tests.support.until import until_async

CODE = "2026_ETB_NBL"


@define
class Office:
    """A database with one campaign, and services of which nobody is there."""

    db: Database
    file: Path
    workspace: Workspace
    runner: Runner

    async def deny(self, what: str, on: str, when: str) -> None:
        """Make the database refuse a statement, until ``allow``."""
        async with self.db.write() as connection:
            await connection.execute(
                text(
                    f"CREATE TRIGGER denied BEFORE {what} ON {on} WHEN {when} "
                    "BEGIN SELECT RAISE(ABORT, 'denied by the test'); END"
                )
            )

    async def allow(self) -> None:
        async with self.db.write() as connection:
            await connection.execute(text("DROP TRIGGER denied"))

    async def states(self) -> list[str]:
        async with self.db.read() as connection:
            return list(await connection.scalars(text("SELECT state FROM runs ORDER BY id")))

    @contextmanager
    def busy(self) -> Iterator[sqlite3.Connection]:
        """Somebody else is inside a write transaction."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other


@pytest.fixture
async def office(database_file: Path) -> AsyncIterator[Office]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = Settings(
        database_url=f"sqlite:///{database_file}",
        mailerlite=MailerLiteSettings(url=nowhere, key=Secret("k")),
        edd=EddSettings(url=nowhere, key=Secret("k"), token=Secret("t")),
        http=HttpPolicy(tries=1),
    )
    async with await Database.open(settings.database_url, patience=30) as db:
        await Campaigns(db).add(Campaign(CODE, "No Better Love", ("100",)), "maria")
        workspace = workspace_on(db, settings)
        runner = Runner(db, settings, workspace.me, workspace.locks, connector(db, settings))
        yield Office(db, database_file, workspace, runner)


async def test_a_run_that_can_not_say_that_it_begins_gives_its_lock_back(office: Office) -> None:
    await office.deny("INSERT", "activity", "NEW.action = 'sync'")
    with pytest.raises(StoreError):
        await office.runner.claim(CODE, kind=RunKind.SYNC)
    assert await office.workspace.locks.get_active_locks() == ()

    await office.allow()
    claimed = await office.runner.claim(CODE, kind=RunKind.SYNC)
    assert await office.states() == ["lost", "planning"]
    await office.workspace.locks.release(CODE, claimed.lock.token)

    await office.deny("INSERT", "activity", "NEW.action = 'resume'")
    with pytest.raises(StoreError):
        await office.runner.claim_resume(claimed.run)
    assert await office.workspace.locks.get_active_locks() == ()


async def test_a_run_that_is_cut_short_while_its_end_is_written_ends_after_that(office: Office) -> None:
    claimed = await office.runner.claim(CODE, kind=RunKind.SYNC)
    with office.busy() as other:
        task = asyncio.create_task(office.runner.execute(claimed, RunInterrupt()))
        await asyncio.sleep(0)
        task.cancel()

        async def ending() -> bool:
            return any("_finish" in repr(one.get_coro()) for one in asyncio.all_tasks())

        await until_async("the run to write its end", ending)
        task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not task.done()
        other.rollback()
        assert await task is RunState.STOPPED
    assert await office.states() == ["stopped"]
    assert await office.workspace.locks.get_active_locks() == ()


async def test_a_run_whose_end_can_not_be_written_ends_with_an_error(office: Office) -> None:
    """Nothing else would say that it did not come to its end: its row still says that it is at work."""
    interrupt = RunInterrupt()
    interrupt.stop(stopped("maria", ""))
    claimed = await office.runner.claim(CODE, kind=RunKind.SYNC)
    await office.deny("UPDATE", "runs", "NEW.finished_at IS NOT NULL")
    with pytest.raises(Stopped):
        await office.runner.execute(claimed, interrupt)
    assert await office.workspace.locks.get_active_locks() == ()


async def test_a_job_whose_task_the_loop_ended_is_no_job_that_came_to_its_end(office: Office) -> None:
    supervisor = Supervisor(office.runner, open_monitor(office.workspace))
    number = await supervisor.start(CODE, kind=RunKind.SYNC)
    (task,) = [one for one in asyncio.all_tasks() if one.get_name() == f"run {number}"]
    task.cancel()  # before it began
    assert isinstance(await supervisor.ended(number), Stopped)
