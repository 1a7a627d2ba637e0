"""Shows everybody how a service fared while it was used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bema_tui.errors import BadAnswer, BemaError, ConnectionFailed, NotAuthorized, RateLimited, WriteUnknown
from bema_tui.model import ServiceName, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.service_states import Services
from bema_tui.sync.ports import Shop
from bema_tui.waits import Wait, WaitReason


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
        await services.record(name, _state_by(error), error.message)
        raise


def _state_by(error: BemaError) -> ServiceState:
    """Return how a service is over which a run failed: one that answers, and only counts requests, is not down."""
    match error:
        case RateLimited(wait=Wait(reason=WaitReason.QUOTA | WaitReason.TOO_MANY)):
            return ServiceState.SLOW
        case _:
            return ServiceState.DOWN
