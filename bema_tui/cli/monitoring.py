"""Builds the health monitor from the settings."""

from __future__ import annotations

from bema_tui.cli.common import World
from bema_tui.monitor.health import Monitor, MonitorSettings


def make_monitor(world: World) -> Monitor:
    """The monitor of this process on the open database."""
    health = world.settings.health
    return Monitor(
        world.db,
        MonitorSettings(
            gauges_every=health.gauges_every,
            check_every=health.check_every,
            memory_limit=health.memory_limit,
            memory_warning_percent=health.memory_warning_percent,
            memory_pause_percent=health.memory_pause_percent,
            machine_reserve=health.machine_reserve,
        ),
        world.me,
        world.ages,
    )
