"""A finding says of which kind its subject is, and an open console which process it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_OF_SUBSCRIBERS = (
    "two_tiers",
    "order_number_unfit",
    "blocked_record",
    "refused_write",
    "wood_purchase",
    "refunded_purchase",
    "order_gone",
    "purchase_unproven",
    "order_not_settled",
    "subscriber_gone",
    "drift",
    "record_warning",
    "buyer_unknown",
    "partial_refund",
    "move_waits",
)


def upgrade(op: Operations) -> None:
    """A finding of before is about a subscriber if its rule is and it names one by id or e-mail."""
    op.add_column("findings", sa.Column("about", sa.String(length=12), nullable=False, server_default="other"))
    op.add_column("consoles", sa.Column("pid", sa.Integer(), nullable=True))
    columns = ("rule", "subject", "subscriber_id", "about")
    findings = sa.table("findings", *(sa.column(name) for name in columns))
    names_one = sa.or_(findings.c.subscriber_id.is_not(None), findings.c.subject.contains("@"))
    of_subscriber = sa.and_(findings.c.rule.in_(_OF_SUBSCRIBERS), names_one)
    op.execute(sa.update(findings).where(of_subscriber).values(about="subscriber"))
