"""How the simulator's modules hang together, and what it uses of uvicorn."""

from __future__ import annotations

import ast
import asyncio
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from bema_tui import simulator
from bema_tui.simulator import CannotServe
from bema_tui.simulator.private_uvicorn import check_private_parts

PACKAGE = "bema_tui.simulator"
ROOT = Path(simulator.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *(part for part in parts if part != "__init__")))


def imports_of(path: Path, names: set[str]) -> set[str]:
    """The modules of the simulator that a module names, also for its types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & names) - {module_name(path)}


def test_no_module_needs_one_that_needs_it() -> None:
    paths = {module_name(path): path for path in ROOT.rglob("*.py")}
    graph = {name: imports_of(path, set(paths)) for name, path in paths.items()}
    assert "bema_tui.simulator.world.world" in graph["bema_tui.simulator.world.request_check"]  # the test sees them
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def test_a_uvicorn_without_what_is_private_in_it_is_refused() -> None:
    class AnotherProtocol(asyncio.Protocol):
        """A protocol that takes no state."""

        def __init__(self, config: object, server_state: object) -> None: ...

    check_private_parts()
    with pytest.raises(CannotServe, match=r"uvicorn .* app_state .* install uvicorn"):
        check_private_parts(AnotherProtocol)
