"""The story's database, and a reader that looks at it in that afternoon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.story import VIEWER, write_story_file
from tests.support.clock import AFTERNOON


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the story's database file holds."""
    return write_story_file(tmp_path_factory.mktemp("story") / "story.sqlite3", AFTERNOON).read_bytes()


@pytest.fixture
async def db(story: bytes, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "story.sqlite3"
    path.write_bytes(story)
    async with await Database.open(str(path), clock=lambda: AFTERNOON) as database:
        yield database


@pytest.fixture
def reader(db: Database) -> SnapshotReader:
    return SnapshotReader(db, VIEWER, LockAges())
