"""The quota stands in its own table alone, and an order finds the row ids that it was shown under."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """What is dropped is what an answer said once; the count that all processes share says more, and is kept."""
    for column in ("quota_limit", "quota_left", "quota_resets_at"):
        op.drop_column("services", column)
    op.create_index(op.f("ix_row_id_answers_order_id"), "row_id_answers", ["order_id"])
