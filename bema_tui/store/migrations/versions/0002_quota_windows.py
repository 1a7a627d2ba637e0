"""The budget of requests that several processes share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Build the table."""
    op.create_table(
        "quota_windows",
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=True),
        sa.Column("ends_at", sa.String(length=32), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("closed_until", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_quota_windows")),
    )
