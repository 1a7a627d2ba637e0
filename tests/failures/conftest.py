"""Gives the tests of this folder their simulators, desks and proxies."""

from __future__ import annotations

from tests.support.fixtures import desk, desks, planned, proxies, simulated, simulators

__all__ = ["desk", "desks", "planned", "proxies", "simulated", "simulators"]
