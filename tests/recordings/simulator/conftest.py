"""One simulator for all comparisons with recordings: they hold shapes against shapes, whatever was written before."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from bema_tui.simulator import SimulatorServer, SimulatorSettings, World
from tests.simulator.conftest import Client

SETTINGS = SimulatorSettings(seed=7, subscribers=150, orders=160, quota=100_000, import_quota=1000, allow_create=True)


@attrs.frozen
class Desk:
    """A client of a simulator, and what the simulator holds, to choose things to ask for."""

    client: Client
    world: World


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with SimulatorServer(SETTINGS) as server:
        client = Client(server)
        yield Desk(client, server.world)
        client.close()
