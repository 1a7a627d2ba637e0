"""Columns and indexes say subscribers where they mean them, and a row of the ledger has its result recorded."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Only names change: no row is written anew. An index can't be renamed everywhere, so both are built again."""
    op.drop_index("ix_ledger_run_purpose_person_seq", "ledger")
    op.drop_index("ix_ledger_settled_at", "ledger")
    op.alter_column("ledger", "person_seq", new_column_name="subscriber_seq")
    op.alter_column("ledger", "settled_at", new_column_name="recorded_at")
    op.alter_column("plan_counts", "people", new_column_name="subscribers")
    op.alter_column("runs", "people", new_column_name="subscribers")
    op.create_index(
        "ix_ledger_run_purpose_subscriber_seq", "ledger", ["run", "cause", "from_tier", "to_tier", "subscriber_seq"]
    )
    op.create_index("ix_ledger_recorded_at", "ledger", ["recorded_at"])
