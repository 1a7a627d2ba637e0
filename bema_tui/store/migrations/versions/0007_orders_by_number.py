"""An order is found by the number that somebody's field holds."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Numbers are not unique; the index says where each stands."""
    op.create_index(op.f("ix_orders_number"), "orders", ["number"])
