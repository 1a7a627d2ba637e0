"""An order's number that does not fit into the purchase field is a finding of its own, apart from the field's type."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Those about somebody's order name the subscriber; the one about the field names nobody."""
    findings = sa.table("findings", sa.column("rule"), sa.column("subscriber_id"))
    of_orders = (findings.c.rule == "field_type_mismatch", findings.c.subscriber_id.is_not(None))
    op.execute(sa.update(findings).where(*of_orders).values(rule="order_number_unfit"))
