"""Starts simulators and consoles, each with an environment, a database, a log and settings of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bema_tui.simulator import SimulatorServer, SimulatorSettings
from tests.end_to_end.consoles import Console, Simulated, said_by
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import POOR, Scene, poor_campaign

Simulate = Callable[..., Simulated]
OpenConsole = Callable[..., Console]


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Starts simulators in this process; they end with the test."""
    servers: list[SimulatorServer] = []
    started: list[Simulated] = []

    def start(**settings: Any) -> Simulated:
        server = SimulatorServer(SimulatorSettings(**{"quota": 1_000_000, "import_quota": 1_000_000, **settings}))
        server.start()
        servers.append(server)
        started.append(Simulated(said_by(server)))
        return started[-1]

    yield start
    for simulated in started:
        simulated.close()
    for server in servers:
        server.stop()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[OpenConsole]:
    """Opens consoles on a simulator; what they left running ends with the test."""
    opened: list[Console] = []

    def open_one(simulated: Simulated, name: str = "home", **environment: str) -> Console:
        opened.append(Console(tmp_path / name, simulated, **environment))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def known_campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that knows the first campaign and has talked to nobody yet: what each test copies."""
    with SimulatorServer(SimulatorSettings(**POOR)) as server:
        simulated = Simulated(said_by(server))
        row = simulated.state()["campaigns"][0]
        made = Console(tmp_path_factory.mktemp("known"), simulated)
        made.run_cli("campaigns", "add", row["code"], "--album", row["album"], "--product", str(row["product_id"]))
        simulated.close()
    return made.database


@pytest.fixture
def scene(simulate: Simulate, console: OpenConsole, known_campaign: Path) -> Scene:
    """A sync that has ten write requests to make, ready to start."""
    simulated = simulate(**POOR)
    code = poor_campaign(simulated)
    mine = console(simulated)
    shutil.copyfile(known_campaign, mine.database)
    before = simulated.state()
    product = before["campaigns"][0]["product_id"]
    return Scene(simulated, mine, code, before, Release(code, frozenset({product})))
