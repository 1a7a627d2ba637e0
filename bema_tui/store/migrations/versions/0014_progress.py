"""A run says when it last made progress."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TIMES = ("finished_at", "apply_started_at", "planned_at", "started_at")


def upgrade(op: Operations) -> None:
    """A run of before made progress at the latest of its times that is known."""
    op.add_column("runs", sa.Column("progressed_at", sa.String(length=32), nullable=True))
    runs = sa.table("runs", *(sa.column(name) for name in ("progressed_at", *_TIMES)))
    op.execute(sa.update(runs).values(progressed_at=sa.func.coalesce(*(runs.c[name] for name in _TIMES))))
