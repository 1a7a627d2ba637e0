"""A bundle's product may stand in the campaign of each of its albums; people are found by their address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """SQLite can't change a primary key, so the table is built anew."""
    op.create_table(
        "campaign_products_new",
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("product_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["campaigns.code"], name=op.f("fk_campaign_products_code_campaigns")),
        sa.PrimaryKeyConstraint("code", "product_id", name=op.f("pk_campaign_products")),
    )
    op.execute("INSERT INTO campaign_products_new (code, product_id) SELECT code, product_id FROM campaign_products")
    op.drop_table("campaign_products")
    op.rename_table("campaign_products_new", "campaign_products")
    op.create_index(op.f("ix_members_address"), "members", ["address"], unique=False)
