"""A real database file, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bema_tui.store.database import Database
from tests.support.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def db(database_file: Path, clock: SetClock) -> AsyncIterator[Database]:
    async with await Database.open(str(database_file), clock=clock) as database:
        yield database
