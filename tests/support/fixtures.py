"""Starts simulators, operators and proxies, which end with the test; tests of all folders may take them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bema_tui.simulator import Endpoints
from tests.support.label import Label, opened_label
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.simulated import Simulated, small

StartSimulator = Callable[..., Simulated]
MakeOperator = Callable[..., Operator]
StartProxy = Callable[[str], Proxy]


@pytest.fixture
def simulators() -> Iterator[StartSimulator]:
    """Starts simulators with settings of the test's own."""
    started: list[Simulated] = []

    def start(*, clock: Callable[[], float] = time.monotonic, **changes: Any) -> Simulated:
        started.append(Simulated.start(small(**changes), clock))
        return started[-1]

    yield start
    for simulated in started:
        simulated.close()


@pytest.fixture
def simulated(simulators: StartSimulator) -> Simulated:
    """A simulator of the test's own."""
    return simulators()


@pytest.fixture
def operators(tmp_path: Path) -> Iterator[MakeOperator]:
    """Makes operators at a service's addresses; what they left running ends with the test."""
    made: list[Operator] = []

    def make(at: Endpoints, name: str = "operator", **environment: str) -> Operator:
        made.append(Operator(tmp_path / name, at, **environment))
        return made[-1]

    yield make
    for operator in made:
        operator.close()


@pytest.fixture
def operator(simulated: Simulated, operators: MakeOperator) -> Operator:
    """An operator at the test's own simulator."""
    return operators(simulated.endpoints)


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


@pytest.fixture
def mailerlite_proxy(simulated: Simulated, operator: Operator, proxies: StartProxy) -> Proxy:
    """A proxy in front of the test's own MailerLite; the operator talks to it."""
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    return proxy


@pytest.fixture
def shop_proxy(simulated: Simulated, operator: Operator, proxies: StartProxy) -> Proxy:
    """A proxy in front of the test's own shop; the operator talks to it."""
    proxy = proxies(simulated.endpoints.edd_url)
    operator.environment["BEMA_EDD_URL"] = proxy.url
    return proxy


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Label]:
    """A label with a waiting plan, shared by the tests of a module."""
    with opened_label(tmp_path_factory.mktemp("shared")) as label:
        label.plan()
        yield label
