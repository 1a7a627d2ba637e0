"""How much Hypothesis tries, which tests are slow, and what tests of all folders may take."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bema_tui.store.database import Database

pytest_plugins = ["tests.support.fixtures", "tests.support.sample"]

# ``HYPOTHESIS_PROFILE=nightly`` is for a night's work.
# The parsers of foreign JSON take a hundred times this; see tests/providers/test_parsing.py.
settings.register_profile(
    "nightly", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("usual", deadline=None)  # how busy the machine is says nothing about the program
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "usual")


TESTS = Path(__file__).parent
SLOW_ROOMS = {"cli", "end_to_end", "simulator", "stand_ins", "tui"}
"""Folders in which each test runs commands, screens or simulators."""
SLOW_FIXTURES = {"simulated", "simulators", "operator", "operators", "label", "planned", "weekend"}
"""What a test elsewhere takes that does so."""


LONGEST_FIRST = ("end_to_end", "cli", "tui", "stand_ins", "sync", "store")
"""The rooms whose tests take longest, in the order in which they are begun: none is waited for in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the slow tests, but for the few that are slow for another reason and say so; and puts the longest first."""

    def room_of(item: pytest.Item) -> str:
        return item.path.relative_to(TESTS).parts[0]

    places = {room: place for place, room in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(room_of(item), len(places)))
    for item in items:
        room = room_of(item)
        if room in SLOW_ROOMS or SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


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
