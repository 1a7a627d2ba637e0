"""Reads of the shop's newest orders only are told from reads of its whole list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Every read so far was of the whole list."""
    op.add_column("shop_reads", sa.Column("kind", sa.String(length=10), nullable=False, server_default="full"))
