"""The tests' folders mirror the program's, and no test module is a library of another one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bema_tui

TESTS = Path(__file__).parent
PROGRAM = Path(bema_tui.__file__).parent
ROOMS_OF_THEIR_OWN = {"contracts", "end_to_end", "recordings", "stand_ins", "support"}
"""What tests more than one part of the program, and what tests share."""


def folders(above: Path) -> set[str]:
    """Returns the packages below a folder, by their paths in it."""
    return {str(path.parent.relative_to(above)) for path in above.rglob("__init__.py")} - {"."}


def test_each_folder_of_tests_is_one_of_the_program() -> None:
    rooms = {room for room in folders(TESTS) if Path(room).parts[0] not in ROOMS_OF_THEIR_OWN}
    assert rooms <= folders(PROGRAM)
    assert len(rooms) > 10


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_no_module_imports_a_module_of_tests(path: Path) -> None:
    """What two of them need stands in a module of its own; the cases of recordings are what their coverage is about."""
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found = {name for name in imported if name.startswith("tests.") and ".test_" in name}
    assert found <= {f"tests.recordings.simulator.test_{service}" for service in ("edd", "mailerlite")}
