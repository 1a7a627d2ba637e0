"""Processes that are not measured while the tests' coverage is."""

from __future__ import annotations

from collections.abc import Mapping


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that may not write where the figures go: it would complain, as no user's does."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}
