"""Connects a run to the shop and to MailerLite, and shows everybody how both are by what their answers say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

from attrs import frozen

from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized, RateLimited, WriteUnknown
from bema_tui.model import ServiceState
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.ports import Interrupt, PacingGate, RequestMeter
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.quota.gate import WindowGate
from bema_tui.providers.quota.period import BatchCost, Window
from bema_tui.settings import Settings
from bema_tui.store.account_facts import AccountFacts
from bema_tui.store.database import Database
from bema_tui.store.quota import QuotaRow, QuotaWindows
from bema_tui.store.service_states import Services
from bema_tui.waits import WaitBoard


class _DatabaseWindow:
    """Implements ``WindowKeeper``: the window of an account as its database keeps it, for every process."""

    def __init__(self, db: Database, account: str, quota: int) -> None:
        self._rows = QuotaWindows(db, account, quota)

    async def change(self, step: Callable[[Window], Window]) -> Window:
        """Change it, with nobody in between."""
        return window_of(await self._rows.change(lambda row: _row(step(window_of(row)))))


def window_of(row: QuotaRow) -> Window:
    """Return the window that a row of the database holds; its times are seconds since 1970."""
    started, ends, closed = (
        None if moment is None else moment.timestamp() for moment in (row.started_at, row.ends_at, row.closed_until)
    )
    return Window(row.quota, row.used, row.pending, started, ends, row.answered, closed)


def _row(window: Window) -> QuotaRow:
    started, ends, closed = (
        None if moment is None else datetime.fromtimestamp(moment, UTC)
        for moment in (window.started, window.ends, window.closed_until)
    )
    return QuotaRow(window.limit, window.used, window.pending, started, ends, window.answered, closed)


class SharedGate(WindowGate):
    """A window gate whose count is shared through the database, and that writes what it learns where all read it."""

    def __init__(self, db: Database, settings: Settings, interrupt: Interrupt, waits: WaitBoard | None = None) -> None:
        quota = settings.quota
        super().__init__(
            quota,
            interrupt=interrupt,
            clock=lambda: db.now().timestamp(),
            keeper=_DatabaseWindow(db, settings.mailerlite.url, quota.quota),
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
        """Take room for the next batch; answer how many items it may carry."""
        await self.recall()
        return await super().room_for_batch(items, least)

    async def recall(self) -> None:
        """Take over what earlier runs learned of batches."""
        if not self._knows:
            self._knows = True
            base, item = await self._facts.number("batch_base"), await self._facts.number("batch_item")
            if base is not None and item is not None:
                self.batch_cost = BatchCost(base, item)

    async def batch_cost_measured(self, cost: BatchCost) -> None:
        """Keep it for the account."""
        await super().batch_cost_measured(cost)
        await self._facts.learned("batch_base", cost.base)
        await self._facts.learned("batch_item", cost.item)

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over the server's count, and show that it answers."""
        await super().learn(limit=limit, remaining=remaining, cost=cost)
        if remaining is not None:
            await self._services.record("mailerlite", ServiceState.OK)

    async def refused(self, retry_after: float) -> float:
        """Close, and say so."""
        own = await super().refused(retry_after)
        detail = f"quota used up, {retry_after:.0f}s to wait"
        await self._services.record("mailerlite", ServiceState.SLOW, detail)
        return own


@asynccontextmanager
async def shown_as(db: Database, name: str) -> AsyncIterator[None]:
    """Show everybody how a service (``shop`` or ``mailerlite``) fared while this work used it."""
    services = Services(db)
    try:
        yield
    except NotAuthorized as error:
        await services.record(name, ServiceState.REFUSED, error.message)
        raise
    except (ConnectionFailed, RateLimited, WriteUnknown, BadAnswer) as error:
        await services.record(name, ServiceState.DOWN, error.message)
        raise
    if name == "shop":
        await services.record(name, ServiceState.OK)


@frozen
class Connections:
    """The two services of one run, and MailerLite's gate."""

    mailerlite: MailerLite
    shop: EasyDigitalDownloads
    gate: SharedGate

    async def close(self) -> None:
        """Close both clients' connections."""
        await self.mailerlite.aclose()
        await self.shop.aclose()


class Connect(Protocol):
    """Connects a run, or a command, to both services."""

    def __call__(self, interrupt: Interrupt, meter: RequestMeter, waits: WaitBoard | None = None) -> Connections:
        """Prepare both; nothing is sent yet. ``waits`` shows what is waited for.

        Raises:
            ConfigurationError: an address or a key can't be used.
        """
        ...


def connector(db: Database, settings: Settings) -> Connect:
    """How runs of these settings connect."""
    # One circuit for each service and process: what one run found out, the next one need not.
    mailing, shopping = Breaker(), Breaker()

    def connect(interrupt: Interrupt, meter: RequestMeter, waits: WaitBoard | None = None) -> Connections:
        gate = SharedGate(db, settings, interrupt, waits)
        return Connections(
            mailerlite=connect_mailerlite(settings, gate, interrupt, meter, mailing, waits),
            shop=connect_shop(settings, interrupt, meter, shopping, waits),
            gate=gate,
        )

    return connect


def connect_mailerlite(
    settings: Settings,
    gate: PacingGate,
    interrupt: Interrupt,
    meter: RequestMeter,
    breaker: Breaker | None = None,
    waits: WaitBoard | None = None,
) -> MailerLite:
    """MailerLite as the settings name it; nothing is sent yet.

    Raises:
        ConfigurationError: its address or its key can't be used, or what the environment says of proxies or
            certificates.
    """
    return MailerLite(
        settings.mailerlite.url,
        settings.mailerlite.key,
        gate=gate,
        interrupt=interrupt,
        meter=meter,
        policy=settings.http,
        breaker=breaker,
        waits=waits,
    )


def connect_shop(
    settings: Settings,
    interrupt: Interrupt,
    meter: RequestMeter,
    breaker: Breaker | None = None,
    waits: WaitBoard | None = None,
) -> EasyDigitalDownloads:
    """The shop as the settings name it; nothing is sent yet.

    Raises:
        ConfigurationError: as for MailerLite.
    """
    return EasyDigitalDownloads(
        settings.edd.url,
        settings.edd.key,
        settings.edd.token,
        interrupt=interrupt,
        meter=meter,
        policy=settings.http,
        paging=settings.paging,
        credentials_in_url=settings.edd_credentials_in_url,
        breaker=breaker,
        waits=waits,
    )
