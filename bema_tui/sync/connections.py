"""Connects a run, or a command, to the shop and to MailerLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.ports import Interrupt, PacingGate, RequestMeter
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.settings import Settings
from bema_tui.store.database import Database
from bema_tui.sync.ports import MailingService, Shop
from bema_tui.sync.shared_quota import SharedGate
from bema_tui.waits import WaitBoard


@frozen
class Connections:
    """The two services of one run, and MailerLite's quota."""

    mailerlite: MailingService
    """The mailing service."""
    shop: Shop
    """The shop."""
    quota: SharedGate
    """MailerLite's quota."""

    async def close(self) -> None:
        """Close both clients' connections."""
        await self.mailerlite.aclose()
        await self.shop.aclose()


class Connect(Protocol):
    """Connects a run, or a command, to both services."""

    def __call__(self, interrupt: Interrupt, meter: RequestMeter, waits: WaitBoard | None = None) -> Connections:
        """Prepare both; nothing is sent yet. ``waits`` shows what is waited for.

        Raises:
            ConfigurationError: a URL or a key can't be used.
        """
        ...


def connector(db: Database, settings: Settings) -> Connect:
    """Return how runs of these settings connect."""
    # One circuit for each service and process: what one run found out, the next one need not.
    mailing, shopping = Breaker(), Breaker()

    def connect(interrupt: Interrupt, meter: RequestMeter, waits: WaitBoard | None = None) -> Connections:
        gate = SharedGate(db, settings, interrupt, waits)
        return Connections(
            mailerlite=connect_mailerlite(settings, gate, interrupt, meter, mailing, waits),
            shop=connect_shop(settings, interrupt, meter, shopping, waits),
            quota=gate,
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
    """Return MailerLite as the settings name it; nothing is sent yet.

    Raises:
        ConfigurationError: its URL or its key can't be used, or what the environment says of proxies or
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
    """Return the shop as the settings name it; nothing is sent yet.

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


if TYPE_CHECKING:
    # The run needs more of both than their own contract says: here they are held to that.
    _mailing_service: type[MailingService] = MailerLite
    _shop: type[Shop] = EasyDigitalDownloads
