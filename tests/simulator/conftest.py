"""Running simulators for the tests of this folder, and clients that talk to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from bema_tui.simulator import SimulatorServer
from tests.simulator.client import SETTINGS, Client, Starter


@pytest.fixture
def started() -> Iterator[Starter]:
    """Starts simulators with settings of the test's own; all end with the test."""
    servers: list[SimulatorServer] = []
    clients: list[Client] = []

    def start(*, clock: Callable[[], float] = time.monotonic, **changes: Any) -> Client:
        server = SimulatorServer(attrs.evolve(SETTINGS, **changes), clock=clock)
        server.start()
        servers.append(server)
        clients.append(Client(server))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for server in servers:
        server.stop()


@pytest.fixture
def client(started: Starter) -> Client:
    """A simulator of the test's own."""
    return started()


@pytest.fixture(scope="module")
def reading() -> Iterator[Client]:
    """A simulator that the tests of a module share; for tests that change nothing."""
    with SimulatorServer(SETTINGS) as server:
        shared = Client(server)
        yield shared
        shared.close()
