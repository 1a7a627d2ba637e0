"""The monitor: what it samples, keeps, survives and leaves behind."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import func, select, text, update

from bema_tui.errors import UsageError
from bema_tui.model import CampaignStatus, LockState, Severity
from bema_tui.monitor.health import Monitor
from bema_tui.monitor.measure import Machine
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.schema import health_samples, locks, runs
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.support.activity import latest_activity
from tests.support.clock import SetClock
from tests.support.until import until_async
from tests.support.weekend import AT_WORK, HALF_LIGHT, NBL, NOW, TIDEWATER, VIEWER, WAITING

MIB = 1 << 20
QUICK = MonitorSettings(gauges_every=0.02, check_every=60.0)


class Machines:
    """A machine that is as the test says, or can't be measured."""

    def __init__(self) -> None:
        self.machine = Machine(207 * MIB, 256 * MIB, 4_000 * MIB, (0.4, 0.3, 0.2), 4, 12.0)
        self.broken = ""

    def measure(self, settings: MonitorSettings) -> Machine:
        if self.broken:
            raise OSError(self.broken)
        return evolve(self.machine, memory_limit=settings.memory_limit)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
async def db(weekend_file: Path, clock: SetClock) -> AsyncIterator[Database]:
    async with await Database.open(str(weekend_file), clock=clock) as database:
        yield database


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
async def monitor(db: Database, machines: Machines) -> AsyncIterator[Monitor]:
    steps = itertools.count(0.0, 0.002)  # a read takes two milliseconds, however busy the machine is
    made = Monitor(db, QUICK, evolve(VIEWER, pid=777), LockAges(), probe=machines, timer=lambda: next(steps))
    yield made
    await made.stop_monitoring()


async def samples(db: Database, condition: object = None) -> int:
    query = select(func.count()).select_from(health_samples).where(health_samples.c.pid == 777)
    async with db.read() as connection:
        found = await connection.scalar(query if condition is None else query.where(condition))  # type: ignore[arg-type]
    return int(found or 0)


async def test_a_check_tells_how_the_weekend_stands(db: Database, monitor: Monitor) -> None:
    status = await monitor.perform_check()
    errors = (await SnapshotReader(db, VIEWER, LockAges()).read()).finding_counts[Severity.ERROR]
    assert status.reasons == ("memory 81 %", "1 run lost", "1 lock expired", f"{errors} errors open")
    assert status.health_score == 78
    assert status.job_status == {"applying": 1, "planned": 1, "lost": 1, "stopped": 1}, "the others ended before today"
    assert status.active_processes == 2, "maria's, with her run and her console, and jon's"
    assert (status.memory_usage, status.memory_limit, status.cores) == (207 * MIB, 256 * MIB, 4)
    assert status.load_average == (0.4, 0.3, 0.2)
    assert status.database_ms == pytest.approx(2.0)
    assert await monitor.get_status() == status


async def test_a_sample_is_what_the_console_shows(db: Database, monitor: Monitor, clock: SetClock) -> None:
    for _ in range(3):
        clock.forward(5)
        await monitor.perform_check()
    health = (await SnapshotReader(db, VIEWER, LockAges()).read()).health
    assert health is not None
    assert (health.at, health.score, health.full_check_at) == (clock.at, 78, clock.at)
    assert len(health.cpu_series) == 3


async def test_samples_of_more_than_a_day_ago_go(db: Database, monitor: Monitor, clock: SetClock) -> None:
    await monitor.perform_check()
    clock.forward(hours=25)
    await monitor.perform_check()
    async with db.read() as connection:
        oldest = await connection.scalar(select(func.min(health_samples.c.at)))
    assert oldest == clock.at


async def test_a_dead_runs_lock_and_a_finished_run_are_seen(db: Database, monitor: Monitor) -> None:
    async with db.write() as connection:
        await connection.execute(update(locks).values(last_beat=NOW - timedelta(hours=2)))
        await connection.execute(
            update(runs).where(runs.c.id == WAITING).values(state="done", finished_at=NOW - timedelta(minutes=1))
        )
    status = await monitor.perform_check()
    assert status.job_status == {"lost": 2, "stopped": 1, "done": 1}
    assert "2 locks stale" in status.reasons
    assert "2 runs lost" in status.reasons
    assert status.active_processes == 2


