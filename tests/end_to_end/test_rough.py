"""A sync over a line and a shop that fail at every fifth request: it ends right, or says whom it could not settle."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import select

from bema_tui.errors import BemaError
from bema_tui.model import ChangeState, Completeness, RunKind, RunOptions, RunState
from bema_tui.simulator import FaultProfile, SimulatorSettings
from bema_tui.store.schema import ledger, runs
from bema_tui.sync.interrupt import RunInterrupt
from tests.end_to_end.comparing import (
    expect_account,
    expect_no_second_effect,
    moved_by_others,
    subscribers_that_differ,
    without,
)
from tests.end_to_end.engine import Engine, engine_on
from tests.end_to_end.reference import Release, account_after, account_of
from tests.support.simulated import Simulated

SEEDS = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 5
TOGETHER = 5
"""Seeds that run at once: each waits for its line most of the time."""
MOST_RUNS = 12
"""A run that failed is taken up again, or started anew; so often at most."""


@attrs.frozen
class Attempt:
    """One run of the engine on the rough line, with the requests it made."""

    state: RunState
    row: Any
    requests: list[dict[str, Any]]

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [request for request in self.requests if request["write"]]


@pytest.mark.parametrize("first", range(1, SEEDS + 1, TOGETHER))
async def test_a_fifth_of_all_requests_fails(first: int, tmp_path: Path) -> None:
    seeds = range(first, min(first + TOGETHER, SEEDS + 1))
    ends = await asyncio.gather(*(one_seed(seed, folder(tmp_path, seed)) for seed in seeds), return_exceptions=True)
    failures = [f"seed {seed}: {end!r}" for seed, end in zip(seeds, ends, strict=True) if end is not None]
    assert not failures, "\n".join(failures)


def folder(above: Path, seed: int) -> Path:
    made = above / str(seed)
    made.mkdir()
    return made


async def one_seed(seed: int, folder: Path) -> None:
    small = SimulatorSettings(seed=seed, subscribers=150, orders=160, campaigns=2, quota=1_000_000)
    with Simulated.start(small) as simulated:
        async with engine_on(simulated, folder) as engine:
            release = (await engine.discover())[0]
            await rough_sync(engine, simulated, release, seed)


async def rough_sync(engine: Engine, simulated: Simulated, release: Release, seed: int) -> None:
    before, asked = simulated.state(), len(simulated.requests())
    simulated.ask("set", {"faults": attrs.asdict(profile(seed))})
    attempts = await until_done(engine, simulated, release.code)
    simulated.ask("set", {"faults": None})
    after = simulated.state()
    requests = simulated.requests(asked)

    for attempt in attempts:
        expect_no_write_without_a_whole_read(attempt)
        if attempt.state is not RunState.DONE:
            assert attempt.row.error["message"]
            assert attempt.row.error["advice"]
    assert any(request["faults"] for request in requests)
    assert after["violations"] == []
    assert after["created"] == 0
    moved = moved_by_others(before, after, requests)
    named = await unsettled(engine)
    wrong = subscribers_that_differ(account_after(after, [release]), account_of(after))
    assert wrong <= moved | named, f"wrong and not named: {wrong - moved - named}"
    expect_no_second_effect(without(moved, requests))

    assert await engine.sync(release.code) == RunState.DONE
    expect_account(simulated, after, [release])
    assert await unsettled(engine) == set()


def profile(seed: int) -> FaultProfile:
    """``rough`` spares a request that failed twice; every other seed goes without that mercy, so that runs do fail."""
    rough = FaultProfile.rough(0.2, seed)
    return rough if seed % 2 else attrs.evolve(rough, most_in_a_row=None, most_events=None)


async def until_done(engine: Engine, simulated: Simulated, code: str) -> list[Attempt]:
    """Sync, and take up what failed, as an operator would, until a run is done."""
    attempts: list[Attempt] = []
    while not attempts or attempts[-1].state is not RunState.DONE:
        assert len(attempts) < MOST_RUNS, [attempt.row.error for attempt in attempts]
        asked = len(simulated.requests())
        last = attempts[-1].row if attempts else None
        if last is not None and last.planned_at is not None:
            claimed = await engine.runner.claim_resume(last.id)
        else:
            options = RunOptions(yes=True, create_missing=True, max_moves=1_000_000)
            claimed = await engine.runner.claim(code, kind=RunKind.SYNC, options=options)
        with contextlib.suppress(BemaError):  # the run's row says what it was
            await engine.runner.execute(claimed, RunInterrupt())
        async with engine.db.read() as connection:
            row = (await connection.execute(select(runs).where(runs.c.id == claimed.run))).one()
        attempts.append(Attempt(RunState(row.state), row, simulated.requests(asked)))
    return attempts


def expect_no_write_without_a_whole_read(attempt: Attempt) -> None:
    """Fail if a run wrote, and one of its two sides had not been read whole."""
    if attempt.writes:
        assert attempt.row.planned_at is not None
        for read in (attempt.row.shop_read, attempt.row.mailerlite_read):
            assert read["completeness"] == Completeness.COMPLETE


async def unsettled(engine: Engine) -> set[str]:
    """The subscribers with a row that was not settled, each with its reason."""
    open_states = [ChangeState.PLANNED, ChangeState.SENDING, ChangeState.FAILED, ChangeState.UNKNOWN]
    async with engine.db.read() as connection:
        rows = (await connection.execute(select(ledger).where(ledger.c.state.in_(open_states)))).all()
    assert all(row.outcome for row in rows)
    return {row.subscriber_id for row in rows}
