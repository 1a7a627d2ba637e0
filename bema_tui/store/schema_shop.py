"""The tables of what the shop shows: orders, how they were read, and what it answered when it was asked for one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from bema_tui.store.schema_base import RowId, UtcTime, UtcTimeOrUnknown, metadata

orders = Table(
    "orders",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", String(255), nullable=False),
    Column("date_utc", UtcTimeOrUnknown, nullable=False),
    Column("number", String(255), nullable=False, index=True),
    Column("email", String(320), nullable=False),  # as the shop has it, cleaned
    Column("email_key", String(320), nullable=False, index=True),  # for comparing: ``emails.email_key``
    Column("status", String(30), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("total", String(40), nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("read_id", BigInteger, nullable=False, index=True),  # the last read that listed it
    Column("looked_up_at", UtcTime),  # when it was last asked for by key or row id, after it left the list
    UniqueConstraint("key", "date_utc", "number"),  # an order's identity; renewals share the key
)

order_items = Table(
    "order_items",
    metadata,
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("product_id", String(20), nullable=False, index=True),
    Column("name", String(400), nullable=False),
    Column("price", String(40), nullable=False),
)

former_emails = Table(
    "former_emails",
    metadata,
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column("email_key", String(320), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    comment="E-mails under which the shop showed an order before it was changed there",
)

shop_reads = Table(
    "shop_reads",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("completeness", String(10)),
    Column("orders", Integer, nullable=False, default=0),
    Column("passes", Integer, nullable=False, default=0),
    Column("requests", Integer, nullable=False, default=0),
    Column("kind", String(10), nullable=False, default="full", server_default="full"),  # full, recent
    comment="Each reading of the shop's list; the newest complete full one says which orders are listed",
)

unreadable_sales = Table(
    "unreadable_sales",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("read_id", ForeignKey("shop_reads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", String(255), nullable=False),  # the shop's ID; what is not known of a sale is empty
    Column("key", String(255), nullable=False),
    Column("email_key", String(320), nullable=False),
    Column("path", String(255), nullable=False),
    Column("problem", Text, nullable=False),
    comment="Sales that a read could not use: whom they could concern, the read proves no absence for",
)

row_id_answers = Table(
    "row_id_answers",
    metadata,
    Column("row_id", String(20), primary_key=True),
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), index=True),  # null: it showed no order under it
    Column("answered", Boolean, nullable=False, default=True),  # false: it failed over this row id, and nothing else
    Column("asked_at", UtcTime, nullable=False),
    comment="What the shop answered for stored values that may be row ids of the old plugin",
)
