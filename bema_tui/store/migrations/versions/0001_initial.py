"""The first schema: campaigns, runs, ledger, locks, findings, orders, people, statistics and health."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts up by itself only on plain INTEGER.
_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(op: Operations) -> None:
    """Build every table."""
    op.create_table(
        "activity",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=True),
        sa.Column("run", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index(op.f("ix_activity_at"), "activity", ["at"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("album", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("start", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("last_members", sa.Integer(), nullable=True),
        sa.Column("last_orders", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "consoles",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("last_beat", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consoles")),
    )
    op.create_table(
        "findings",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=320), nullable=False),
        sa.Column("subscriber_id", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.String(length=32), nullable=False),
        sa.Column("last_seen", sa.String(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_run", sa.BigInteger(), nullable=True),
        sa.Column("last_run", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("campaign", "rule", "subject", name=op.f("uq_findings_campaign_rule_subject")),
    )
    op.create_index(
        "ix_findings_state_severity_rank", "findings", ["state", "severity_rank", "last_seen"], unique=False
    )
    op.create_table(
        "health_samples",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("full_check", sa.Boolean(), nullable=False),
        sa.Column("memory_usage", sa.BigInteger(), nullable=False),
        sa.Column("memory_limit", sa.BigInteger(), nullable=False),
        sa.Column("load_1", sa.Float(), nullable=False),
        sa.Column("load_5", sa.Float(), nullable=False),
        sa.Column("load_15", sa.Float(), nullable=False),
        sa.Column("cores", sa.Integer(), nullable=False),
        sa.Column("cpu_percent", sa.Float(), nullable=False),
        sa.Column("active_processes", sa.Integer(), nullable=False),
        sa.Column("database_ms", sa.Float(), nullable=False),
        sa.Column("lag_ms", sa.Float(), nullable=False),
        sa.Column("job_status", sa.JSON(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_samples")),
    )
    op.create_index(op.f("ix_health_samples_at"), "health_samples", ["at"], unique=False)
    op.create_table(
        "locks",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("user", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("process_started", sa.Float(), nullable=False),
        sa.Column("pid_namespace", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=40), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("last_beat", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("released_at", sa.String(length=32), nullable=True),
        sa.Column("released_by", sa.String(length=100), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_locks")),
        sa.UniqueConstraint("id", name=op.f("uq_locks_id")),
    )
    op.create_table(
        "members",
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("subscriber_id", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tiers", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Text(), nullable=True),
        sa.Column("read_run", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.String(length=32), nullable=False),
        sa.Column("ever_member", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "subscriber_id", name=op.f("pk_members")),
    )
    op.create_index(
        "ix_members_campaign_read_run_address", "members", ["campaign", "read_run", "address"], unique=False
    )
    op.create_table(
        "memory_cleanups",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_cleanups")),
    )
    op.create_table(
        "orders",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("date_utc", sa.String(length=32), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("first_seen", sa.String(length=32), nullable=False),
        sa.Column("last_seen", sa.String(length=32), nullable=False),
        sa.Column("read_id", sa.BigInteger(), nullable=False),
        sa.Column("looked_up_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_address"), "orders", ["address"], unique=False)
    op.create_index(op.f("ix_orders_read_id"), "orders", ["read_id"], unique=False)
    op.create_table(
        "processings",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("memory_baseline", sa.BigInteger(), nullable=False),
        sa.Column("memory_peak", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processings")),
    )
    op.create_index(op.f("ix_processings_run"), "processings", ["run"], unique=False)
    op.create_table(
        "row_id_answers",
        sa.Column("row_id", sa.String(length=20), nullable=False),
        sa.Column("order_key", sa.String(length=64), nullable=True),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_row_id_answers")),
    )
    op.create_table(
        "services",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("quota_limit", sa.Integer(), nullable=True),
        sa.Column("quota_left", sa.Integer(), nullable=True),
        sa.Column("quota_resets_at", sa.String(length=32), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_services")),
        comment="What the last request to each service told: the console's top line reads it",
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
        comment="What belongs to the database, not to a person's configuration: account id, shop address, time zone",
    )
    op.create_table(
        "shop_reads",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("completeness", sa.String(length=10), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_reads")),
        comment="Each reading of the shop's list; the newest complete one says which orders are listed",
    )
    op.create_table(
        "statistics",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("buyers", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("buyers_per_day", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics")),
    )
    op.create_index("ix_statistics_campaign_at", "statistics", ["campaign", "at"], unique=False)
    op.create_table(
        "campaign_products",
        sa.Column("product_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["campaigns.code"], name=op.f("fk_campaign_products_code_campaigns")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_campaign_products")),
    )
    op.create_index(op.f("ix_campaign_products_code"), "campaign_products", ["code"], unique=False)
    op.create_table(
        "order_items",
        sa.Column("order_key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("price", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_key"], ["orders.key"], name=op.f("fk_order_items_order_key_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_key", "position", name=op.f("pk_order_items")),
    )
    op.create_index(op.f("ix_order_items_product_id"), "order_items", ["product_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("by_user", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("lock_token", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("planned_at", sa.String(length=32), nullable=True),
        sa.Column("yes_at", sa.String(length=32), nullable=True),
        sa.Column("yes_by", sa.String(length=100), nullable=True),
        sa.Column("apply_started_at", sa.String(length=32), nullable=True),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("active_seconds", sa.Float(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("phases", sa.JSON(), nullable=False),
        sa.Column("shop_read", sa.JSON(), nullable=True),
        sa.Column("mailerlite_read", sa.JSON(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("read_forecast", sa.Integer(), nullable=False),
        sa.Column("write_forecast", sa.Integer(), nullable=False),
        sa.Column("seconds_forecast", sa.Float(), nullable=False),
        sa.Column("requests_read", sa.Integer(), nullable=False),
        sa.Column("requests_write", sa.Integer(), nullable=False),
        sa.Column("requests_retried", sa.Integer(), nullable=False),
        sa.Column("shop_requests", sa.Integer(), nullable=False),
        sa.Column("automations", sa.JSON(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.code"], name=op.f("fk_runs_campaign_campaigns")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_campaign_started_at", "runs", ["campaign", "started_at"], unique=False)
    op.create_index("ix_runs_state", "runs", ["state"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("run", _row_id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person_seq", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=50), nullable=False),
        sa.Column("subscriber_id", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("target_name", sa.String(length=300), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("needs_add", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("refused_status", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.String(length=32), nullable=False),
        sa.Column("planned_at", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_ledger_run_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("run", "seq", name=op.f("uq_ledger_run_seq")),
    )
    op.create_index("ix_ledger_campaign_subscriber_id", "ledger", ["campaign", "subscriber_id", "id"], unique=False)
    op.create_index("ix_ledger_run_rule_person_seq", "ledger", ["run", "rule", "person_seq"], unique=False)
    op.create_index("ix_ledger_run_state_seq", "ledger", ["run", "state", "seq"], unique=False)
    op.create_index("ix_ledger_settled_at", "ledger", ["settled_at"], unique=False)
    op.create_table(
        "plan_counts",
        sa.Column("run", _row_id, nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_plan_counts_run_runs")),
        sa.PrimaryKeyConstraint("run", "rule", "kind", name=op.f("pk_plan_counts")),
    )
    op.create_table(
        "requests",
        sa.Column("id", _row_id, autoincrement=True, nullable=False),
        sa.Column("run", _row_id, nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("by_user", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_requests_run_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_run"), "requests", ["run"], unique=False)
    # ### end Alembic commands ###
