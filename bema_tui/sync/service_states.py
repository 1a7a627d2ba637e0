"""Shows everybody how a service fared while it was used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized, RateLimited, WriteUnknown
from bema_tui.model import ServiceName, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.service_states import Services
from bema_tui.sync.ports import Shop
from bema_tui.waits import WaitReason

_COUNTS_REQUESTS: Final = frozenset({WaitReason.QUOTA, WaitReason.TOO_MANY})
"""What a service is waited for that answers, and takes no more requests for now."""


@asynccontextmanager
async def mailerlite_state_shown(db: Database) -> AsyncIterator[None]:
    """Write down what MailerLite failed over in the block that uses it; that it answers is written with its quota."""
    async with _failures_shown(Services(db), ServiceName.MAILERLITE):
        yield


@asynccontextmanager
async def shop_state_shown(db: Database, shop: Shop) -> AsyncIterator[None]:
    """Write down how the shop fared in the block that uses it, and how long its last answer took."""
    services = Services(db)
    async with _failures_shown(services, ServiceName.SHOP):
        yield
    seconds = shop.answer_seconds
    await services.record(ServiceName.SHOP, ServiceState.OK, latency_ms=None if seconds is None else seconds * 1000)


@asynccontextmanager
async def _failures_shown(services: Services, name: ServiceName) -> AsyncIterator[None]:
    try:
        yield
    except NotAuthorized as error:
        await services.record(name, ServiceState.REFUSED, error.message)
        raise
    except (ConnectionFailed, RateLimited, WriteUnknown, BadAnswer) as error:
        answers = isinstance(error, RateLimited) and error.wait.reason in _COUNTS_REQUESTS
        await services.record(name, ServiceState.SLOW if answers else ServiceState.DOWN, error.message)
        raise
