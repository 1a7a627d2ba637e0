"""What every health monitor keeps to: it answers at any time, starts and stops cleanly, and judges on one scale."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bema_tui.errors import UsageError
from bema_tui.interfaces import HealthMonitor
from bema_tui.model import Campaign, CampaignStatus, Severity
from bema_tui.monitor.health import Monitor
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from tests.support.until import until_async

CODE = "2024_ETB_NBL"


async def make_monitor(folder: Path) -> tuple[HealthMonitor, Callable[[], Awaitable[None]]]:
    db = await Database.open(str(folder / "bema.sqlite3"))
    await Campaigns(db).add(Campaign(CODE, "No Better Love", ("118",)), "maria")
    return Monitor(db, MonitorSettings(gauges_every=0.02), current_holder(), LockAges()), db.close


@pytest.fixture(params=[make_monitor], ids=["database"])
async def monitor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[HealthMonitor]:
    made, close = await request.param(tmp_path)
    yield made
    await made.stop_monitoring()
    await close()


def test_it_is_a_health_monitor(monitor: HealthMonitor) -> None:
    assert isinstance(monitor, HealthMonitor)


async def test_a_status_is_there_before_anything_was_started(monitor: HealthMonitor) -> None:
    status = await monitor.get_status()
    assert abs((datetime.now(UTC) - status.at).total_seconds()) < 60
    assert 0 <= status.health_score <= 100
    assert bool(status.reasons) == (status.health_score < 100)
    assert status.memory_usage > 0
    assert status.memory_limit > 0
    assert status.cores == os.cpu_count()
    assert status.database_ms > 0
    assert status.active_processes == 0


async def test_a_check_is_the_latest_status(monitor: HealthMonitor) -> None:
    first = await monitor.perform_check()
    second = await monitor.perform_check()
    assert second.at > first.at
    assert await monitor.get_status() == second


async def test_it_starts_and_stops_any_number_of_times_and_leaves_no_task(monitor: HealthMonitor) -> None:
    before = asyncio.all_tasks()
    await monitor.stop_monitoring()
    for _ in range(2):
        await monitor.start_monitoring()
        await monitor.start_monitoring()
        assert len(asyncio.all_tasks() - before) == 1
        await monitor.stop_monitoring()
        await monitor.stop_monitoring()
        assert asyncio.all_tasks() == before


async def test_a_run_is_watched_until_it_and_all_else_are_stopped(monitor: HealthMonitor) -> None:
    before = asyncio.all_tasks()
    for job in (None, 1, 1):
        await monitor.start_monitoring(job)
        assert len(asyncio.all_tasks() - before) == 1
    await monitor.stop_monitoring()
    assert len(asyncio.all_tasks() - before) == 1, "the run is watched still"
    await monitor.stop_monitoring(2)
    assert len(asyncio.all_tasks() - before) == 1
    await monitor.stop_monitoring(1)
    assert asyncio.all_tasks() == before


async def test_while_it_watches_the_status_is_renewed(monitor: HealthMonitor) -> None:
    first = await monitor.get_status()
    await monitor.start_monitoring()

    async def renewed() -> bool:
        return (await monitor.get_status()).at != first.at

    await until_async("the status is renewed", renewed)


async def test_one_campaign(monitor: HealthMonitor) -> None:
    health = await monitor.check_campaign(CODE)
    assert (health.campaign, health.status, health.lock, health.last_sync) == (CODE, CampaignStatus.NEVER, None, None)
    assert health.runs == {}
    assert health.findings == dict.fromkeys(Severity, 0)
    assert (health.score, health.reasons) == (100, ())
    with pytest.raises(UsageError):
        await monitor.check_campaign("2026_NO_SUCH")
