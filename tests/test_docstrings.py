"""Every field of a record and every member of an enum says in a line of its own what it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bema_tui

ROOT = Path(bema_tui.__file__).parent
RECORDS = frozenset({"frozen", "define"})
ENUMS = frozenset({"StrEnum", "IntEnum", "Enum"})


def record_files() -> list[Path]:
    return [path.relative_to(ROOT) for path in sorted(ROOT.rglob("*.py"))]


def name_of(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def is_record(one: ast.ClassDef) -> bool:
    """Whether a class is a record or an enum that others may use; what is private says enough as a whole."""
    decorated, based = map(name_of, one.decorator_list), map(name_of, one.bases)
    return not one.name.startswith("_") and bool(RECORDS.intersection(decorated) or ENUMS.intersection(based))


def named(node: ast.stmt) -> str:
    """The field or member that a statement makes; nothing for any other statement, and for what is private."""
    target: ast.expr | None = None
    if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation):
        target = node.target
    elif isinstance(node, ast.Assign):
        target = node.targets[0]
    return target.id if isinstance(target, ast.Name) and not target.id.startswith("_") else ""


def undescribed(text: str) -> list[str]:
    """Returns the fields and members without a docstring behind them."""
    found = []
    for one in ast.walk(ast.parse(text)):
        if not isinstance(one, ast.ClassDef) or not is_record(one):
            continue
        for node, behind in zip(one.body, [*one.body[1:], None], strict=True):
            described = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
            if named(node) and not described:
                found.append(f"{one.name}.{named(node)}")
    return found


def test_what_is_looked_for_is_found() -> None:
    bare = '@frozen\nclass A:\n    """An a."""\n    b: int\n    """A b."""\n    c: int = 1\n    _d: int = 2\n'
    assert undescribed(bare) == ["A.c"]
    assert undescribed('class E(StrEnum):\n    """An e."""\n    F = "f"\n') == ["E.F"]


@pytest.mark.parametrize("path", record_files(), ids=str)
def test_every_field_and_member_is_described(path: Path) -> None:
    assert undescribed((ROOT / path).read_text()) == []
