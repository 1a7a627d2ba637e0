"""Gives the tests of this folder their simulators."""

from __future__ import annotations

from tests.support.fixtures import simulated, simulators

__all__ = ["simulated", "simulators"]
