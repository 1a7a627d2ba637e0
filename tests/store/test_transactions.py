"""A transaction awaits nothing but its database: for as long as it lasts, everybody else who writes waits."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import bema_tui
from bema_tui.store.database import Database

ROOT = Path(bema_tui.__file__).parent

Scope = tuple[str, list[ast.stmt]]
"""A connection's name, and the statements that run inside its transaction."""


def scopes(tree: ast.AST) -> Iterator[Scope]:
    """What runs in a transaction: the body of ``async with ….read()`` or ``….write()``, and functions that are handed a
    connection."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                opened, name = item.context_expr, item.optional_vars
                if (
                    isinstance(opened, ast.Call)
                    and isinstance(opened.func, ast.Attribute)
                    and opened.func.attr in {"read", "write"}
                    and isinstance(name, ast.Name)
                ):
                    yield name.id, node.body
        elif isinstance(node, ast.AsyncFunctionDef):
            for parameter in node.args.args:
                if parameter.annotation is not None and ast.unparse(parameter.annotation) == "AsyncConnection":
                    yield parameter.arg, node.body


def strangers(scope: Scope) -> Iterator[str]:
    """What a transaction waits for, other than its connection."""
    name, body = scope
    inside = {name} | {node.name for part in body for node in ast.walk(part) if isinstance(node, ast.AsyncFunctionDef)}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Await):
                waited: ast.AST = node.value
            elif isinstance(node, (ast.AsyncFor, ast.comprehension)) and getattr(node, "is_async", True):
                waited = node.iter
            elif isinstance(node, ast.AsyncWith):
                waited = node.items[0].context_expr
            elif isinstance(node, (ast.Yield, ast.YieldFrom)):
                yield f"{node.lineno}: {ast.unparse(node)}"
                continue
            else:
                continue
            if not any(isinstance(part, ast.Name) and part.id in inside for part in ast.walk(waited)):
                yield f"{getattr(node, 'lineno', '?')}: {ast.unparse(waited)}"


def trees() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(ROOT.rglob("*.py")):
        if "simulator" not in path.relative_to(ROOT).parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.fault("E7")
def test_a_transaction_waits_for_its_database_alone() -> None:
    seen = [(name, scope) for name, tree in trees() for scope in scopes(tree)]
    assert len(seen) > 100  # the check sees them
    assert [f"{name}:{stranger}" for name, scope in seen for stranger in strangers(scope)] == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("await connection.execute(query)", 0),
        ("await check_fence(connection, fence)", 0),
        ("return (await connection.execute(query)).first()", 0),
        ("await asyncio.sleep(1)", 1),
        ("await self.other()", 1),
        ("async for row in self.rows(): pass", 1),
        ("async with self._lock: pass", 1),
        ("yield row", 1),
    ],
)
@pytest.mark.parametrize(
    "opened",
    [
        "async def f(self, connection: AsyncConnection):\n  ",
        "async def f(self):\n async with self._db.write() as connection:\n  ",
    ],
)
def test_the_check_finds_what_it_looks_for(opened: str, body: str, found: int) -> None:
    assert sum(len(list(strangers(scope))) for scope in scopes(ast.parse(opened + body))) == found


@pytest.mark.fault("E7")
async def test_a_task_that_is_cancelled_inside_a_transaction_keeps_nobody_waiting(database_file: Path) -> None:
    """At each of its steps, also while a statement has rows to give."""
    async with await Database.open(str(database_file), patience=0.05) as db:

        async def write() -> None:
            async with db.write() as connection:
                values = "VALUES ('a', '1'), ('b', '1') ON CONFLICT DO UPDATE SET value = '2' RETURNING *"
                await connection.exec_driver_sql(f"INSERT INTO settings {values}")
                await connection.exec_driver_sql("SELECT * FROM settings, settings AS others")

        await write()
        for steps in range(40):
            task = asyncio.create_task(write())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            await write()
