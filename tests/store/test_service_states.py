"""How the services are is written at most once a second, and at once where it changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bema_tui.model import ServiceName, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.schema import services
from bema_tui.store.service_states import Services
from tests.support.clock import SetClock, SetTimer


async def row(db: Database, name: str) -> Any:
    async with db.read() as connection:
        return (await connection.execute(select(services).where(services.c.name == name))).one()


async def test_that_a_service_is_as_it_was_is_written_at_most_once_a_second(db: Database, clock: SetClock) -> None:
    timer = SetTimer()
    told = Services(db, timer)
    assert await told.record(ServiceName.MAILERLITE, ServiceState.OK)
    first = (await row(db, "mailerlite")).at
    clock.forward(1)
    timer.forward(0.5)
    assert not await told.record(ServiceName.MAILERLITE, ServiceState.OK)
    assert (await row(db, "mailerlite")).at == first
    timer.forward(0.5)
    assert await told.record(ServiceName.MAILERLITE, ServiceState.OK)
    assert (await row(db, "mailerlite")).at > first


async def test_a_change_of_state_is_written_at_once(db: Database) -> None:
    told = Services(db, SetTimer())
    await told.record(ServiceName.SHOP, ServiceState.OK, latency_ms=400.0)
    assert await told.record(ServiceName.SHOP, ServiceState.DOWN, "no answer\x1b[31m")
    found = await row(db, "shop")
    assert (found.state, found.latency_ms) == (ServiceState.DOWN, 400.0), "a figure that is not told stays as it was"
    assert "\x1b" not in found.detail
    assert not await told.record(ServiceName.SHOP, ServiceState.DOWN, "no answer\x1b[31m")


@pytest.mark.parametrize("name", ServiceName)
async def test_services_do_not_hold_each_other_back(db: Database, name: ServiceName) -> None:
    told = Services(db, SetTimer())
    await told.record(ServiceName.MAILERLITE if name is ServiceName.SHOP else ServiceName.SHOP, ServiceState.OK)
    assert await told.record(name, ServiceState.OK)
