"""MailerLite's quota as all processes share it: its count is a row of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bema_tui.model import ServiceName, ServiceState
from bema_tui.providers.http.ports import Interrupt
from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.providers.quota.period import BatchCost, QuotaPeriod
from bema_tui.settings import Settings
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.database import Database
from bema_tui.store.quota import QuotaPeriods, QuotaRow
from bema_tui.store.service_states import Services
from bema_tui.waits import WaitBoard


class _DatabasePeriod:
    """Implements ``PeriodKeeper``: the period of an account as its database keeps it, for every process."""

    def __init__(self, db: Database, url: str, quota: int) -> None:
        self._rows = QuotaPeriods(db, url, quota)

    async def change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> QuotaPeriod:
        """Change it, with nobody in between."""
        return period_of(await self._rows.change(lambda row: _row(step(period_of(row)))))


def period_of(row: QuotaRow) -> QuotaPeriod:
    """Return the period that a row of the database holds; its times are seconds since 1970."""
    started, ends, closed = (
        None if moment is None else moment.timestamp() for moment in (row.started_at, row.ends_at, row.closed_until)
    )
    return QuotaPeriod(row.quota, row.used, row.pending, started, ends, row.answered, closed)


def _row(period: QuotaPeriod) -> QuotaRow:
    started, ends, closed = (
        None if moment is None else datetime.fromtimestamp(moment, UTC)
        for moment in (period.started, period.ends, period.closed_until)
    )
    return QuotaRow(period.limit, period.used, period.pending, started, ends, period.answered, closed)


class SharedGate(QuotaGate):
    """A quota gate whose count is shared through the database, and that writes what it learns where all read it."""

    def __init__(self, db: Database, settings: Settings, interrupt: Interrupt, waits: WaitBoard | None = None) -> None:
        quota = settings.quota
        super().__init__(
            quota,
            interrupt=interrupt,
            clock=lambda: db.now().timestamp(),
            keeper=_DatabasePeriod(db, settings.mailerlite.url, quota.quota),
            patience=settings.http.patience,
            waits=waits,
        )
        self._services = Services(db)
        self._facts = AccountFacts(db)
        self._knows = False

    async def admit(self, cost: int) -> None:
        """Wait until ``cost`` fits into what all processes together may use."""
        await self.recall()
        await super().admit(cost)

    async def room_for_batch(self, items: int, least: int = 1) -> int:
        """Take room for the next batch, and return how many items it may carry."""
        await self.recall()
        return await super().room_for_batch(items, least)

    async def recall(self) -> None:
        """Take over what earlier runs learned of batches."""
        if not self._knows:
            self._knows = True
            base, item = (
                await self._facts.number(AccountFact.BATCH_BASE),
                await self._facts.number(AccountFact.BATCH_ITEM),
            )
            if base is not None and item is not None:
                self.batch_cost = BatchCost(base, item)

    async def batch_cost_measured(self, cost: BatchCost) -> None:
        """Keep it for the account."""
        await super().batch_cost_measured(cost)
        await self._facts.learned(AccountFact.BATCH_BASE, cost.base)
        await self._facts.learned(AccountFact.BATCH_ITEM, cost.item)

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over the server's count, and show that it answers."""
        await super().learn(limit=limit, remaining=remaining, cost=cost)
        if remaining is not None:
            await self._services.record(ServiceName.MAILERLITE, ServiceState.OK)

    async def refused(self, retry_after: float) -> float:
        """Close, and say so."""
        own = await super().refused(retry_after)
        detail = f"quota used up, {retry_after:.0f}s to wait"
        await self._services.record(ServiceName.MAILERLITE, ServiceState.SLOW, detail)
        return own
