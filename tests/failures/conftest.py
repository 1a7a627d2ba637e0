"""Gives the tests of this folder their simulators, operators and proxies."""

from __future__ import annotations

from tests.support.fixtures import (
    mailerlite_proxy,
    operator,
    operators,
    planned,
    proxies,
    shop_proxy,
    simulated,
    simulators,
)

__all__ = [
    "mailerlite_proxy",
    "operator",
    "operators",
    "planned",
    "proxies",
    "shop_proxy",
    "simulated",
    "simulators",
]
