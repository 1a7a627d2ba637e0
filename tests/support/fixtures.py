"""Fixtures that the tests of failures and of the command line share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bema_tui.simulator import Endpoints
from tests.support.operator import Desk
from tests.support.proxy import Proxy
from tests.support.simulated import Simulated, small

StartSimulator = Callable[..., Simulated]
OpenDesk = Callable[..., Desk]
StartProxy = Callable[[str], Proxy]


@pytest.fixture
def simulators() -> Iterator[StartSimulator]:
    """Starts simulators; they end with the test."""
    started: list[Simulated] = []

    def start(**changes: Any) -> Simulated:
        started.append(Simulated(small(**changes)))
        return started[-1]

    yield start
    for simulated in started:
        simulated.close()


@pytest.fixture
def simulated(simulators: StartSimulator) -> Simulated:
    """A simulator of the test's own."""
    return simulators()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[OpenDesk]:
    """Opens desks at a service's addresses; what they left running ends with the test."""
    opened: list[Desk] = []

    def open_one(at: Endpoints, name: str = "desk") -> Desk:
        opened.append(Desk(tmp_path / name, at))
        return opened[-1]

    yield open_one
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(simulated: Simulated, desks: OpenDesk) -> Desk:
    """An operator at the test's own simulator."""
    return desks(simulated.endpoints)


@pytest.fixture
def proxies() -> Iterator[StartProxy]:
    """Starts proxies in front of an address; they end with the test."""
    started: list[Proxy] = []

    def start(target: str) -> Proxy:
        started.append(Proxy(target))
        return started[-1]

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulated, Desk, str]]:
    """A simulator, a desk and a campaign with one waiting plan, shared by the tests of a module that change nothing."""
    simulated = Simulated(small())
    desk = Desk(tmp_path_factory.mktemp("shared"), simulated.endpoints)
    code = desk.discover()
    desk.run("plan", code, "--json")
    yield simulated, desk, code
    desk.close()
    simulated.close()
