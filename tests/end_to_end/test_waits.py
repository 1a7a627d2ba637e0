"""Whatever a run waits for is a fact in the run while it lasts, on every screen, and no longer; no wait is for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from bema_tui.bounds import PAUSED_AT_MOST
from bema_tui.errors import RateLimited
from bema_tui.model import ControlVerb, RunKind, RunOptions, RunState
from bema_tui.operations import runs
from bema_tui.operations.quota import clear_quota, quota_now
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.run_waits import RunWaits
from bema_tui.store.schema import activity
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import RunView
from bema_tui.sync import execution
from bema_tui.sync.interrupt import stopped
from bema_tui.waits import Wait, WaitReason
from tests.end_to_end.waiting import QUOTA, Seen, Skip, code_of

MAINTENANCE = Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")


@pytest.mark.fault("A8", "D5")
async def test_a_shop_in_maintenance_is_waited_for_and_the_run_says_so(seen: Seen) -> None:
    code = await code_of(seen)

    async def over_after_three(seen: Seen) -> None:
        if len(seen.runs) == 3:
            seen.simulated.ask("set", {"maintenance": False})

    seen.during = over_after_three
    seen.simulated.ask("set", {"maintenance": True})
    done = await seen.sync(code)
    assert seen.waits() == [MAINTENANCE] * 3
    for run in seen.runs:
        assert run.state is RunState.PLANNING
        assert 28 < run.wait_seconds <= 30
    assert (done.state, done.waiting_for, done.waiting_until) == (RunState.DONE, None, None)


@pytest.mark.fault("A8", "D5")
async def test_over_ten_minutes_of_maintenance_pause_the_run_which_then_goes_on_by_itself(seen: Seen) -> None:
    code = await code_of(seen)
    paused: list[RunView] = []
    began = seen.clock()
    reader = SnapshotReader(seen.engine.db, seen.engine.me, LockAges())

    class Watching(Skip):
        async def sleep(self, seconds: float) -> None:
            if seconds < 1.0 and not paused:  # a pause is slept in small pieces
                paused.append(await reader.run((await seen.engine.last_run()).id))
                seen.simulated.ask("set", {"maintenance": False})
            await super().sleep(seconds)

    seen.simulated.ask("set", {"maintenance": True})
    claimed = await seen.engine.runner.claim(code, kind=RunKind.SYNC, options=RunOptions(yes=True, create_missing=True))
    assert await seen.engine.runner.execute(claimed, Watching(seen.clock, seen.look)) is RunState.DONE
    assert len(seen.runs) == 20
    (run,) = paused
    assert (run.state, run.waiting_for) == (RunState.PAUSED, MAINTENANCE)
    assert 598 < run.wait_seconds <= 600
    assert run.note.startswith("EDD is not available: it answered 503, over and over, and asks for 600 seconds more.")
    assert 1195 <= (seen.clock() - began).total_seconds() < 1300


@pytest.mark.fault("E5")
async def test_years_of_patience_are_an_hour_and_one_command_ends_that(seen: Seen) -> None:
    code = await code_of(seen)
    seen.simulated.ask("set", {"quota": 0, "retry_after": 1_000_000_000})
    cleared: list[float] = []

    class Clearing(Skip):
        async def sleep(self, seconds: float) -> None:
            if not cleared:
                found = await quota_now(seen.engine.workspace)
                if found.closed_until is not None and found.waiting:
                    (waiting,) = found.waiting
                    assert waiting.wait == QUOTA
                    assert found.left == 0
                    seen.simulated.ask("set", {"quota": 1_000_000, "retry_after": None})
                    until = await clear_quota(seen.engine.workspace)
                    cleared.append((until - seen.clock()).total_seconds())
            await asyncio.sleep(0.02 if cleared else 0.0)  # the word is heard in real time

    claimed = await seen.engine.runner.claim(code, kind=RunKind.SYNC, options=RunOptions(yes=True, create_missing=True))
    began = seen.clock()
    assert await seen.engine.runner.execute(claimed, Clearing(seen.clock, seen.look)) is RunState.DONE
    assert 3590 < cleared[0] <= 3600
    assert (seen.clock() - began).total_seconds() < 600


async def test_a_pause_that_somebody_asked_for_outlasts_the_wait_that_is_cleared(seen: Seen) -> None:
    code = await code_of(seen)
    seen.simulated.ask("set", {"quota": 0, "retry_after": 1_500})
    workspace = seen.engine.workspace
    notes: list[str] = []

    class Clearing(Skip):
        async def sleep(self, seconds: float) -> None:
            run = await workspace.reader.run((await seen.engine.last_run()).id)
            reason = run.waiting_for.reason if run.waiting_for is not None else None
            if not notes and run.state is RunState.PAUSED and reason is WaitReason.QUOTA:
                notes.append(run.note)
                placed = await runs.control(workspace, run.id, ControlVerb.PAUSE, "news")
                assert placed.waits_until == run.waiting_until, "it is paused already, but not by somebody"
                seen.simulated.ask("set", {"quota": 1_000_000, "retry_after": None})
                await clear_quota(workspace)
            elif len(notes) == 1 and reason is WaitReason.PERSON:
                notes.append(run.note)
                await runs.control(workspace, run.id, ControlVerb.CONTINUE)
            await asyncio.sleep(0.02 if notes else 0.0)  # the word is heard in real time

    claimed = await seen.engine.runner.claim(code, kind=RunKind.SYNC, options=RunOptions(yes=True, create_missing=True))
    assert await seen.engine.runner.execute(claimed, Clearing(seen.clock, seen.look)) is RunState.DONE
    assert len(notes) == 2
    assert notes[1].startswith(f"paused by {workspace.me.user} ")


@pytest.mark.fault("E5")
async def test_a_run_that_is_paused_for_a_day_in_all_ends_itself(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PAUSED_AT_MOST == 24 * 3600
    # A pause is slept in pieces of a fifth of a second: three hours of them show the same as a day of them.
    monkeypatch.setattr(execution, "PAUSED_AT_MOST", 3 * 3600)
    code = await code_of(seen)
    seen.simulated.ask("set", {"quota": 0, "retry_after": 1_000_000_000})
    claimed = await seen.engine.runner.claim(code, kind=RunKind.SYNC, options=RunOptions(yes=True))
    began = seen.clock()
    with pytest.raises(RateLimited, match="asks for an hour more"):
        await seen.engine.runner.execute(claimed, Skip(seen.clock, seen.look))
    assert (await seen.engine.last_run()).state == RunState.FAILED
    async with seen.engine.db.read() as connection:
        pauses = select(func.count()).select_from(activity).where(activity.c.action == "pause")
        assert await connection.scalar(pauses) == 3
    assert (seen.clock() - began).total_seconds() >= 3 * 3600


async def test_a_stop_ends_the_wait_and_the_fact_with_it(seen: Seen) -> None:
    code = await code_of(seen)
    seen.simulated.ask("set", {"maintenance": True})
    claimed = await seen.engine.runner.claim(code, kind=RunKind.SYNC, options=RunOptions(yes=True))
    interrupts: list[Skip] = []

    async def stop(_seconds: float) -> None:
        await seen.look(_seconds)
        interrupts[0].stop(stopped("carol", ""))

    interrupts.append(Skip(seen.clock, stop))
    assert await seen.engine.runner.execute(claimed, interrupts[0]) is RunState.STOPPED
    assert seen.waits() == [MAINTENANCE]
    row = await seen.engine.last_run()
    assert (row.waiting_for, row.waiting_until) == (None, None)
    assert await RunWaits(seen.engine.db).all() == ()
