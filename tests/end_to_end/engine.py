"""The engine in this process, for the end-to-end tests where a process of its own adds nothing but time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Row, select

from bema_tui.clock import Clock, utc_now
from bema_tui.model import Holder, RunKind, RunOptions, RunState
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.operations.discover import discover_campaigns
from bema_tui.operations.workspace import Workspace, workspace_on
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.secrets import Secret
from bema_tui.settings import EddSettings, MailerLiteSettings, Settings
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.schema import runs
from bema_tui.store.snapshot.findings import list_findings
from bema_tui.sync.connections import connector
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.runner import Runner
from tests.end_to_end.reference import CLEAR_CUT, Release
from tests.support.simulated import Simulated


@attrs.frozen
class Engine:
    """An open database with a runner on one simulator."""

    db: Database
    settings: Settings
    me: Holder
    runner: Runner

    @property
    def workspace(self) -> Workspace:
        """What operations work with."""
        return workspace_on(self.db, self.settings)

    async def discover(self) -> list[Release]:
        """Take up every clear campaign, and give them."""
        found = await discover_campaigns(self.workspace, add=True)
        rows: list[dict[str, Any]] = [
            {"code": c.code, "products": c.product_ids, "start": None if c.start is None else c.start.isoformat()}
            for c in found.proposals
        ]
        return [Release.read(row) for row in rows]

    async def plan(self, code: str) -> int:
        """A plan that waits for a yes; its run."""
        claimed = await self.runner.claim(code, kind=RunKind.PLAN)
        assert await self.runner.execute(claimed, RunInterrupt()) is RunState.PLANNED
        return claimed.run

    async def apply(self, run: int) -> RunState:
        """The yes to a plan that waits."""
        return await self.runner.execute(await self.runner.claim_apply(run), RunInterrupt())

    async def sync(self, code: str, *, create_missing: bool = True) -> RunState:
        """One sync with the yes given, however many people it moves."""
        options = RunOptions(yes=True, create_missing=create_missing, max_moves=1_000_000)
        claimed = await self.runner.claim(code, kind=RunKind.SYNC, options=options)
        return await self.runner.execute(claimed, RunInterrupt())

    async def last_run(self) -> Row[Any]:
        """The newest run as the database has it."""
        async with self.db.read() as connection:
            return (await connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1))).one()

    async def findings(self, code: str) -> Counter[str]:
        """How many open findings of each clear-cut rule a campaign has."""
        found = await list_findings(self.db, campaign=code, limit=1_000_000)
        return Counter(str(finding.rule) for finding in found if str(finding.rule) in CLEAR_CUT)


@asynccontextmanager
async def engine_on(
    simulated: Simulated,
    folder: Path,
    policy: HttpPolicy | None = None,
    *,
    clock: Clock = utc_now,
    quota: QuotaSettings | None = None,
) -> AsyncIterator[Engine]:
    """An engine with a fresh database in the folder, and unless one is named a quota that never makes it wait."""
    at = simulated.endpoints
    settings = Settings(
        database_url=f"sqlite:///{folder / 'bema.sqlite3'}",
        mailerlite=MailerLiteSettings(url=at.mailerlite_url, key=Secret(at.mailerlite_key)),
        quota=quota or QuotaSettings(quota=1_000_000),
        edd=EddSettings(url=at.edd_url, key=Secret(at.edd_key), token=Secret(at.edd_token)),
        health=MonitorSettings(memory_limit=4 << 30),  # the tests' own memory is in this process
        http=policy or HttpPolicy(),
    )
    me = current_holder()
    async with await Database.open(settings.database_url, clock=clock) as db:
        runner = Runner(db, settings, me, DatabaseLocks(db, LockAges(), me), connector(db, settings))
        yield Engine(db, settings, me, runner)
