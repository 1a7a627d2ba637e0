"""A sync paces itself by the account's quota: it waits before it is refused, and it finishes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bema_tui.model import RunKind, RunOptions, RunState
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.sync.interrupt import RunInterrupt
from tests.end_to_end.comparing import expect_account
from tests.end_to_end.engine import engine_on
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import GOING
from tests.support.fixtures import MakeOperator, StartSimulator


def test_never_refused_and_done(simulators: StartSimulator, operators: MakeOperator) -> None:
    simulated = simulators(seed=24, subscribers=700, orders=600, campaigns=1, quota=120, window_seconds=2.0)
    before = simulated.state()
    mine = operators(simulated.endpoints, BEMA_MAILERLITE_QUOTA="120", BEMA_MAILERLITE_WINDOW_SECONDS="2")
    releases = [Release.read(row) for row in mine.forked("campaigns", "discover", "--add")["campaigns"]]
    run = mine.forked("sync", releases[0].code, *GOING, expect={0, 3})
    assert run["state"] == "done"
    asked = simulated.requests()
    assert sum(row["cost"] for row in asked) > 120, "more than one window was needed"
    assert simulated.state()["requests"]["refused_429"] == 0
    assert [row for row in asked if row["status"] == 429 or any(item["code"] == 429 for item in row["items"])] == []
    expect_account(simulated, before, releases)


@pytest.mark.parametrize("applies", [False, True])
async def test_a_service_that_asks_for_long_patience_pauses_the_run(
    simulators: StartSimulator, tmp_path: Path, applies: bool
) -> None:
    """The run says so, keeps its lock, and goes on by itself when the time is over."""
    simulated = simulators(seed=24, subscribers=200, orders=150, campaigns=1, window_seconds=2.0)
    before = simulated.state()
    async with engine_on(simulated, tmp_path, HttpPolicy(patience=0.5)) as engine:
        releases = await engine.discover()
        options = RunOptions(yes=not applies, create_missing=True, max_moves=1_000_000)
        claimed = await engine.runner.claim(releases[0].code, kind=RunKind.SYNC, options=options)
        if applies:
            assert await engine.runner.execute(claimed, RunInterrupt()) is RunState.PLANNED
            claimed = await engine.runner.claim_apply(claimed.run)
        simulated.ask("set", {"quota": 0, "retry_after": 2})
        work = asyncio.create_task(engine.runner.execute(claimed, RunInterrupt()))
        run = await engine.last_run()
        async with asyncio.timeout(60):
            while run.state != RunState.PAUSED:
                await asyncio.sleep(0.02)
                run = await engine.last_run()
        assert run.note == "MailerLite keeps refusing because of its quota, and asks for 2 seconds more."
        (lock,) = await DatabaseLocks(engine.db, LockAges(), engine.me).get_active_locks()
        assert lock.note == "paused and waits for MailerLite's quota"
        simulated.ask("set", {"quota": 1_000_000})
        assert await work is RunState.DONE
    expect_account(simulated, before, releases)
