"""A snapshot tells the story of one afternoon at the label."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import insert, select

from bema_tui.errors import UsageError
from bema_tui.model import CampaignStatus, ChangeState, FindingRule, LockState, RunState, ServiceName, Severity, Tier
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.store.snapshot.changing import change, number
from tests.support.statements import statements_of
from tests.support.weekend import (
    AT_WORK,
    BLUE,
    DONE,
    EARTH,
    FIRST,
    GRAVITY,
    HALF_LIGHT,
    LOST,
    NBL,
    NIGHT_BUS,
    NOW,
    STOPPED,
    TIDEWATER,
    VIEWER,
    WAITING,
)


async def test_campaigns_stand_by_attention_with_their_state(reader: SnapshotReader) -> None:
    campaigns = (await reader.read()).campaigns
    statuses = {campaign.code: campaign.status for campaign in campaigns}
    assert statuses == {
        TIDEWATER: CampaignStatus.LOST,
        NIGHT_BUS: CampaignStatus.BLOCKED,
        GRAVITY: CampaignStatus.STOPPED,
        NBL: CampaignStatus.APPLYING,
        BLUE: CampaignStatus.PLAN_WAITS,
        EARTH: CampaignStatus.UP_TO_DATE,
        HALF_LIGHT: CampaignStatus.NEVER,
    }
    order = [campaign.code for campaign in campaigns]
    assert set(order[:2]) == {TIDEWATER, NIGHT_BUS}, "what needs a person comes first"
    assert order[2:] == [NBL, GRAVITY, BLUE, EARTH, HALF_LIGHT]
    assert {campaign.code: campaign.percent for campaign in campaigns if campaign.percent is not None} == {
        TIDEWATER: (await reader.run(LOST)).percent,
        GRAVITY: (await reader.run(STOPPED)).percent,
        NBL: (await reader.run(AT_WORK)).percent,
    }


async def test_a_campaign_has_its_statistics_and_sums(db: Database, reader: SnapshotReader) -> None:
    campaigns = {found.code: found for found in (await reader.read()).campaigns}
    done = await reader.run(DONE)
    campaign = campaigns[BLUE]
    async with db.read() as connection:
        stored = (await connection.execute(select(schema.statistics).where(schema.statistics.c.campaign == BLUE))).one()
    assert (campaign.members, campaign.buyers, campaign.revenue) == (stored.members, stored.buyers, stored.revenue)
    assert campaign.currency == "USD"
    assert sum(campaign.tiers.values()) == campaign.members
    bought = (Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED, Tier.BRONZE_PURCHASED)
    assert 0 < sum(campaign.tiers[tier] for tier in bought) <= (campaign.buyers or 0)
    assert campaign.products == ("103",)
    of_it = (schema.findings.c.campaign == BLUE, schema.findings.c.state == "open")
    assert campaign.open_findings == await number(db, schema.findings, *of_it) > 0
    errors = schema.findings.c.severity == Severity.ERROR
    assert campaign.open_errors == await number(db, schema.findings, *of_it, errors)
    assert campaign.requests == (await reader.run(WAITING)).requests_read, "those of the last day"
    assert (campaign.last_sync, campaign.last_sync_text) == (done.finished_at, f"{sum(done.changes.values())} applied")
    assert (campaign.active_run, campaign.waiting_run) == (None, WAITING)
    assert len(campaign.buyers_per_day) == 30
    at_work = campaigns[NBL]
    assert (at_work.active_run, at_work.waiting_run) == (AT_WORK, None)
    assert at_work.lock is not None
    assert (at_work.lock.run, at_work.lock.state) == (AT_WORK, LockState.LIVE)


async def test_findings_are_grouped_worst_first_and_the_newest_shown(db: Database, reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    worst_first = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    ranks = [worst_first.index(group.severity) for group in snapshot.finding_groups]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}
    two_tiers = snapshot.finding_groups[0]
    assert two_tiers.rule is FindingRule.TWO_TIERS
    of_rule = (schema.findings.c.rule == FindingRule.TWO_TIERS, schema.findings.c.state == "open")
    assert two_tiers.open == await number(db, schema.findings, *of_rule)
    assert sum(count for _, count in two_tiers.campaigns) == two_tiers.open
    assert [count for _, count in two_tiers.campaigns] == sorted((c for _, c in two_tiers.campaigns), reverse=True)
    young = schema.findings.c.first_seen > NOW - timedelta(days=1)
    assert two_tiers.new == await number(db, schema.findings, *of_rule, young)
    open_ones = schema.findings.c.state == "open"
    assert sum(snapshot.finding_counts.values()) == await number(db, schema.findings, open_ones)
    errors = await number(db, schema.findings, open_ones, schema.findings.c.severity == Severity.ERROR)
    assert snapshot.finding_counts[Severity.ERROR] == errors
    newest = snapshot.newest_findings
    assert len(newest) == 20
    assert newest[0].rule is FindingRule.SUBSCRIBER_GONE, "the run at work met somebody who is gone"
    assert [found.last_seen for found in newest] == sorted((found.last_seen for found in newest), reverse=True)


async def test_the_small_panels(reader: SnapshotReader) -> None:
    snapshot = await reader.read()
    assert [lock.key for lock in snapshot.locks] == [TIDEWATER, NBL]
    assert snapshot.operators_here == ("jon", "maria")
    assert (snapshot.activity[0].who, snapshot.activity[0].action) == ("jon", "pause")
    mailerlite = snapshot.services[ServiceName.MAILERLITE]
    assert mailerlite.quota_limit == 120
    assert mailerlite.quota_left == 120, "the period of the run's last request is over"
    health = snapshot.health
    assert health is not None
    assert (health.reasons[:3], len(health.memory_series)) == (("memory 81 %", "1 run lost", "1 lock expired"), 12)
    assert health.memory_series[-1] == pytest.approx(80.86, abs=0.01)
    assert health.full_check_at == NOW


async def test_a_snapshot_takes_few_statements_however_much_there_is(db: Database, reader: SnapshotReader) -> None:
    with statements_of(db) as first:
        await reader.read()
    async with db.write() as connection:
        for number in range(60):
            code = f"2026_NEW_A{number}"
            campaign = {"code": code, "album": "A", "state": "active", "created_at": NOW, "created_by": "x"}
            await connection.execute(insert(schema.campaigns).values(campaign))
            row = (await connection.execute(select(schema.runs).where(schema.runs.c.id == DONE))).one()._asdict()
            await connection.execute(insert(schema.runs).values(row | {"id": 500 + number, "campaign": code}))
    with statements_of(db) as later:
        snapshot = await reader.read()
    assert len(snapshot.campaigns) == 67
    assert len(later) <= len(first) <= 16


async def test_a_campaign_fails_stops_and_comes_back_into_step(db: Database, reader: SnapshotReader) -> None:
    async def status() -> tuple[CampaignStatus, str]:
        campaign = {found.code: found for found in (await reader.read()).campaigns}[EARTH]
        # What stopped or failed is no sync that somebody could rely on.
        assert (campaign.last_sync is not None) is (campaign.last_end_text not in ("stopped", "failed"))
        return campaign.status, campaign.last_end_text

    run = schema.runs.c.id == FIRST
    applied = await number(db, schema.ledger, schema.ledger.c.run == FIRST)
    assert await status() == (CampaignStatus.UP_TO_DATE, f"{applied} applied")
    await change(db, schema.runs, run, state=RunState.STOPPED)
    assert await status() == (CampaignStatus.STOPPED, "stopped")
    await change(db, schema.runs, run, state=RunState.FAILED)
    assert await status() == (CampaignStatus.FAILED, "failed")
    await change(db, schema.runs, run, state=RunState.DONE, finished_at=NOW)
    rows = (schema.ledger.c.run == FIRST) & (schema.ledger.c.seq <= 3)
    await change(db, schema.ledger, rows, state=ChangeState.FAILED)
    await change(db, schema.runs, run, finished_at=NOW - timedelta(seconds=1))
    assert await status() == (CampaignStatus.FAILED, "3 failed")


async def test_a_field_that_was_mended_no_longer_blocks(db: Database, reader: SnapshotReader) -> None:
    await change(db, schema.findings, schema.findings.c.rule == FindingRule.FIELD_MISSING, state="resolved")
    snapshot = await reader.read()
    (campaign,) = (campaign for campaign in snapshot.campaigns if campaign.code == NIGHT_BUS)
    assert campaign.status is CampaignStatus.FAILED
    failed = next(run for run in snapshot.runs if run.campaign == NIGHT_BUS and run.state is RunState.FAILED)
    assert failed.error is not None
    assert campaign.last_end_text == failed.error.message, "what failed is said, not that it did"


@pytest.mark.parametrize("rule", [FindingRule.ORDER_NUMBER_UNFIT, FindingRule.TWIN_FIELD])
async def test_an_error_that_stops_no_run_does_not_block_its_campaign(
    rule: FindingRule, db: Database, reader: SnapshotReader
) -> None:
    async def status() -> tuple[CampaignStatus, int]:
        return next((one.status, one.open_errors) for one in (await reader.read()).campaigns if one.code == NIGHT_BUS)

    blocked, errors = await status()
    assert blocked is CampaignStatus.BLOCKED
    missing = schema.findings.c.rule == FindingRule.FIELD_MISSING
    await change(db, schema.findings, missing, rule=rule)
    assert await status() == (CampaignStatus.FAILED, errors)


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
    assert (shown[ServiceName.MAILERLITE].quota_left, shown[ServiceName.MAILERLITE].quota_limit) == (left, 120)
    assert (shown[ServiceName.SHOP].quota_left, shown[ServiceName.SHOP].quota_limit) == (None, None)


async def test_the_quota_of_the_service_that_was_asked_last_is_shown(db: Database, reader: SnapshotReader) -> None:
    """Its address may have changed in the settings."""
    left = (await reader.read()).services[ServiceName.MAILERLITE].quota_left
    times = {"started_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=2), "closed_until": None}
    before = {"url": "https://before.example/api", "quota": 60, "used": 60, "pending": 0, "answered": True}
    async with db.write() as connection:
        await connection.execute(insert(schema.quota_periods).values(**before, **times))
    assert (await reader.read()).services[ServiceName.MAILERLITE].quota_left == left


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
    (campaign,) = await reader.campaign_stats(EARTH)
    (shown,) = (one for one in (await reader.read()).campaigns if one.code == EARTH)
    assert campaign.last_sync_text == f"{sum((await reader.run(FIRST)).changes.values())} applied"
    assert (campaign.members, campaign.buyers, campaign.revenue) == (shown.members, shown.buyers, shown.revenue)
    assert campaign.conversion == pytest.approx((shown.buyers or 0) / (shown.members or 1))
    assert len(await reader.campaign_stats()) == 7
    with pytest.raises(UsageError, match="2026_NO_SUCH"):
        await reader.campaign_stats("2026_NO_SUCH")
