"""A snapshot tells the story of one afternoon at the label."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import insert, select

from bema_tui.errors import UsageError
from bema_tui.model import CampaignStatus, ChangeState, FindingRule, LockState, RunState, Severity, Tier
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.store.snapshot.changing import change
from tests.story import VIEWER
from tests.support.clock import AFTERNOON
from tests.support.statements import statements_of

NOW = AFTERNOON
NBL = "2024_ETB_NBL"
LOLA = "2023_LOLA_ER"


async def test_campaigns_stand_by_attention_with_their_state(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [(campaign.code, campaign.status, campaign.percent) for campaign in snapshot.campaigns] == [
        ("2023_LOLA_ER", CampaignStatus.BLOCKED, None),
        ("2025_KAIRO_TNS", CampaignStatus.LOST, 58),
        (NBL, CampaignStatus.APPLYING, 54),
        ("2026_DIVINE_HG", CampaignStatus.PLAN_WAITS, None),
        ("2025_ETB_SW", CampaignStatus.UP_TO_DATE, None),
        ("2026_ZM_BTL", CampaignStatus.UP_TO_DATE, None),
        ("2024_DIVINE_AFTERGLOW", CampaignStatus.UP_TO_DATE, None),
        ("ETB-2019-FIRSTLIGHT", CampaignStatus.UP_TO_DATE, None),
    ]


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


async def test_a_campaign_fails_stops_and_comes_back_into_step(db: Database, reader: SnapshotReader) -> None:
    async def status() -> tuple[CampaignStatus, str]:
        campaign = {found.code: found for found in (await reader.read()).campaigns}["2025_ETB_SW"]
        return campaign.status, campaign.last_sync_text

    run = schema.runs.c.id == 416
    assert await status() == (CampaignStatus.UP_TO_DATE, "212 applied")
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


@pytest.mark.parametrize("rule", [FindingRule.ORDER_NUMBER_UNFIT, FindingRule.TWIN_FIELD])
async def test_an_error_that_stops_no_run_does_not_block_its_campaign(
    rule: FindingRule, db: Database, reader: SnapshotReader
) -> None:
    async def status() -> tuple[CampaignStatus, int]:
        return next((one.status, one.open_errors) for one in (await reader.read()).campaigns if one.code == LOLA)

    assert await status() == (CampaignStatus.BLOCKED, 2)
    mismatch = (schema.findings.c.campaign == LOLA) & (schema.findings.c.rule == FindingRule.FIELD_TYPE_MISMATCH)
    await change(db, schema.findings, mismatch, rule=rule)
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
    await change(db, schema.quota_periods, schema.quota_periods.c.quota == 120, used=used, **times)
    shown = (await reader.read()).services
    assert (shown["mailerlite"].quota_left, shown["mailerlite"].quota_limit) == (left, 120)
    assert (shown["shop"].quota_left, shown["shop"].quota_limit) == (None, None)


async def test_the_quota_of_the_service_that_was_asked_last_is_shown(db: Database, reader: SnapshotReader) -> None:
    """Its address may have changed in the settings."""
    times = {"started_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=2), "closed_until": None}
    before = {"url": "https://before.example/api", "quota": 60, "used": 60, "pending": 0, "answered": True}
    async with db.write() as connection:
        await connection.execute(insert(schema.quota_periods).values(**before, **times))
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