async def test_a_run_without_progress_is_stalled_for_every_monitor_until_it_makes_some(
    db: Database, monitor: Monitor, machines: Machines, clock: SetClock
) -> None:
    other = Monitor(db, QUICK, evolve(VIEWER, pid=778, host="elsewhere"), LockAges(), probe=machines)

    async def stalled() -> set[bool]:
        return {"1 run stalled" in (await each.perform_check()).reasons for each in (monitor, other)}

    assert await stalled() == {False}
    async with db.write() as connection:
        await connection.execute(
            update(runs).where(runs.c.id == AT_WORK).values(progressed_at=NOW - timedelta(seconds=600))
        )
    assert await stalled() == {True}
    assert "its run makes no progress" in (await other.check_campaign(NBL)).reasons
    async with db.write() as connection:
        await connection.execute(update(runs).where(runs.c.id == AT_WORK).values(progressed_at=NOW))
    assert await stalled() == {False}
    assert "its run makes no progress" not in (await monitor.check_campaign(NBL)).reasons


async def test_of_a_watched_run_it_is_written_down_when_it_stalls_and_when_it_moves_again(
    db: Database, monitor: Monitor
) -> None:
    async def progressed(at: datetime) -> None:
        async with db.write() as connection:
            await connection.execute(update(runs).where(runs.c.id == AT_WORK).values(progressed_at=at))

    async def said() -> list[str]:
        return [line.text for line in await latest_activity(db, 50) if line.who == "monitor"]

    await progressed(NOW - timedelta(seconds=660))
    await monitor.start_monitoring(AT_WORK)

    async def stalled() -> bool:
        return bool(await said())

    async def moves() -> bool:
        return len(await said()) == 2

    await until_async("the stall is written down", stalled)
    await progressed(NOW)
    await until_async("the progress is written down", moves)
    await monitor.stop_monitoring(AT_WORK)
    assert await said() == [
        "run 7 makes progress again",
        "run 7 makes no progress for 11 min, last sign of life 0 s ago, memory 207 MiB",
    ]
    assert await samples(db) == 0, "who watches a run alone measures nothing"


async def test_monitoring_samples_on_and_on_with_one_full_check(db: Database, monitor: Monitor) -> None:
    await monitor.start_monitoring()
    await monitor.start_monitoring()

    async def four() -> bool:
        return await samples(db) >= 4

    await until_async("four samples", four)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "health monitor"] != []
    await monitor.stop_monitoring()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "health monitor"] == []
    assert await samples(db, health_samples.c.full_check) == 1
    stopped_at = await samples(db)
    await asyncio.sleep(0.1)
    assert await samples(db) == stopped_at
    await monitor.stop_monitoring()


async def test_a_sample_that_fails_is_said_and_the_next_goes_on(
    db: Database, monitor: Monitor, machines: Machines, caplog: pytest.LogCaptureFixture
) -> None:
    await monitor.start_monitoring()

    async def some() -> bool:
        return await samples(db) >= 1

    async def said() -> bool:
        return (await monitor.get_status()).reasons[0] == "check failed: no such sensor"

    async def mended() -> bool:
        return (await monitor.get_status()).reasons[0] == "memory 81 %"

    await until_async("a sample", some)
    machines.broken = "no such sensor"
    await until_async("the failure is said", said)
    machines.broken = ""
    await until_async("it is mended", mended)
    assert "health check failed" in caplog.text


async def test_a_database_that_refuses_is_said_too(db: Database, monitor: Monitor) -> None:
    await monitor.start_monitoring()

    async def some() -> bool:
        return await samples(db) >= 1

    async def said() -> bool:
        return (await monitor.get_status()).reasons[0].startswith("check failed: The database is not as")

    await until_async("a sample", some)
    async with db.write() as connection:
        await connection.execute(text("DROP TABLE health_samples"))
    await until_async("the failure is said", said)


async def test_a_blocked_loop_shows_as_delay(db: Database, monitor: Monitor) -> None:
    await monitor.start_monitoring()

    async def lagged() -> bool:
        time.sleep(0.15)  # noqa: ASYNC251 (the point: somebody blocks the loop)
        return await samples(db, health_samples.c.lag_ms >= 100) >= 1

    await until_async("a delay is measured", lagged)
    assert any(reason.startswith("delay ") for reason in (await monitor.get_status()).reasons)


async def test_the_health_of_one_campaign(monitor: Monitor) -> None:
    lost = await monitor.check_campaign(TIDEWATER)
    assert (lost.status, lost.runs) == (CampaignStatus.LOST, {"lost": 1})
    assert set(lost.findings) == {Severity.ERROR, Severity.WARNING, Severity.INFO}
    assert lost.lock is not None
    assert (lost.lock.state, lost.lock.run) == (LockState.EXPIRED, 5)
    assert str(lost.lock.holder) == "jon@tour-laptop (process 8841)"
    assert lost.findings[Severity.ERROR] == 1
    assert lost.reasons == ("its run is lost", "its lock is left behind", "1 error open")
    well = await monitor.check_campaign(HALF_LIGHT)
    assert (well.score, well.reasons, well.lock) == (100, (), None)
    with pytest.raises(UsageError):
        await monitor.check_campaign("2026_NO_SUCH")
