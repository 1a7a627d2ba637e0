"""A real database file, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.members import Members
from bema_tui.store.schema import locks
from tests.store.members import CODE
from tests.support.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def db(database_file: Path, clock: SetClock) -> AsyncIterator[Database]:
    async with await Database.open(str(database_file), clock=clock) as database:
        yield database


@pytest.fixture
async def members(db: Database) -> Members:
    """The members of one campaign, in the hands of a run that holds its lock."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    held = {"key": CODE, "token": 1, "id": "a", "held": True, "user": "ana", "host": "h", "pid": 1, "boot_id": "b"}
    held |= {"process_started": 1.0, "operation": "sync", "since": now, "last_beat": now}
    async with db.write() as connection:
        await connection.execute(locks.insert().values(**held))
    return Members(db, CODE, 7, Fence(CODE, 1))
