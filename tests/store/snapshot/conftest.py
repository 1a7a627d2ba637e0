"""The weekend's database, and a reader that looks at it on Sunday afternoon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.support.weekend import NOW, VIEWER


@pytest.fixture
async def db(weekend_file: Path) -> AsyncIterator[Database]:
    async with await Database.open(str(weekend_file), clock=lambda: NOW) as database:
        yield database


@pytest.fixture
def reader(db: Database) -> SnapshotReader:
    return SnapshotReader(db, VIEWER, LockAges())
