"""How much Hypothesis tries, and an empty database that is migrated once and copied from then on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bema_tui.store.database import Database

# ``HYPOTHESIS_PROFILE=nightly`` is for a night's work.
# The parsers of foreign JSON take a hundred times this; see tests/providers/test_parsing.py.
settings.register_profile(
    "nightly", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("usual", deadline=None)  # how busy the machine is says nothing about the program
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "usual")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a database file of the present schema holds, with nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "bema.sqlite3"

    async def make() -> None:
        await (await Database.open(str(path))).close()

    asyncio.run(make())
    return path.read_bytes()


@pytest.fixture
def database_file(tmp_path: Path, empty_database: bytes) -> Path:
    """An empty database of the test's own."""
    path = tmp_path / "bema.sqlite3"
    path.write_bytes(empty_database)
    return path
