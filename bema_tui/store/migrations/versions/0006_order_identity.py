"""An order is known by key, date and number, since a renewal carries the key of its first order; unreadable sales."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEPT = "key, date_utc, number, email, email_key, status, mode, total, first_seen, last_seen, read_id, looked_up_at"


def upgrade(op: Operations) -> None:
    """SQLite can't change a primary key, so the tables are built anew."""
    _build_orders(op)
    _build_items(op)
    _build_answers(op)
    for table in ("order_items", "row_id_answers", "orders"):
        op.drop_table(table)
    for table in ("orders", "order_items", "row_id_answers"):
        op.rename_table(f"{table}_new", table)
    op.create_index(op.f("ix_orders_email_key"), "orders", ["email_key"])
    op.create_index(op.f("ix_orders_read_id"), "orders", ["read_id"])
    op.create_index(op.f("ix_order_items_product_id"), "order_items", ["product_id"])
    op.create_table(
        "former_emails",
        sa.Column("order_id", _row_id, nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_seen", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "email_key", name=op.f("pk_former_emails")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_former_emails_order_id_orders"), ondelete="CASCADE"
        ),
        comment="E-mails under which the shop showed an order before it was changed there",
    )
    op.create_table(
        "unreadable_sales",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("read_id", _row_id, nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unreadable_sales")),
        sa.ForeignKeyConstraint(
            ["read_id"], ["shop_reads.id"], name=op.f("fk_unreadable_sales_read_id_shop_reads"), ondelete="CASCADE"
        ),
        comment="Sales that a read could not use: whom they could concern, the read proves no absence for",
    )
    op.create_index(op.f("ix_unreadable_sales_read_id"), "unreadable_sales", ["read_id"])


def _build_orders(op: Operations) -> None:
    op.create_table(
        "orders_new",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("date_utc", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("first_seen", sa.String(length=32), nullable=False),
        sa.Column("last_seen", sa.String(length=32), nullable=False),
        sa.Column("read_id", sa.BigInteger(), nullable=False),
        sa.Column("looked_up_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("key", "date_utc", "number", name=op.f("uq_orders_key_date_utc_number")),
    )
    op.execute(f"INSERT INTO orders_new ({_KEPT}) SELECT {_KEPT} FROM orders ORDER BY date_utc, key")  # noqa: S608


def _build_items(op: Operations) -> None:
    op.create_table(
        "order_items_new",
        sa.Column("order_id", _row_id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("price", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_items")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders_new.id"], name=op.f("fk_order_items_order_id_orders"), ondelete="CASCADE"
        ),
    )
    op.execute(
        "INSERT INTO order_items_new (order_id, position, product_id, name, price) "
        "SELECT kept.id, item.position, item.product_id, item.name, item.price "
        "FROM order_items AS item JOIN orders_new AS kept ON kept.key = item.order_key"
    )


def _build_answers(op: Operations) -> None:
    """What was answered with an order that is not known any more is asked again."""
    op.create_table(
        "row_id_answers_new",
        sa.Column("row_id", sa.String(length=20), nullable=False),
        sa.Column("order_id", _row_id, nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_row_id_answers")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders_new.id"], name=op.f("fk_row_id_answers_order_id_orders"), ondelete="CASCADE"
        ),
        comment="What the shop answered for stored values that may be row ids of the old plugin",
    )
    op.execute(
        "INSERT INTO row_id_answers_new (row_id, order_id, answered, asked_at) "
        "SELECT answer.row_id, kept.id, true, answer.asked_at "
        "FROM row_id_answers AS answer LEFT JOIN orders_new AS kept ON kept.key = answer.order_key "
        "WHERE answer.order_key IS NULL OR kept.id IS NOT NULL"
    )
