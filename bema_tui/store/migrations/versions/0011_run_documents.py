"""What a run was asked for stands apart from what it found, and its checks say what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ASKED: Final = ("yes", "create_missing", "quick", "retry_refused", "max_moves")
_FROM_ITS_SIZE: Final = ("a read shrank", "need no look")  # words of those checks that made a plan wait for a yes
_RUNS: Final = sa.table(
    "runs",
    sa.column("id", sa.BigInteger),
    sa.column("options", sa.JSON),
    sa.column("checks", sa.JSON),
    sa.column("canary_done", sa.Boolean),
)


def upgrade(op: Operations) -> None:
    """Take apart what stood together in the options; keep the words of the checks of old runs."""
    op.add_column("runs", sa.Column("canary_done", sa.Boolean(), nullable=False, server_default=sa.false()))
    connection = op.get_bind()
    for number in connection.scalars(sa.select(_RUNS.c.id)).all():
        row = connection.execute(sa.select(_RUNS).where(_RUNS.c.id == number)).one()
        options: Mapping[str, Any] = row.options or {}
        change = {
            "options": {name: options[name] for name in _ASKED if name in options},
            "checks": _checks(row.checks or (), str(options.get("needs_approval") or "")),
            "canary_done": bool(options.get("canary_done")),
        }
        connection.execute(sa.update(_RUNS).where(_RUNS.c.id == number).values(change))


def _checks(old: Sequence[Mapping[str, Any]], why: str) -> list[dict[str, str]]:
    """The checks in their own words, each with what follows from it; ``why`` is what made the plan wait for a yes."""
    checks = [{"name": "older", "result": _result(check), "text": str(check.get("text", ""))} for check in old]
    if why and all(check["result"] != "hold" for check in checks):
        checks.append({"name": "older", "result": "hold", "text": why})
    return checks


def _result(check: Mapping[str, Any]) -> str:
    if not check.get("ok"):
        return "refuse"
    if not check.get("look"):
        return "passed"
    return "hold" if any(words in str(check.get("text")) for words in _FROM_ITS_SIZE) else "look"
