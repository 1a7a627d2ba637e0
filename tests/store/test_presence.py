"""Consoles see each other; what the services told is written at most once a second."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bema_tui.model import Holder, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.presence import Presence, Services
from bema_tui.store.schema import consoles, services
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.store.conftest import SetClock

MARIA = Holder("maria", "studio-1", 1, "boot", 1.0)
JON = Holder("jon", "desk-2", 2, "boot", 1.0)


class SetTimer:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def here(db: Database) -> tuple[str, ...]:
    return (await SnapshotReader(db, MARIA, LockAges()).read()).people_here


async def test_open_consoles_are_seen_until_they_close_or_fall_silent(db: Database, clock: SetClock) -> None:
    maria, jon = Presence(db, MARIA), Presence(db, JON)
    await maria.opened()
    clock.forward(10)
    await jon.opened()
    await Presence(db, MARIA).opened()
    assert await here(db) == ("maria", "jon")
    clock.forward(85)
    await jon.beat()
    assert await here(db) == ("jon", "maria"), "maria is here by her second console alone"
    clock.forward(10)
    assert await here(db) == ("jon",)
    await jon.closed()
    assert await here(db) == ()


async def test_a_console_that_died_is_forgotten_after_a_day(db: Database, clock: SetClock) -> None:
    await Presence(db, JON).opened()
    clock.forward(25 * 3600)
    await Presence(db, MARIA).opened()
    async with db.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(consoles)) == 1


async def row(db: Database, name: str) -> Any:
    async with db.read() as connection:
        return (await connection.execute(select(services).where(services.c.name == name))).one()


async def test_a_quota_is_written_at_most_once_a_second(db: Database) -> None:
    timer = SetTimer()
    told = Services(db, timer)
    assert await told.record("mailerlite", ServiceState.OK, quota_limit=120, quota_left=100)
    timer.at += 0.5
    assert not await told.record("mailerlite", ServiceState.OK, quota_limit=120, quota_left=99)
    assert (await row(db, "mailerlite")).quota_left == 100
    timer.at += 0.5
    assert await told.record("mailerlite", ServiceState.OK, quota_limit=120, quota_left=98)
    assert (await row(db, "mailerlite")).quota_left == 98


async def test_a_change_of_state_is_written_at_once(db: Database) -> None:
    told = Services(db, SetTimer())
    await told.record("shop", ServiceState.OK, latency_ms=400.0)
    assert await told.record("shop", ServiceState.DOWN, "no answer\x1b[31m")
    found = await row(db, "shop")
    assert (found.state, found.latency_ms) == (ServiceState.DOWN, 400.0), "a figure that is not told stays as it was"
    assert "\x1b" not in found.detail
    assert not await told.record("shop", ServiceState.DOWN, "no answer\x1b[31m")


@pytest.mark.parametrize("name", ["mailerlite", "shop"])
async def test_services_do_not_hold_each_other_back(db: Database, name: str) -> None:
    told = Services(db, SetTimer())
    await told.record("mailerlite" if name == "shop" else "shop", ServiceState.OK)
    assert await told.record(name, ServiceState.OK)
