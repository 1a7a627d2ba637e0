"""What people ask of runs has a table that says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(op: Operations) -> None:
    """The table is built anew, so that its key, its index and its reference have its name; the rows are kept."""
    op.create_table(
        "control_requests",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("run", _row_id, nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("by_user", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_requests")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_control_requests_run_runs")),
        comment="What somebody asks of a run; the run obeys at its next safe point",
    )
    op.execute(
        "INSERT INTO control_requests (id, run, verb, by_user, reason, asked_at, seen_at, done_at)"
        " SELECT id, run, verb, by_user, reason, asked_at, seen_at, done_at FROM requests"
    )
    op.drop_table("requests")
    op.create_index(op.f("ix_control_requests_run"), "control_requests", ["run"])
