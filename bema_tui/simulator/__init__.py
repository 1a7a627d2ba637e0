"""A stand-in shop and mailing service over real HTTP, for the demo, the tests and the benchmarks."""

from bema_tui.simulator.errors import CannotServe
from bema_tui.simulator.faults.profile import FaultProfile, load_profile
from bema_tui.simulator.scenarios.data_set import build_world
from bema_tui.simulator.server import SimulatorServer, create_app, endpoints_of, serve
from bema_tui.simulator.settings import Endpoints, SimulatorSettings
from bema_tui.simulator.world.world import World

__all__ = [
    "CannotServe",
    "Endpoints",
    "FaultProfile",
    "SimulatorServer",
    "SimulatorSettings",
    "World",
    "build_world",
    "create_app",
    "endpoints_of",
    "load_profile",
    "serve",
]
