"""Gives the tests of this folder their simulators, operators and proxies."""

from __future__ import annotations

from tests.support.fixtures import operator, operators, planned, proxies, simulated, simulators

__all__ = ["operator", "operators", "planned", "proxies", "simulated", "simulators"]
