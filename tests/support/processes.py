"""Processes from outside: to suspend them, and to have one that holds a database."""

from __future__ import annotations

import psutil

from tests.support.until import until


def suspend(pid: int) -> None:
    """Suspend a process, and wait until it sleeps."""
    process = psutil.Process(pid)
    process.suspend()
    until("it sleeps", lambda: process.status() == psutil.STATUS_STOPPED)
