"""How the services and the program are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import frozen


class ServiceName(StrEnum):
    """The two services."""

    MAILERLITE = "mailerlite"
    """The mailing service."""
    SHOP = "shop"
    """The shop."""


class Mode(StrEnum):
    """Which services the program works with."""

    LIVE = "LIVE"
    """Real ones: real people can be mailed."""
    SIMULATOR = "SIMULATOR"
    """Simulated ones, on this very machine."""


class ServiceState(StrEnum):
    """How a service was at the last request."""

    OK = "ok"
    """It answered."""
    SLOW = "slow"
    """Its quota is used up, or it takes no more requests for now: they wait."""
    DOWN = "down"
    """It gave no usable answer."""
    REFUSED = "refused"
    """It does not accept our key."""
    UNKNOWN = "unknown"
    """Nobody has asked it yet."""


@frozen
class HealthStatus:
    """The program and its machine at one moment."""

    at: datetime
    """When it was measured."""
    memory_usage: int
    """Bytes that this process holds."""
    memory_limit: int
    """Bytes that it may hold: the setting, or its control group's limit where that is lower."""
    load_average: tuple[float, float, float]
    """The machine's load over 1, 5 and 15 minutes."""
    cores: int
    """The machine's processors."""
    cpu_percent: float
    """The machine's processors at work, of all of them, since the measurement before."""
    job_status: Mapping[str, int]
    """Runs by state: those at work, waiting or lost, and those that ended in 24 hours."""
    active_processes: int
    """Processes that hold a live or quiet lock, and open consoles."""
    database_ms: float
    """Milliseconds that the smallest read of the database took."""
    health_score: int
    """0 to 100."""
    reasons: tuple[str, ...] = ()
    """Why the score is not 100, worst first."""
