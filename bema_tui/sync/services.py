"""Connects a run to the shop and to MailerLite, and shows everybody how both are by what their answers say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from attrs import frozen

from bema_tui.config import Settings
from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized, WriteUnknown
from bema_tui.interfaces import Interrupt, RequestMeter
from bema_tui.providers.edd import EasyDigitalDownloads
from bema_tui.providers.gates import WindowGate
from bema_tui.providers.mailerlite import MailerLite
from bema_tui.store.database import Database
from bema_tui.store.presence import Services


class SharedGate(WindowGate):
    """A window gate that writes what it learns where every console reads it."""

    def __init__(self, db: Database, settings: Settings, interrupt: Interrupt) -> None:
        quota = settings.mailerlite
        super().__init__(quota.quota, quota.window_seconds, quota.reserve, interrupt=interrupt)
        self._db = db
        self._services = Services(db)

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over the server's count and show it."""
        await super().learn(limit=limit, remaining=remaining, cost=cost)
        if remaining is not None:
            await self._show("ok", "", remaining)

    async def refused(self, retry_after: float) -> None:
        """Close, and say so."""
        await super().refused(retry_after)
        await self._show("slow", f"quota used up, {retry_after:.0f}s to wait", 0)

    async def _show(self, state: str, detail: str, remaining: int) -> None:
        await self._services.record(
            "mailerlite",
            state,
            detail,
            None,
            self.limit,
            remaining,
            self._db.now() + timedelta(seconds=self.resets_in),
        )


@asynccontextmanager
async def shown_as(db: Database, name: str) -> AsyncIterator[None]:
    """Show everybody how a service (``shop`` or ``mailerlite``) fared while this work used it."""
    services = Services(db)
    try:
        yield
    except NotAuthorized as error:
        await services.record(name, "refused", error.message, None, None, None, None)
        raise
    except (ConnectionFailed, WriteUnknown, BadAnswer) as error:
        await services.record(name, "down", error.message, None, None, None, None)
        raise
    if name == "shop":
        await services.record(name, "ok", "", None, None, None, None)


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


Connect = Callable[[Interrupt, RequestMeter], Connections]


def connector(db: Database, settings: Settings) -> Connect:
    """How runs of these settings connect."""

    def connect(interrupt: Interrupt, meter: RequestMeter) -> Connections:
        gate = SharedGate(db, settings, interrupt)
        return Connections(
            mailerlite=MailerLite(
                settings.mailerlite.url,
                settings.mailerlite.key.reveal(),
                gate=gate,
                interrupt=interrupt,
                meter=meter,
            ),
            shop=EasyDigitalDownloads(
                settings.edd.url,
                settings.edd.key.reveal(),
                settings.edd.token.reveal(),
                interrupt=interrupt,
                meter=meter,
                page_size=settings.edd.page_size,
                parallel=settings.edd.parallel,
            ),
            gate=gate,
        )

    return connect
