"""What the comparisons with recordings are made on."""

from __future__ import annotations

import attrs

from bema_tui.simulator import World
from tests.simulator.client import Client


@attrs.frozen
class Served:
    """A client of a simulator, and what the simulator holds, to choose things to ask for."""

    client: Client
    world: World
