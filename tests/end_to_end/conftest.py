"""A campaign with much to write, and what the tests of whole runs share with others."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bema_tui.clock import utc_now
from bema_tui.simulator import SimulatorSettings
from tests.end_to_end.engine import engine_on
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import POOR, Scene, poor_campaign
from tests.end_to_end.waiting import SMALL, Seen
from tests.support.clock import SetClock
from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.operator import Operator
from tests.support.simulated import Simulated


@pytest.fixture(scope="session")
def known_campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that knows the first campaign and has talked to nobody yet: what each test copies."""
    with Simulated.start(SimulatorSettings(**POOR)) as simulated:
        row = simulated.state()["campaigns"][0]
        made = Operator(tmp_path_factory.mktemp("known"), simulated.endpoints)
        made.forked("campaigns", "add", row["code"], "--album", row["album"], "--product", str(row["product_id"]))
    return made.database


@pytest.fixture
def scene(simulators: StartSimulator, operators: MakeOperator, known_campaign: Path) -> Scene:
    """A sync that has ten write requests to make, ready to start."""
    simulated = simulators(**POOR)
    code = poor_campaign(simulated)
    mine = operators(simulated.endpoints)
    shutil.copyfile(known_campaign, mine.database)
    before = simulated.state()
    product = before["campaigns"][0]["product_id"]
    return Scene(simulated, mine, code, before, Release(code, frozenset({product})))


@pytest.fixture
async def seen(simulators: StartSimulator, tmp_path: Path) -> AsyncIterator[Seen]:
    simulated = simulators(**SMALL)
    clock = SetClock(utc_now())
    async with engine_on(simulated, tmp_path, clock=clock) as engine:
        yield Seen(engine, clock, simulated)
