"""One simulator for all comparisons with recordings: they hold shapes against shapes, whatever was written before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bema_tui.simulator import SimulatorServer, SimulatorSettings
from tests.recordings.simulator.served import Served
from tests.simulator.client import Client

SETTINGS = SimulatorSettings(seed=7, subscribers=150, orders=160, quota=100_000, import_quota=1000, allow_create=True)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with SimulatorServer(SETTINGS) as server:
        client = Client(server)
        yield Served(client, server.world)
        client.close()
