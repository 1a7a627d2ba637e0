"""Runs that take time on a clock of the test's: their requests and their waits move it, and nothing else does."""

from __future__ import annotations

from attrs import frozen

from bema_tui.model import Holder
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.operations.health import open_monitor
from bema_tui.operations.jobs import Jobs
from bema_tui.operations.workspace import Workspace
from bema_tui.providers.http.ports import Interrupt, RequestMeter
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from bema_tui.settings import EddSettings, MailerLiteSettings, Settings
from bema_tui.simulator import Endpoints
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.sync.connections import Connections, connector
from bema_tui.sync.runner import Runner
from bema_tui.waits import WaitBoard
from tests.support.clock import SetClock

MAILERLITE_SECONDS = 0.4
"""What each request to MailerLite takes."""
SHOP_SECONDS = 1.5
"""What each request to the shop takes."""


@frozen
class PacedMeter:
    """Implements ``RequestMeter``: counts on the run's own meter, and lets time pass."""

    meter: RequestMeter
    clock: SetClock

    def count(self, provider: str, *, write: bool, cost: int, retried: bool) -> None:
        self.meter.count(provider, write=write, cost=cost, retried=retried)
        self.clock.forward(MAILERLITE_SECONDS if provider == MailerLite.name else SHOP_SECONDS)


@frozen
class PacedInterrupt:
    """Implements ``Interrupt``: whoever sleeps lets time pass, and no test waits for it."""

    interrupt: Interrupt
    clock: SetClock

    def check(self) -> None:
        self.interrupt.check()

    async def sleep(self, seconds: float) -> None:
        self.clock.forward(seconds)
        await self.interrupt.sleep(0)


def settings_at(at: Endpoints, database: str) -> Settings:
    """The settings of somebody who works at a simulator; their runs say twice a second that they live."""
    return Settings(
        database_url=database,
        mailerlite=MailerLiteSettings(url=at.mailerlite_url, key=Secret(at.mailerlite_key)),
        edd=EddSettings(url=at.edd_url, key=Secret(at.edd_key), token=Secret(at.edd_token)),
        health=MonitorSettings(memory_limit=4 << 30),  # the tests' own memory is in this process
        locks=LockAges(heartbeat=0.1),
    )


def workspace_of(db: Database, settings: Settings, me: Holder) -> Workspace:
    """The workspace of a process that this one stands in for."""
    ages = LockAges()
    return Workspace(settings, db, me, DatabaseLocks(db, ages, me), SnapshotReader(db, me, ages))


def paced_jobs(workspace: Workspace, clock: SetClock) -> Jobs:
    """The owner of jobs whose requests move the clock."""
    connect = connector(workspace.db, workspace.settings)

    def paced(interrupt: Interrupt, meter: RequestMeter, waits: WaitBoard | None = None) -> Connections:
        return connect(PacedInterrupt(interrupt, clock), PacedMeter(meter, clock), waits)

    runner = Runner(workspace.db, workspace.settings, workspace.me, workspace.locks, paced)
    return Jobs(runner, open_monitor(workspace))
