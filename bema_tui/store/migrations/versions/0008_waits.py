"""A run says what it waits for and until when, and how long it was paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """No run of before waits for anything that it could say, nor knows how long it was paused."""
    op.add_column("runs", sa.Column("waiting_for", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("waiting_until", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("paused_seconds", sa.Float(), nullable=False, server_default="0"))
