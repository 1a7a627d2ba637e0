"""A snapshot tells the story as MOCKUPS' one afternoon has it, and sees what nobody has written down: a lost run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import insert, select, update

from bema_tui.errors import UsageError
from bema_tui.model import CampaignStatus, ChangeKind, ChangeState, FindingRule, LockState, RunState, Severity, Tier
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.runs import Runs
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import RunView
from bema_tui.waits import Wait, WaitReason
from tests.story import VIEWER, write_story_file
from tests.support.statements import statements_of

NOW = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)
NBL = "2024_ETB_NBL"
LOLA = "2023_LOLA_ER"


@pytest.fixture
def story_file(tmp_path: Path) -> Path:
    return write_story_file(tmp_path / "story.sqlite3", NOW)


@pytest.fixture
async def db(story_file: Path) -> AsyncIterator[Database]:
    async with await Database.open(str(story_file), clock=lambda: NOW) as database:
        yield database


@pytest.fixture
def reader(db: Database) -> SnapshotReader:
    return SnapshotReader(db, VIEWER, LockAges())


async def change(db: Database, table: Any, condition: Any, **values: object) -> None:
    async with db.write() as connection:
        result = await connection.execute(update(table).where(condition).values(**values))
        assert result.rowcount


async def test_campaigns_stand_by_attention_with_their_state(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [(campaign.code, campaign.status, campaign.percent) for campaign in snapshot.campaigns] == [
        ("2023_LOLA_ER", CampaignStatus.BLOCKED, None),
        ("2025_KAIRO_TNS", CampaignStatus.LOST, 58),
        (NBL, CampaignStatus.APPLYING, 54),
        ("2026_DIVINE_HG", CampaignStatus.PLAN_WAITS, None),
        ("2025_ETB_SW", CampaignStatus.IN_STEP, None),
        ("2026_ZM_BTL", CampaignStatus.IN_STEP, None),
        ("2024_DIVINE_AFTERGLOW", CampaignStatus.IN_STEP, None),
        ("ETB-2019-FIRSTLIGHT", CampaignStatus.IN_STEP, None),
    ]


QUOTA = {"reason": "quota", "service": "MailerLite", "detail": "", "attempt": 0, "tries": 0}


@pytest.mark.fault("A8")
@pytest.mark.parametrize(("seconds", "shown"), [(73, True), (0, False), (-5, False)])
async def test_a_run_says_what_it_waits_for_until_that_is_over(
    db: Database, reader: SnapshotReader, seconds: int, shown: bool
) -> None:
    until = NOW + timedelta(seconds=seconds)
    await change(db, schema.runs, schema.runs.c.id == 418, waiting_for=QUOTA, waiting_until=until)
    (run,) = (run for run in (await reader.read()).runs if run.id == 418)
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

    run = await reader.run(418)
    assert run.seconds_left is not None
    # The forecast knows of the quota's windows, and of nothing else.
    assert with_wait(run, WaitReason.QUOTA, 30.0).seconds_left == run.seconds_left
    assert with_wait(run, WaitReason.QUOTA, 9e9).seconds_left == 9e9
    assert with_wait(run, WaitReason.UNAVAILABLE, 30.0).seconds_left == run.seconds_left + 30.0
    await change(db, schema.runs, schema.runs.c.id == 418, paused_seconds=run.apply_seconds / 2)
    rested = await reader.run(418)
    assert rested.apply_seconds == run.apply_seconds / 2
    assert rested.rows_per_minute is not None
    assert run.rows_per_minute is not None
    assert rested.rows_per_minute == pytest.approx(2 * run.rows_per_minute)


async def test_a_campaign_has_its_statistics_and_sums(reader: SnapshotReader) -> None:
    campaign = {found.code: found for found in (await reader.read()).campaigns}[NBL]
    assert (campaign.members, campaign.buyers, campaign.revenue, campaign.currency) == (38_240, 4_519, "61820", "USD")
    assert campaign.tiers[Tier.GOLD_PURCHASED] == 3_016
    assert sum(campaign.tiers.values()) == 38_240
    assert campaign.products == ("118", "119")
    assert (campaign.open_findings, campaign.open_errors) == (274, 12)
    assert (campaign.requests, campaign.last_sync_text) == (2_364, "88 applied")
    assert campaign.last_sync == NOW - timedelta(days=1)
    assert (campaign.active_run, campaign.waiting_run) == (418, None)
    assert campaign.lock is not None
    assert (campaign.lock.id, campaign.lock.state) == ("k3f9", LockState.LIVE)
    assert len(campaign.buyers_per_day) == 30


async def test_runs_at_work_come_first_then_waiting_then_lost_then_ended(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [run.id for run in snapshot.runs[:6]] == [418, 417, 415, 416, 414, 413]
    assert snapshot.run_count == 418
    at_work, waiting, lost = snapshot.runs[:3]
    assert (at_work.state, at_work.settled, at_work.total, at_work.percent) == (RunState.APPLYING, 6_502, 12_041, 54)
    assert at_work.control_requests[0].verb == "pause"
    assert at_work.rows_per_minute == pytest.approx(316, abs=1)
    young = evolve(at_work, apply_seconds=5.0)
    assert young.rows_per_minute is None
    assert young.seconds_left == pytest.approx(2_340 * 0.46, abs=5)  # as the plan forecast it
    assert (waiting.state, dict(waiting.changes)) == (RunState.PLANNED, {ChangeState.PLANNED: 96})
    assert lost.state is RunState.LOST
    assert lost.changes[ChangeState.UNKNOWN] == 1


async def test_findings_are_grouped_worst_first_and_the_newest_shown(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [(group.rule, group.open, group.new) for group in snapshot.finding_groups[:4]] == [
        ("two_tiers", 12, 9),
        ("blocked_record", 4, 3),
        ("field_type_mismatch", 1, 0),
        ("wood_purchase", 103, 96),
    ]
    assert snapshot.finding_groups[0].campaigns == ((NBL, 9), ("2025_KAIRO_TNS", 3))
    assert sum(snapshot.finding_counts.values()) == 318
    assert snapshot.finding_counts[Severity.ERROR] == 17
    newest = snapshot.newest_findings
    assert len(newest) == 20
    assert newest[0].subject == "ana.petrova@example.org"
    assert [found.last_seen for found in newest] == sorted((found.last_seen for found in newest), reverse=True)


async def test_the_small_panels(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [lock.id for lock in snapshot.locks] == ["k7d2", "k3f9"]
    assert snapshot.people_here == ("maria", "jon")
    assert snapshot.activity[0].text.startswith("opened plan 417")
    assert snapshot.services["mailerlite"].quota_left == 97
    health = snapshot.health
    assert health is not None
    assert (health.score, health.reasons[0], len(health.memory_series)) == (78, "memory 81 %", 12)
    assert health.memory_series[-1] == pytest.approx(80.86, abs=0.01)
    assert health.full_check_at == NOW - timedelta(seconds=60)


async def test_a_snapshot_takes_few_statements_however_much_there_is(db: Database, reader: SnapshotReader) -> None:
    with statements_of(db) as first:
        await reader.read()
    async with db.write() as connection:
        for number in range(60):
            code = f"2026_NEW_A{number}"
            campaign = {"code": code, "album": "A", "state": "active", "created_at": NOW, "created_by": "x"}
            await connection.execute(insert(schema.campaigns).values(campaign))
            row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == 416))).one()._asdict()
            await connection.execute(insert(schema.runs).values(row | {"id": 500 + number, "campaign": code}))
    with statements_of(db) as later:
        snapshot = await reader.read()
    assert len(snapshot.campaigns) == 68
    assert len(later) <= len(first) <= 16


async def test_an_ended_run_is_counted_again_when_its_rows_change_under_a_later_run(
    db: Database, reader: SnapshotReader
) -> None:
    before = {run.id: run for run in (await reader.read()).runs}[416]
    assert before.changes[ChangeState.APPLIED] == 212
    async with db.write() as connection:
        row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == 416))).one()._asdict()
        later = {"id": 419, "kind": "sync", "state": RunState.DONE, "finished_at": NOW}
        await connection.execute(insert(schema.runs).values(row | later))
        await connection.execute(
            update(schema.ledger).where(schema.ledger.c.run == 416).values(state=ChangeState.UNDONE)
        )
    after = {run.id: run for run in (await reader.read()).runs}[416]
    assert dict(after.changes) == {ChangeState.UNDONE: 212}


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ({}, RunState.APPLYING),
        ({"held": False}, RunState.LOST),
        ({"token": 58}, RunState.LOST),
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
        await change(db, schema.locks, schema.locks.c.key == NBL, **lock)
    assert (await reader.run(418)).state is expected
    snapshot = await reader.read()
    campaign = {found.code: found for found in snapshot.campaigns}[NBL]
    assert campaign.status == expected.value
    assert campaign.active_run == (418 if expected is RunState.APPLYING else None)
    async with db.read() as connection:
        stored = await connection.scalar(select(schema.runs.c.state).where(schema.runs.c.id == 418))
    assert stored == RunState.APPLYING, "a reader writes nothing"


async def test_a_run_that_makes_no_progress_has_stalled_until_it_makes_some(
    db: Database, reader: SnapshotReader
) -> None:
    async def seconds() -> tuple[float, float]:
        run = await reader.run(418)
        return run.stalled_seconds, {run.id: run for run in (await reader.read()).runs}[418].stalled_seconds

    this = schema.runs.c.id == 418
    assert await seconds() == (0, 0)
    await change(db, schema.runs, this, progressed_at=NOW - timedelta(minutes=12))
    assert await seconds() == (720, 720)
    patient = SnapshotReader(db, VIEWER, LockAges(), stalled_after=721)
    assert (await patient.run(418)).stalled_seconds == 0
    await change(db, schema.runs, this, waiting_for=QUOTA, waiting_until=NOW + timedelta(seconds=40))
    assert await seconds() == (0, 0), "it waits"
    await change(db, schema.runs, this, waiting_for=None, waiting_until=None, progressed_at=None)
    assert await seconds() == (26 * 60 + 57, 26 * 60 + 57), "a run that never said so counts from its start"
    fence = Fence(NBL, 57)
    await Runs(db).update(418, fence, members=1)
    assert await seconds() == (0, 0)
    await change(db, schema.runs, this, state=RunState.PAUSED, progressed_at=NOW - timedelta(hours=2))
    assert await seconds() == (0, 0), "it is paused"
    await Runs(db).go_on(418, fence, RunState.APPLYING, rested=0)
    assert await seconds() == (0, 0)


async def test_a_run_is_overtaken_by_the_newest_one_that_read_the_campaign_since(
    db: Database, reader: SnapshotReader
) -> None:
    async with db.write() as connection:
        lost = (await connection.execute(select(schema.runs).where(schema.runs.c.id == 415))).one()._asdict()
        later = lost | {"state": RunState.FAILED, "started_at": NOW, "finished_at": NOW}
        del later["mailerlite_read"]
        await connection.execute(insert(schema.runs).values(later | {"id": 420}))
    await change(db, schema.runs, schema.runs.c.id == 415, mailerlite_read={"completeness": "complete"})
    assert (await reader.run(415)).overtaken_by is None, "it is the newest reader itself"
    await change(db, schema.runs, schema.runs.c.id == 420, mailerlite_read={"completeness": "partial"})
    assert (await reader.run(415)).overtaken_by == 420
    assert (await reader.run(420)).overtaken_by is None
    assert {run.id: run.overtaken_by for run in await reader.runs(50)}[415] == 420
    assert {run.id: run.overtaken_by for run in (await reader.read()).runs}[415] == 420


async def test_a_dead_process_of_this_host_loses_its_run_at_once(db: Database) -> None:
    me = current_holder()
    gone = {"host": me.host, "boot_id": me.boot_id, "pid_namespace": me.pid_namespace, "pid": os.getpid()}
    await change(db, schema.locks, schema.locks.c.key == NBL, **gone, process_started=me.process_started)
    assert (await SnapshotReader(db, me, LockAges()).run(418)).state is RunState.APPLYING
    await change(db, schema.locks, schema.locks.c.key == NBL, process_started=me.process_started - 1_000)
    assert (await SnapshotReader(db, me, LockAges()).run(418)).state is RunState.LOST


async def test_a_run_just_begun_is_not_lost_before_its_lock_names_it(db: Database, reader: SnapshotReader) -> None:
    async with db.write() as connection:
        row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == 413))).one()._asdict()
        begun = {"id": 419, "state": RunState.PLANNING, "phase": "lock", "started_at": NOW, "finished_at": None}
        await connection.execute(insert(schema.runs).values(row | begun))
    assert (await reader.run(419)).state is RunState.PLANNING
    await change(db, schema.runs, schema.runs.c.id == 419, phase="read shop")
    assert (await reader.run(419)).state is RunState.LOST
    await change(db, schema.runs, schema.runs.c.id == 419, phase="lock")
    assert (await reader.run(419)).state is RunState.PLANNING
    await change(db, schema.runs, schema.runs.c.id == 419, started_at=NOW - timedelta(minutes=5))
    assert (await reader.run(419)).state is RunState.LOST


async def test_a_campaign_fails_stops_and_comes_back_into_step(db: Database, reader: SnapshotReader) -> None:
    async def status() -> tuple[CampaignStatus, str]:
        campaign = {found.code: found for found in (await reader.read()).campaigns}["2025_ETB_SW"]
        return campaign.status, campaign.last_sync_text

    run = schema.runs.c.id == 416
    assert await status() == (CampaignStatus.IN_STEP, "212 applied")
    await change(db, schema.runs, run, state=RunState.STOPPED)
    assert await status() == (CampaignStatus.STOPPED, "stopped")
    await change(db, schema.runs, run, state=RunState.FAILED)
    assert await status() == (CampaignStatus.FAILED, "failed")
    await change(db, schema.runs, run, state=RunState.DONE, finished_at=NOW)
    rows = (schema.ledger.c.run == 416) & (schema.ledger.c.seq <= 3)
    await change(db, schema.ledger, rows, state=ChangeState.FAILED)
    await change(db, schema.runs, run, finished_at=NOW - timedelta(seconds=1))
    assert await status() == (CampaignStatus.FAILED, "3 failed")


async def test_a_field_that_was_mended_no_longer_blocks(db: Database, reader: SnapshotReader) -> None:
    await change(db, schema.findings, schema.findings.c.rule == "field_type_mismatch", state="resolved")
    statuses = {campaign.code: campaign.status for campaign in (await reader.read()).campaigns}
    assert statuses["2023_LOLA_ER"] is CampaignStatus.FAILED


async def test_an_order_number_that_does_not_fit_blocks_nobody_else(db: Database, reader: SnapshotReader) -> None:
    async def status() -> tuple[CampaignStatus, int]:
        return next((one.status, one.open_errors) for one in (await reader.read()).campaigns if one.code == LOLA)

    assert await status() == (CampaignStatus.BLOCKED, 2)
    mismatch = (schema.findings.c.campaign == LOLA) & (schema.findings.c.rule == FindingRule.FIELD_TYPE_MISMATCH)
    await change(db, schema.findings, mismatch, rule=FindingRule.ORDER_NUMBER_UNFIT)
    assert await status() == (CampaignStatus.FAILED, 2)


@pytest.mark.parametrize(
    ("used", "ends", "closed", "left"),
    [
        (0, None, None, 120),  # no window has begun
        (89, 30, None, 31),
        (130, 30, None, 0),  # others took more than the limit that is known
        (89, 0, None, 120),  # a window that is over is full again
        (89, 30, 30, 0),
        (89, 0, 30, 0),  # closed for longer than the window lasts
        (89, 0, 0, 120),
    ],
)
async def test_what_is_left_of_the_quota_is_what_all_processes_count(
    used: int, ends: int | None, closed: int | None, left: int, db: Database, reader: SnapshotReader
) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    times = {"started_at": at(ends), "ends_at": at(ends), "closed_until": at(closed)}
    await change(db, schema.quota_windows, schema.quota_windows.c.quota == 120, used=used, **times)
    shown = (await reader.read()).services
    assert (shown["mailerlite"].quota_left, shown["mailerlite"].quota_limit) == (left, 120)
    assert (shown["shop"].quota_left, shown["shop"].quota_limit) == (None, None)


async def test_the_quota_of_the_service_that_was_asked_last_is_shown(db: Database, reader: SnapshotReader) -> None:
    """Its address may have changed in the settings."""
    times = {"started_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=2), "closed_until": None}
    before = {"account": "https://before.example/api", "quota": 60, "used": 60, "pending": 0, "answered": True}
    async with db.write() as connection:
        await connection.execute(insert(schema.quota_windows).values(**before, **times))
    assert (await reader.read()).services["mailerlite"].quota_left == 97


async def test_samples_of_other_hosts_and_older_processes_are_not_mixed_in(db: Database) -> None:
    async with db.write() as connection:
        row = (await connection.execute(select(schema.health_samples).limit(1))).one()._asdict()
        for host, pid, cpu in (("studio-1", 9_000, 1.0), ("studio-1", 9_000, 2.0), ("desk-2", 7, 99.0)):
            at = NOW - timedelta(seconds=10 - 5 * cpu)
            values = {"id": None, "host": host, "pid": pid, "cpu_percent": cpu, "at": at}
            await connection.execute(insert(schema.health_samples).values(row | values))
    own = (await SnapshotReader(db, VIEWER, LockAges()).read()).health
    assert own is not None
    assert own.cpu_series == (1.0, 2.0)
    nobody = await SnapshotReader(db, evolve(VIEWER, host="elsewhere"), LockAges()).read()
    assert nobody.health is None


async def test_an_empty_database_is_a_snapshot_too(tmp_path: Path) -> None:
    async with await Database.open(str(tmp_path / "new.sqlite3"), clock=lambda: NOW) as db:
        snapshot = await SnapshotReader(db, VIEWER, LockAges()).read()
    assert (snapshot.campaigns, snapshot.runs, snapshot.locks, snapshot.health) == ((), (), (), None)
    assert {service.state for service in snapshot.services.values()} == {"unknown"}


async def test_one_run_whole(reader: SnapshotReader) -> None:
    run = await reader.run(418)
    assert {kind: sum(states.values()) for kind, states in run.kinds.items()} == {
        ChangeKind.SET_FIELD: 4_189,
        ChangeKind.ADD_GROUP: 4_011,
        ChangeKind.REMOVE_GROUP: 3_841,
    }
    assert sum(run.changes.values()) == 12_041
    assert run.seconds == pytest.approx(26 * 60 + 57)
    assert [phase.phase.value for phase in run.phases][:2] == ["lock", "read shop"]
    with pytest.raises(UsageError, match="no run 9999"):
        await reader.run(9999)


async def test_runs_newest_first_of_all_or_of_one_campaign(reader: SnapshotReader) -> None:
    assert [run.id for run in await reader.runs(3)] == [418, 417, 416]
    assert [run.id for run in await reader.runs(2, offset=2)] == [416, 415]
    assert [run.id for run in await reader.runs(2, campaign="2025_ETB_SW")] == [416, 414]


async def test_the_statistics_of_one_campaign_and_of_all(reader: SnapshotReader) -> None:
    (campaign,) = await reader.campaign_stats("2026_ZM_BTL")
    assert (campaign.members, campaign.buyers, campaign.revenue, campaign.last_sync_text) == (
        8_114,
        377,
        "5278",
        "nothing to do",
    )
    assert campaign.conversion == pytest.approx(0.0465, abs=1e-4)
    assert len(await reader.campaign_stats()) == 8
    with pytest.raises(UsageError, match="2026_NO_SUCH"):
        await reader.campaign_stats("2026_NO_SUCH")
