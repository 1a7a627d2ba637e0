"""Holds which modules are pure: they read and write nothing, know no clock, and wait for nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bema_tui

ROOT = Path(bema_tui.__file__).parent

PURE = {
    *(f"{room}/{path.name}" for room in ("model", "rules") for path in (ROOT / room).glob("*.py")),
    "sync/plan/automations.py",
    "sync/plan/blocked.py",
    "sync/plan/forecast.py",
    "sync/plan/safety.py",
    "sync/plan/totals.py",
    "sync/read/costs.py",
    "sync/apply/exchange.py",
    "sync/apply/packing.py",
    "sync/apply/recheck.py",
    "sync/apply/results.py",
    "sync/apply/standing.py",
}
"""All rules, and what decides of a plan and of what became of a change."""

LIBRARIES = {"__future__", "attrs", "bema_tui", "collections", "datetime", "decimal", "enum", "json", "math"}
LIBRARIES |= {"re", "types", "typing", "unicodedata"}
"""What a pure module may import: no library that talks to a file, a network, a clock or another task."""
ROOMS = {"store", "providers", "monitor", "operations", "cli", "tui", "scheduler", "settings", "environment", "signals"}
RECORDS_OF_OTHERS = {
    "bema_tui.store.ledger_rows",
    "bema_tui.providers.quota.period",
    "bema_tui.providers.mailerlite.batch",
    "bema_tui.providers.mailerlite.parse",
}
"""Modules of rooms that do I/O, of which a pure one takes records or pure functions."""
CLOCKS = {"now", "utcnow", "today", "monotonic", "open", "print", "input"}


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def imports_of(tree: ast.Module) -> set[str]:
    nodes = [*ast.walk(tree)]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_module_reads_and_writes_nothing(name: str) -> None:
    tree = tree_of(name)
    imported = imports_of(tree)
    assert {module.split(".")[0] for module in imported} <= LIBRARIES
    ours = {module for module in imported if module.startswith("bema_tui.")} - RECORDS_OF_OTHERS
    assert {module for module in ours if module.split(".")[1] in ROOMS} == set()
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    assert [node for node in ast.walk(tree) if isinstance(node, waiting)] == []
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {one.attr for one in called if isinstance(one, ast.Attribute)} | {
        one.id for one in called if isinstance(one, ast.Name)
    }
    assert names & CLOCKS == set()


@pytest.mark.parametrize("name", sorted(name for name in PURE if name.startswith("sync/")))
def test_a_pure_module_of_the_engine_needs_pure_ones_only(name: str) -> None:
    engine = {module for module in imports_of(tree_of(name)) if module.startswith("bema_tui.sync.")}
    assert {module.removeprefix("bema_tui.").replace(".", "/") + ".py" for module in engine} <= PURE
