"""A real database file, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bema_tui.store.database import Database


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def db(database_file: Path, clock: SetClock) -> AsyncIterator[Database]:
    async with await Database.open(str(database_file), clock=clock) as database:
        yield database
