"""Shows everybody how a service fared while it was used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized, RateLimited, WriteUnknown
from bema_tui.model import ServiceState
from bema_tui.store.database import Database
from bema_tui.store.service_states import Services


@asynccontextmanager
async def state_shown(db: Database, name: str) -> AsyncIterator[None]:
    """Write down how a service (``shop`` or ``mailerlite``) fared in the block that uses it."""
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
