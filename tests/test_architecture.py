"""Holds the layers: imports point down the list, never up, and the engine knows no screen."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bema_tui

ROOT = Path(bema_tui.__file__).parent

# What each part may import, itself apart. Reasons: the rules stay pure, the engine runs without a screen, and the
# simulator shares no code (and so no misunderstanding) with the clients it proves.
FOUNDATION = {
    "errors",
    "emails",
    "listing",
    "model",
    "interfaces",
    "bounds",
    "waits",
    "text",
    "cells",
    "secrets",
    "field_values",
    "health",
    "clock",
    "loopback",
    "amounts",
    "__init__",
}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "waits": {"__init__"},
    "errors": {"text", "waits", "__init__"},
    "bounds": {"__init__"},
    "emails": {"__init__"},
    "field_values": {"__init__"},
    "health": {"model", "__init__"},
    "clock": {"errors", "__init__"},
    "loopback": {"__init__"},
    "secrets": {"errors", "__init__"},
    "text": {"__init__"},
    "cells": {"__init__"},
    "amounts": {"__init__"},
    "listing": {"emails", "__init__"},
    "model": {"emails", "errors", "__init__"},
    "interfaces": {"health", "listing", "model", "errors", "waits", "__init__"},
    "environment": {"errors", "text", "__init__"},
    "signals": {"__init__"},
    "settings_file": {"errors", "__init__"},
    "settings_values": {"bounds", "environment", "secrets", "__init__"},
    "settings": FOUNDATION
    | {"environment", "settings_file", "settings_values", "monitor", "providers", "rules", "store"},
    "logs": {"errors", "text", "__init__"},
    "rules": FOUNDATION,
    "validators": FOUNDATION | {"rules"},
    "providers": FOUNDATION,
    "store": FOUNDATION | {"rules", "environment"},
    "monitor": FOUNDATION | {"store"},
    "sync": FOUNDATION | {"rules", "validators", "providers", "store", "monitor", "settings"},
    "operations": FOUNDATION | {"rules", "validators", "providers", "store", "monitor", "settings", "sync"},
    "tui": FOUNDATION | {"rules", "store", "operations", "environment", "signals"},
    "cli": FOUNDATION | {"rules", "store", "operations", "tui", "settings", "logs", "environment", "signals"},
    "simulator": {"__init__"},
    "__main__": {"cli"},
}
SIMULATOR_USERS = {"cli/simulate.py"}  # the demo starts it as a process of its own


def modules() -> Iterator[Path]:
    return ROOT.rglob("*.py")


def part_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def named_modules(path: Path) -> set[str]:
    """Every module of this program that a module names, also where it imports only when something is done."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
            if node.module == "bema_tui":
                names = [f"bema_tui.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"{path}: relative imports hide the layer they reach into")
        found |= {name for name in names if name == "bema_tui" or name.startswith("bema_tui.")}
    return found


def imported_parts(path: Path) -> set[str]:
    parts = {[*name.split("."), "__init__"][1] for name in named_modules(path)}
    return {part if (ROOT / part).is_dir() or (ROOT / f"{part}.py").exists() else "__init__" for part in parts}


@pytest.mark.parametrize("path", sorted(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    allowed = MAY_IMPORT[part] | {part}
    if str(path.relative_to(ROOT)) in SIMULATOR_USERS:
        allowed = allowed | {"simulator"}
    assert imported_parts(path) <= allowed


def imported_modules(path: Path) -> set[str]:
    """Returns the program's modules that a module imports, for its types alone included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("step", "later"), [("read", {"plan", "apply"}), ("plan", {"apply"})])
def test_a_step_of_a_run_knows_none_that_comes_after_it(step: str, later: set[str]) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "sync" / step).rglob("*.py")
        for name in named_modules(path)
        if name.startswith(tuple(f"bema_tui.sync.{one}" for one in later))
    }
    assert found == set()


def test_only_the_store_writes_sql() -> None:
    writers = {
        part_of(path) for path in modules() if any(n.split(".")[0] == "sqlalchemy" for n in imported_modules(path))
    }
    assert writers == {"store"}


def test_no_module_imports_another_that_imports_it() -> None:
    known = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in modules()}
    left = {
        name: imported_modules(path) & known.keys()
        for name, path in known.items()
        if part_of(path) != "simulator" and path.stem != "__init__"
    }
    while leaves := {name for name, imports in left.items() if not imports & left.keys()}:
        left = {name: imports for name, imports in left.items() if name not in leaves}
    assert not left


def package_of(module: str, part: str) -> str:
    """Returns the package of a module within a part of the program; the part's own modules are its first."""
    return ".".join(module.split(".")[: 3 if (ROOT / part / [*module.split("."), ""][2]).is_dir() else 2])


@pytest.mark.parametrize("part", ["providers", "store"])
def test_no_package_imports_another_that_imports_it(part: str) -> None:
    left: dict[str, set[str]] = {}
    for path in (ROOT / part).rglob("*.py"):
        own = package_of(".".join(path.relative_to(ROOT.parent).with_suffix("").parts), part)
        others = {package_of(name, part) for name in named_modules(path) if name.startswith(f"bema_tui.{part}.")}
        left.setdefault(own, set()).update(others - {own})
    assert len(left) > 2
    while leaves := {name for name, imports in left.items() if not imports & left.keys()}:
        left = {name: imports for name, imports in left.items() if name not in leaves}
    assert not left


@pytest.mark.parametrize("part", ["cli", "tui"])
def test_front_ends_read_snapshots_and_leave_the_rest_to_operations(part: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules()
        if part_of(path) == part
        for name in named_modules(path)
        if name.startswith("bema_tui.store") and not name.startswith("bema_tui.store.snapshot.views")
    }
    assert found == set()


def test_every_part_has_its_rule() -> None:
    assert {part_of(path) for path in modules()} == set(MAY_IMPORT)


def test_no_part_may_import_more_than_it_does() -> None:
    imported: dict[str, set[str]] = {}
    for path in modules():
        imported.setdefault(part_of(path), set()).update(imported_parts(path))
    unused = {part: may - imported[part] - FOUNDATION for part, may in MAY_IMPORT.items()}
    assert {part: may for part, may in unused.items() if may} == {}


def test_the_engine_runs_without_a_screen() -> None:
    script = (
        "import sys, bema_tui.sync.supervisor, bema_tui.monitor.health, bema_tui.cli.headless;"
        "loaded = {name.split('.')[0] for name in sys.modules};"
        "assert 'textual' not in loaded and 'starlette' not in loaded and 'alembic' not in loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_command_starts_without_the_engine() -> None:
    script = (
        "import sys, bema_tui.cli.app;"
        "loaded = {name.split('.')[0] for name in sys.modules};"
        "assert not loaded & {'textual', 'sqlalchemy', 'httpx', 'starlette', 'uvicorn'}, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.fault("E3")
def test_the_signals_are_taken_over_before_anything_heavy_is_loaded() -> None:
    script = (
        "import sys; before = set(sys.modules); import bema_tui.cli; loaded = set(sys.modules) - before;"
        "assert loaded <= {'__future__', 'bema_tui', 'bema_tui.cli'}, loaded;"
        "import bema_tui.signals; loaded = set(sys.modules) - before;"
        "ours = {name for name in loaded if name.startswith('bema_tui')};"
        "assert ours == {'bema_tui', 'bema_tui.cli', 'bema_tui.signals'}, ours;"
        "assert not loaded & {'asyncio', 'click', 'json', 'logging', 're', 'typing'}, loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_no_module_is_too_long_to_hold_in_the_head() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


RECKONS_A_KEY = {
    "emails.py": "it is defined there, and records take theirs when they are made",
    "providers/mailerlite/forms.py": "what is looked up comes as somebody typed it",
    "sync/read/subscribers.py": "a row that can't be read, and a look-up that found nobody, are no records",
    "store/findings.py": "a finding's subject is any text",
    "validators/subscriber.py": "block lists are typed, and so is what is held against them",
}
"""Where an e-mail's key is reckoned; everything else carries the one that its record has."""


def test_the_key_of_an_email_is_reckoned_where_it_comes_in_and_carried_from_there() -> None:
    found = {str(path.relative_to(ROOT)) for path in modules() if "email_key(" in path.read_text(encoding="utf-8")}
    found = {name for name in found if not name.startswith(("simulator/", "store/migrations/"))}
    assert found == set(RECKONS_A_KEY)
