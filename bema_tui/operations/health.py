"""How the process, the machine and the jobs are."""

from __future__ import annotations

import asyncio
from typing import Final

from bema_tui.health import CampaignHealth
from bema_tui.model import HealthStatus
from bema_tui.monitor.health import Monitor
from bema_tui.operations.workspace import Workspace

_CPU_SECONDS: Final = 0.2
"""The processor's share is taken over so long."""


def open_monitor(workspace: Workspace) -> Monitor:
    """Return the monitor of this process; it does not measure yet."""
    settings = workspace.settings
    return Monitor(workspace.db, settings.health, workspace.me, settings.locks)


async def check_campaign(workspace: Workspace, code: str) -> CampaignHealth:
    """Judge one campaign by its lock, its runs and its open findings.

    Raises:
        UsageError: there is no such campaign.
    """
    return await open_monitor(workspace).check_campaign(code)


async def check_health(workspace: Workspace) -> HealthStatus:
    """Measure everything now: a monitor that has just been opened has no status yet."""
    monitor = open_monitor(workspace)
    await asyncio.sleep(_CPU_SECONDS)
    return await monitor.get_status()
