"""Runs in a snapshot: by the story, and what nobody has written down: a lost run, a stalled one, an overtaken one."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from attrs import evolve
from sqlalchemy import insert, select, update

from bema_tui.errors import UsageError
from bema_tui.model import ChangeKind, ChangeState, RunState
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.runs import Runs
from bema_tui.store.snapshot.facts import count_runs
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.runs import Moment, read_locks
from bema_tui.store.snapshot.views import RunView
from bema_tui.waits import Wait, WaitReason
from tests.store.snapshot.changing import change, number
from tests.support.weekend import AT_WORK, BLOCKED, DONE, FIRST, LOST, NBL, NOW, STOPPED, VIEWER, WAITING

THIS = schema.runs.c.id == AT_WORK
ITS_LOCK = schema.locks.c.key == NBL
QUOTA = {"reason": "quota", "service": "MailerLite", "detail": "", "attempt": 0, "tries": 0}


@pytest.mark.fault("A8")
@pytest.mark.parametrize(("seconds", "shown"), [(73, True), (0, False), (-5, False)])
async def test_a_run_says_what_it_waits_for_until_that_is_over(
    db: Database, reader: SnapshotReader, seconds: int, shown: bool
) -> None:
    until = NOW + timedelta(seconds=seconds)
    await change(db, schema.runs, THIS, waiting_for=QUOTA, waiting_until=until)
    (run,) = (run for run in (await reader.read()).runs if run.id == AT_WORK)
    assert run.state is RunState.APPLYING
    wait = Wait(WaitReason.QUOTA, "MailerLite")
    expected = (wait, until, float(seconds)) if shown else (None, None, 0.0)
    assert (run.waiting_for, run.waiting_until, run.wait_seconds) == expected


async def test_a_lost_run_waits_for_nothing(db: Database, reader: SnapshotReader) -> None:
    until = NOW + timedelta(seconds=60)
    lost = next(run.id for run in (await reader.read()).runs if run.state is RunState.LOST)
    await change(db, schema.runs, schema.runs.c.id == lost, waiting_for=QUOTA, waiting_until=until)
    assert (await reader.run(lost)).waiting_for is None


async def test_the_time_left_counts_waits_and_leaves_pauses_out_of_the_speed(
    db: Database, reader: SnapshotReader
) -> None:
    def with_wait(run: RunView, reason: WaitReason, seconds: float) -> RunView:
        return evolve(run, waiting_for=Wait(reason, "MailerLite"), wait_seconds=seconds)

    run = await reader.run(AT_WORK)
    assert run.seconds_left is not None
    # The forecast knows of the quota's windows, and of nothing else.
    assert with_wait(run, WaitReason.QUOTA, 5.0).seconds_left == run.seconds_left
    assert with_wait(run, WaitReason.QUOTA, 9e9).seconds_left == 9e9
    assert with_wait(run, WaitReason.UNAVAILABLE, 30.0).seconds_left == run.seconds_left + 30.0
    assert evolve(run, stalled_seconds=725.0).seconds_left is None, "nobody knows when it goes on"
    await change(db, schema.runs, THIS, paused_seconds=run.apply_seconds / 2)
    rested = await reader.run(AT_WORK)
    assert rested.apply_seconds == run.apply_seconds / 2
    assert rested.rows_per_minute is not None
    assert run.rows_per_minute is not None
    assert rested.rows_per_minute == pytest.approx(2 * run.rows_per_minute)


async def test_runs_at_work_come_first_then_waiting_then_lost_then_ended(db: Database, reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [run.id for run in snapshot.runs] == [AT_WORK, WAITING, LOST, STOPPED, BLOCKED, DONE, FIRST]
    assert snapshot.run_count == 7
    at_work, waiting, lost = snapshot.runs[:3]
    rows = await number(db, schema.ledger, schema.ledger.c.run == AT_WORK)
    open_rows = (ChangeState.PLANNED, ChangeState.SENDING, ChangeState.UNKNOWN)
    left = await number(db, schema.ledger, schema.ledger.c.run == AT_WORK, schema.ledger.c.state.in_(open_rows))
    assert (at_work.state, at_work.recorded, at_work.total) == (RunState.APPLYING, rows - left, rows)
    assert at_work.percent == pytest.approx(100 * (rows - left) / rows, abs=1)
    (asked,) = at_work.control_requests
    assert (asked.verb, asked.by_user) == ("pause", "jon")
    assert asked.seen_at is not None
    assert asked.seen_at.utcoffset() == timedelta(0)
    assert at_work.rows_per_minute == pytest.approx(60 * at_work.recorded / at_work.apply_seconds)
    young = evolve(at_work, apply_seconds=5.0)
    assert young.rows_per_minute is None
    assert young.seconds_left == pytest.approx(at_work.seconds_forecast * left / rows), "as the plan forecast it"
    planned = await number(db, schema.ledger, schema.ledger.c.run == WAITING)
    assert (waiting.state, dict(waiting.changes)) == (RunState.PLANNED, {ChangeState.PLANNED: planned})
    assert lost.state is RunState.LOST
    assert lost.changes[ChangeState.SENDING] > 0


async def test_an_ended_run_is_counted_again_when_its_rows_change_under_a_later_run(
    db: Database, reader: SnapshotReader
) -> None:
    before = {run.id: run for run in (await reader.read()).runs}[DONE]
    assert set(before.changes) == {ChangeState.APPLIED}
    async with db.write() as connection:
        row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == DONE))).one()._asdict()
        later = {"id": 9, "kind": "sync", "state": RunState.DONE, "finished_at": NOW}
        await connection.execute(insert(schema.runs).values(row | later))
        await connection.execute(
            update(schema.ledger).where(schema.ledger.c.run == DONE).values(state=ChangeState.UNDONE)
        )
    after = {run.id: run for run in (await reader.read()).runs}[DONE]
    assert dict(after.changes) == {ChangeState.UNDONE: before.changes[ChangeState.APPLIED]}


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ({}, RunState.APPLYING),
        ({"held": False}, RunState.LOST),
        ({"token": 1}, RunState.LOST),
        ({"run": 999}, RunState.LOST),
        ({"last_beat": NOW - timedelta(minutes=10)}, RunState.APPLYING),  # quiet: nobody can say
        ({"last_beat": NOW - timedelta(minutes=16)}, RunState.LOST),
        ({"last_beat": NOW - timedelta(hours=2)}, RunState.LOST),
        ({"boot_id": "the boot before"}, RunState.LOST),  # dead: this host has started again since
    ],
)
async def test_a_run_without_its_lock_is_lost(
    db: Database, reader: SnapshotReader, lock: dict[str, object], expected: RunState
) -> None:
    if lock:
        await change(db, schema.locks, ITS_LOCK, **lock)
    assert (await reader.run(AT_WORK)).state is expected
    snapshot = await reader.read()
    campaign = {found.code: found for found in snapshot.campaigns}[NBL]
    assert campaign.status == expected.value
    assert campaign.active_run == (AT_WORK if expected is RunState.APPLYING else None)
    async with db.read() as connection:
        stored = await connection.scalar(select(schema.runs.c.state).where(THIS))
    assert stored == RunState.APPLYING, "a reader writes nothing"


@pytest.mark.parametrize("written_down", [True, False])
async def test_a_lost_run_that_a_newer_one_overtook_needs_nobody(
    db: Database, reader: SnapshotReader, written_down: bool
) -> None:
    async def lost_runs(campaign: str | None = None) -> int:
        moment = Moment(NOW, VIEWER, LockAges(), 600.0)
        async with db.read() as connection:
            held = {lock.key: lock for lock in await read_locks(connection, moment)}
            counts = await count_runs(connection, moment, held, campaign)
        return counts.states.get(RunState.LOST, 0)

    campaign = (await reader.run(DONE)).campaign
    assert (await lost_runs(), await lost_runs(campaign)) == (1, 0)
    state, ended = (RunState.LOST, NOW - timedelta(hours=1)) if written_down else (RunState.APPLYING, None)
    await change(db, schema.runs, schema.runs.c.id == DONE, state=state, finished_at=ended)
    run = await reader.run(DONE)
    assert (run.state, run.overtaken_by) == (RunState.LOST, WAITING)
    assert (await lost_runs(), await lost_runs(campaign)) == (1, 0)
    shown = [run.id for run in (await reader.read()).runs]
    assert shown == [AT_WORK, WAITING, LOST, STOPPED, BLOCKED, DONE, FIRST]
    await change(db, schema.runs, schema.runs.c.id == WAITING, mailerlite_read=None)
    assert (await lost_runs(), await lost_runs(campaign)) == (2, 1)


async def test_a_run_that_makes_no_progress_has_stalled_until_it_makes_some(
    db: Database, reader: SnapshotReader
) -> None:
    async def seconds() -> tuple[float, float]:
        run = await reader.run(AT_WORK)
        return run.stalled_seconds, {run.id: run for run in (await reader.read()).runs}[AT_WORK].stalled_seconds

    assert await seconds() == (0, 0)
    await change(db, schema.runs, THIS, progressed_at=NOW - timedelta(minutes=12))
    assert await seconds() == (720, 720)
    patient = SnapshotReader(db, VIEWER, LockAges(), stalled_after=721)
    assert (await patient.run(AT_WORK)).stalled_seconds == 0
    await change(db, schema.runs, THIS, waiting_for=QUOTA, waiting_until=NOW + timedelta(seconds=40))
    assert await seconds() == (0, 0), "it waits"
    await change(db, schema.runs, THIS, waiting_for=None, waiting_until=None, progressed_at=None)
    assert await seconds() == (0, 0), "a run that never said so counts from its start"
    async with db.read() as connection:
        token = await connection.scalar(select(schema.locks.c.token).where(ITS_LOCK))
    fence = Fence(NBL, token or 0)
    await Runs(db).update(AT_WORK, fence, members=1)
    assert await seconds() == (0, 0)
    await change(db, schema.runs, THIS, state=RunState.PAUSED, progressed_at=NOW - timedelta(hours=2))
    assert await seconds() == (0, 0), "it is paused"
    await Runs(db).go_on(AT_WORK, fence, RunState.APPLYING, rested=0)
    assert await seconds() == (0, 0)


async def test_a_run_is_overtaken_by_the_newest_one_that_read_the_campaign_since(
    db: Database, reader: SnapshotReader
) -> None:
    async with db.write() as connection:
        lost = (await connection.execute(select(schema.runs).where(schema.runs.c.id == LOST))).one()._asdict()
        later = lost | {"state": RunState.FAILED, "started_at": NOW, "finished_at": NOW}
        del later["mailerlite_read"]
        await connection.execute(insert(schema.runs).values(later | {"id": 420}))
    await change(db, schema.runs, schema.runs.c.id == LOST, mailerlite_read={"completeness": "complete"})
    assert (await reader.run(LOST)).overtaken_by is None, "it is the newest reader itself"
    await change(db, schema.runs, schema.runs.c.id == 420, mailerlite_read={"completeness": "partial"})
    assert (await reader.run(LOST)).overtaken_by == 420
    assert (await reader.run(420)).overtaken_by is None
    assert {run.id: run.overtaken_by for run in await reader.runs(50)}[LOST] == 420
    assert {run.id: run.overtaken_by for run in (await reader.read()).runs}[LOST] == 420


async def test_a_dead_process_of_this_host_loses_its_run_at_once(db: Database) -> None:
    me = current_holder()
    gone = {"host": me.host, "boot_id": me.boot_id, "pid_namespace": me.pid_namespace, "pid": os.getpid()}
    await change(db, schema.locks, ITS_LOCK, **gone, process_started=me.process_started)
    assert (await SnapshotReader(db, me, LockAges()).run(AT_WORK)).state is RunState.APPLYING
    await change(db, schema.locks, ITS_LOCK, process_started=me.process_started - 1_000)
    assert (await SnapshotReader(db, me, LockAges()).run(AT_WORK)).state is RunState.LOST


async def test_a_run_just_begun_is_not_lost_before_its_lock_names_it(db: Database, reader: SnapshotReader) -> None:
    async with db.write() as connection:
        row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == BLOCKED))).one()._asdict()
        begun = {"id": 9, "state": RunState.PLANNING, "phase": "lock", "started_at": NOW, "finished_at": None}
        await connection.execute(insert(schema.runs).values(row | begun))
    assert (await reader.run(9)).state is RunState.PLANNING
    await change(db, schema.runs, schema.runs.c.id == 9, phase="read shop")
    assert (await reader.run(9)).state is RunState.LOST
    await change(db, schema.runs, schema.runs.c.id == 9, phase="lock")
    assert (await reader.run(9)).state is RunState.PLANNING
    await change(db, schema.runs, schema.runs.c.id == 9, started_at=NOW - timedelta(minutes=5))
    assert (await reader.run(9)).state is RunState.LOST


async def test_one_run_whole(db: Database, reader: SnapshotReader) -> None:
    run = await reader.run(AT_WORK)
    rows = (schema.ledger.c.run == AT_WORK,)
    assert set(run.kinds) == {ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP}
    for kind, states in run.kinds.items():
        assert sum(states.values()) == await number(db, schema.ledger, *rows, schema.ledger.c.kind == kind) > 0
    assert sum(run.changes.values()) == await number(db, schema.ledger, *rows)
    assert run.seconds >= run.apply_seconds > 60
    assert [phase.phase.value for phase in run.phases][:2] == ["lock", "read shop"]
    with pytest.raises(UsageError, match="no run 9999"):
        await reader.run(9999)


async def test_runs_newest_first(reader: SnapshotReader) -> None:
    assert [run.id for run in await reader.runs(3)] == [AT_WORK, WAITING, LOST]
    assert [run.id for run in await reader.runs(2, offset=2)] == [LOST, STOPPED]
