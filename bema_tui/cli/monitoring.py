"""Builds the health monitor from the settings."""

from __future__ import annotations

from bema_tui.cli.common import World
from bema_tui.monitor.health import Monitor


def make_monitor(world: World) -> Monitor:
    """The monitor of this process on the open database."""
    return Monitor(world.db, world.settings.health, world.me, world.ages)
