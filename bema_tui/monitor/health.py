"""The health monitor: gauges every few seconds, a full check every few minutes, kept where every console reads."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from attrs import evolve

from bema_tui.errors import DatabaseBusy
from bema_tui.health import CampaignHealth
from bema_tui.interfaces import HealthMonitor, LockHandler
from bema_tui.model import CampaignStatus, HealthStatus, Holder, RunState, Severity
from bema_tui.monitor.measure import Machine, Probe, SystemProbe
from bema_tui.monitor.score import Readings, judge, judge_campaign
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.store.activity import Activity
from bema_tui.store.database import Database
from bema_tui.store.health_samples import HealthSamples
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.snapshot.facts import Facts, count_runs, read_facts, read_open_findings
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.runs import Moment
from bema_tui.text import clean
from bema_tui.waits import stalled_words

_log = logging.getLogger(__name__)

_LAG_STEP: Final = 0.5  # seconds between two looks at the event loop's lag


class Monitor:
    """Implements ``interfaces.HealthMonitor`` for this process and its machine.

    ``me`` signs the samples, ``ages`` judge the locks, ``probe`` measures, ``timer`` counts the
    seconds that a read takes. Time is the database's clock.
    """

    def __init__(
        self,
        db: Database,
        settings: MonitorSettings,
        me: Holder,
        ages: LockAges,
        *,
        probe: Probe | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._db = db
        self._settings = settings
        self._me = me
        self._ages = ages
        self._probe = probe or SystemProbe()
        self._timer = timer
        self._reader = SnapshotReader(db, me, ages, stalled_after=settings.stalled_after_seconds)
        self._samples = HealthSamples(db, me)
        self._locks: LockHandler = DatabaseLocks(db, ages, me)
        self._latest: HealthStatus | None = None
        self._problem = ""
        self._lag_ms = 0.0
        self._task: asyncio.Task[None] | None = None
        self._measures = False
        self._stalled: dict[int, bool] = {}
        """The runs that are watched, and whether each was seen to have stalled."""

    async def start_monitoring(self, job: int | None = None) -> None:
        """Begin to watch a run, or (None) to sample; nothing more happens when that has begun already.

        Of a run that is watched it is written down, for everybody to read, when it stalls and when it moves again.
        """
        if job is None:
            self._measures = True
        else:
            self._stalled.setdefault(job, False)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="health monitor")

    async def stop_monitoring(self, job: int | None = None) -> None:
        """Stop watching a run, or (None) sampling; with the last of them the background task ends, which is awaited."""
        if job is None:
            self._measures = False
        else:
            self._stalled.pop(job, None)
        if self._measures or self._stalled:
            return
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def perform_check(self) -> HealthStatus:
        """Measure everything now, store the sample, forget samples older than a day, and return it.

        Where another process keeps the database from being written, the sample says so and is not stored.

        Raises:
            StoreError: the database can't be read or written.
        """
        return await self._sample(full_check=True)

    async def get_status(self) -> HealthStatus:
        """The latest sample, measured now if there is none; a check that failed since is its first reason."""
        if self._latest is None:
            return await self.perform_check()
        if not self._problem:
            return self._latest
        return evolve(self._latest, reasons=(self._problem, *self._latest.reasons))

    async def check_campaign(self, code: str) -> CampaignHealth:
        """The health of one campaign: status, lock, runs by state, open findings by severity, last sync, score.

        Raises:
            UsageError: there is no such campaign.
        """
        view = (await self._reader.campaign_stats(code))[0]
        moment = self._moment()
        held = {view.code: view.lock} if view.lock is not None else {}
        async with self._db.read() as connection:
            runs = await count_runs(connection, moment, held, code)
            findings = await read_open_findings(connection, code)
        left_behind = int(view.lock is not None and view.lock.state.releasable)
        score = judge_campaign(
            lost=bool(runs.states.get(RunState.LOST)),
            stalled=runs.stalled > 0,
            left_behind=left_behind,
            errors_open=findings[Severity.ERROR],
            failed=view.status is CampaignStatus.FAILED,
            blocked=view.status is CampaignStatus.BLOCKED,
        )
        return CampaignHealth(
            campaign=code,
            status=view.status,
            lock=view.lock,
            runs=runs.states,
            findings=findings,
            last_sync=view.last_sync,
            score=score.value,
            reasons=score.reasons,
        )

    async def _watch(self) -> None:
        """Look for as long as nobody stops it; what fails once is said, and tried again at the next turn."""
        checked_at: float | None = None
        while True:
            full_check = checked_at is None or time.monotonic() - checked_at >= self._settings.check_every
            try:
                if self._measures:
                    await (self.perform_check() if full_check else self._sample(full_check=False))
                for job in tuple(self._stalled):
                    await self._look_at(job)
            except Exception as error:  # noqa: BLE001 (one bad sample, of whatever kind, must not blind the monitor)
                self._problem = clean(f"check failed: {getattr(error, 'message', error)}")
                _log.warning("health check failed", exc_info=True)
            else:
                checked_at = time.monotonic() if full_check and self._measures else checked_at
            await self._wait()

    async def _look_at(self, job: int) -> None:
        """Write down when a watched run stalls, with how its process is, and when it moves again."""
        run = await self._reader.run(job)
        if bool(run.stalled_seconds) is self._stalled.get(job, False):
            return
        text = f"run {job} makes progress again"
        if run.stalled_seconds:
            memory = self._probe.measure(self._settings).memory_usage >> 20
            held = [lock for lock in await self._locks.get_active_locks() if lock.run == job]
            beat = "".join(
                f", last sign of life {(self._db.now() - lock.last_beat).total_seconds():.0f} s ago" for lock in held
            )
            text = f"run {job} makes {stalled_words(run.stalled_seconds)}{beat}, memory {memory} MiB"
        await Activity(self._db).add("monitor", "stalled", text, run.campaign, job, host=self._me.host)
        if job in self._stalled:
            self._stalled[job] = bool(run.stalled_seconds)

    async def _wait(self) -> None:
        """Wait for the next turn, and learn how late the event loop wakes us."""
        until = time.monotonic() + self._settings.gauges_every
        worst = 0.0
        while (left := until - time.monotonic()) > 0:
            step = min(_LAG_STEP, left)
            begun = time.monotonic()
            await asyncio.sleep(step)
            worst = max(worst, time.monotonic() - begun - step)
        self._lag_ms = worst * 1000

    async def _sample(self, *, full_check: bool) -> HealthStatus:
        machine = self._probe.measure(self._settings)
        database_ms = await self._time_a_read()
        async with self._db.read() as connection:
            facts = await read_facts(connection, self._moment())
        readings = self._readings(machine, facts, database_ms)
        self._problem = ""
        self._latest = status = self._status(readings, machine, facts)
        try:
            await self._samples.add(status, lag_ms=self._lag_ms, full_check=full_check)
        except DatabaseBusy as busy:
            held = evolve(readings, database_held_by=busy.holder or "another process")
            self._latest = status = self._status(held, machine, facts)
        return status

    def _status(self, readings: Readings, machine: Machine, facts: Facts) -> HealthStatus:
        score = judge(readings)
        return HealthStatus(
            at=self._db.now(),
            memory_usage=machine.memory_usage,
            memory_limit=machine.memory_limit,
            load_average=machine.load_average,
            cores=machine.cores,
            cpu_percent=machine.cpu_percent,
            job_status=facts.jobs,
            active_processes=facts.active_processes,
            database_ms=readings.database_ms,
            health_score=score.value,
            reasons=score.reasons,
        )

    async def _time_a_read(self) -> float:
        """Milliseconds that the smallest read takes."""
        begun = self._timer()
        await self._samples.smallest_read()
        return (self._timer() - begun) * 1000

    def _readings(self, machine: Machine, facts: Facts, database_ms: float) -> Readings:
        return Readings(
            memory_usage=machine.memory_usage,
            memory_limit=machine.memory_limit,
            memory_warning_percent=self._settings.memory_warning_percent,
            memory_pause_percent=self._settings.memory_pause_percent,
            machine_available=machine.machine_available,
            machine_reserve=self._settings.machine_reserve,
            load=machine.load_average[0],
            cores=machine.cores,
            database_ms=database_ms,
            lag_ms=self._lag_ms,
            runs_lost=facts.runs_lost,
            runs_stalled=facts.runs_stalled,
            locks=facts.locks,
            errors_open=facts.errors_open,
        )

    def _moment(self) -> Moment:
        return Moment(self._db.now(), self._me, self._ages, self._settings.stalled_after_seconds)


if TYPE_CHECKING:
    _implements: type[HealthMonitor] = Monitor
