"""Consoles see each other."""

from __future__ import annotations

from attrs import evolve
from sqlalchemy import func, select, update

from bema_tui.model import Holder
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.presence import Presence
from bema_tui.store.schema import consoles
from bema_tui.store.snapshot.facts import read_facts
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.runs import Moment
from tests.support.clock import SetClock

MARIA = Holder("maria", "studio-1", 1, "boot", 1.0)
JON = Holder("jon", "desk-2", 2, "boot", 1.0)


async def here(db: Database) -> tuple[str, ...]:
    return (await SnapshotReader(db, MARIA, LockAges()).read()).operators_here


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


async def test_a_process_that_holds_a_lock_and_has_a_console_open_is_one(db: Database, clock: SetClock) -> None:
    async def processes() -> int:
        async with db.read() as connection:
            return (await read_facts(connection, Moment(clock(), MARIA, LockAges(), 600))).active_processes

    await Presence(db, MARIA).opened()
    await Presence(db, JON).opened()
    assert await processes() == 2
    await DatabaseLocks(db, LockAges(), MARIA).acquire_lock("2024_ETB_NBL", "sync")
    assert await processes() == 2
    await DatabaseLocks(db, LockAges(), evolve(MARIA, pid=3)).acquire_lock("2025_ETB_HL", "sync")
    assert await processes() == 3
    async with db.write() as connection:
        await connection.execute(update(consoles).values(pid=None))
    assert await processes() == 4, "a console of an older version does not say which process it is"
