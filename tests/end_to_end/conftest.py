"""A campaign with much to write, and what the tests of whole runs share with others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bema_tui.simulator import SimulatorSettings
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import POOR, Scene, poor_campaign
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
