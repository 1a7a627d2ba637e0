"""The jobs of this process: connects the engine to an open workspace, and hands it to the one owner of jobs."""

from __future__ import annotations

from bema_tui.operations.health import open_monitor
from bema_tui.operations.workspace import Workspace
from bema_tui.sync.connections import connector
from bema_tui.sync.runner import Runner
from bema_tui.sync.supervisor import Supervisor

Jobs = Supervisor
"""The owner of the jobs: front ends name it so."""


def open_jobs(workspace: Workspace) -> Jobs:
    """Return the owner of the jobs that this process begins."""
    connect = connector(workspace.db, workspace.settings)
    runner = Runner(workspace.db, workspace.settings, workspace.me, workspace.locks, connect)
    return Supervisor(runner, open_monitor(workspace))
