"""The quota's table is named for what MailerLite counts, a period, and a read of the newest orders is called recent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_RUNS = sa.table("runs", sa.column("id", sa.BigInteger), sa.column("shop_read", sa.JSON(none_as_null=True)))


def upgrade(op: Operations) -> None:
    """The table is built anew, so that its key has its name; the count is kept."""
    op.create_table(
        "quota_periods",
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=True),
        sa.Column("ends_at", sa.String(length=32), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("closed_until", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_quota_periods")),
        comment="What all processes together have used of the account's present period: the console shows it as well",
    )
    op.execute(
        "INSERT INTO quota_periods (url, quota, used, pending, started_at, ends_at, answered, closed_until)"
        " SELECT account, quota, used, pending, started_at, ends_at, answered, closed_until FROM quota_windows"
    )
    op.drop_table("quota_windows")
    op.execute("UPDATE shop_reads SET kind = 'recent' WHERE kind = 'window'")
    connection = op.get_bind()
    for number, read in connection.execute(sa.select(_RUNS).where(_RUNS.c.shop_read.is_not(None))).all():
        if read.get("kind") == "window":
            change = {"shop_read": {**read, "kind": "recent"}}
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == number).values(change))
