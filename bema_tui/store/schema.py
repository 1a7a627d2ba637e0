"""The tables, in SQLAlchemy Core; ``migrations/`` builds them, and a test holds the two together.

Those of the shop's orders stand in ``schema_shop``.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

import bema_tui.store.schema_shop  # noqa: F401 (the metadata knows every table)
from bema_tui.store.schema_base import RowId, TierOrNone, UtcTime
from bema_tui.store.schema_base import metadata as metadata

settings = Table(
    "settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
    comment="What belongs to the database, not to a person's configuration: account id, shop URL, time zone",
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("code", String(50), primary_key=True),
    Column("album", String(255), nullable=False),
    Column("state", String(20), nullable=False, default="active"),
    Column("start", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("last_members", Integer),  # seen in the campaign's groups at the last good read
    Column("last_orders", Integer),  # orders the last good full read of the shop listed
)

campaign_products = Table(
    "campaign_products",
    metadata,
    Column("code", ForeignKey("campaigns.code"), primary_key=True),
    Column("product_id", String(20), primary_key=True),  # the identity; only a bundle's stands in several campaigns
)

runs = Table(
    "runs",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),  # sync, plan
    Column("campaign", ForeignKey("campaigns.code"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("by_user", String(100), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("lock_token", BigInteger),
    Column("started_at", UtcTime, nullable=False),
    Column("planned_at", UtcTime),
    Column("yes_at", UtcTime),
    Column("yes_by", String(100)),
    Column("apply_started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("active_seconds", Float, nullable=False, default=0.0),  # work, without the waiting for a yes
    Column("options", JSON, nullable=False, default=dict),  # RunOptions: what it was asked for
    Column("phases", JSON, nullable=False, default=list),  # [PhaseEntry]
    Column("shop_read", JSON(none_as_null=True)),  # ShopReadResult
    Column("mailerlite_read", JSON(none_as_null=True)),  # MailerLiteReadResult
    Column("subscribers", Integer, nullable=False, default=0),
    Column("moves", Integer, nullable=False, default=0),
    Column("members", Integer, nullable=False, default=0),
    Column("left_out", Integer, nullable=False, default=0),
    Column("read_forecast", Integer, nullable=False, default=0),
    Column("write_forecast", Integer, nullable=False, default=0),
    Column("seconds_forecast", Float, nullable=False, default=0.0),
    Column("requests_read", Integer, nullable=False, default=0),
    Column("requests_write", Integer, nullable=False, default=0),
    Column("requests_retried", Integer, nullable=False, default=0),
    Column("shop_requests", Integer, nullable=False, default=0),
    Column("automations", JSON, nullable=False, default=list),  # [AutomationEffect]
    Column("checks", JSON, nullable=False, default=list),  # [Check]
    Column("canary_done", Boolean, nullable=False, default=False, server_default=false()),
    Column("error", JSON(none_as_null=True)),  # RunError
    Column("note", Text, nullable=False, default=""),
    Column("waiting_for", JSON(none_as_null=True)),  # Wait; null: it does not wait
    Column("waiting_until", UtcTime),
    Column("paused_seconds", Float, nullable=False, default=0.0, server_default="0"),  # of its apply
    Column("progressed_at", UtcTime),  # when it last got an answer, recorded a result or began a phase
    Index("ix_runs_campaign_started_at", "campaign", "started_at"),
    Index("ix_runs_state", "state"),
)

control_requests = Table(
    "control_requests",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.id"), nullable=False, index=True),
    Column("verb", String(20), nullable=False),  # stop, pause, continue
    Column("by_user", String(100), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("asked_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
    Column("done_at", UtcTime),
    comment="What somebody asks of a run; the run obeys at its next safe point",
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("seq", Integer, nullable=False),  # the order of sending within the run; a subscriber's rows stand together
    Column("subscriber_seq", Integer, nullable=False),  # within (run, purpose): the plan's paging key
    Column("campaign", String(50), nullable=False),
    Column("subscriber_id", String(24), nullable=False),  # empty for groups and fields to create
    Column("email", String(320), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("kind", String(20), nullable=False),
    Column("target", String(300), nullable=False),  # group id or field key; "new:<name>" until it is created
    Column("target_name", String(300), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("cause", String(20), nullable=False),
    Column("from_tier", TierOrNone, nullable=False, default=None),  # with the cause: the purpose
    Column("to_tier", TierOrNone, nullable=False, default=None),
    Column("tier", TierOrNone, nullable=False, default=None),  # of the group that is joined, left or created
    Column("reason", Text, nullable=False, default=""),
    Column("needs_add", Boolean, nullable=False, default=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("outcome", String(24)),  # with its detail why it stands so; null: its state says it all
    Column("detail", Text, nullable=False, default=""),
    Column("refused_status", Integer),  # the 4xx that refused it: not planned again until it differs
    Column("read_at", UtcTime, nullable=False),  # when the truth it rests on was read
    Column("planned_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("recorded_at", UtcTime),
    UniqueConstraint("run", "seq"),
    Index("ix_ledger_run_state_seq", "run", "state", "seq"),
    Index("ix_ledger_run_purpose_subscriber_seq", "run", "cause", "from_tier", "to_tier", "subscriber_seq"),
    Index("ix_ledger_campaign_subscriber_id", "campaign", "subscriber_id", "id"),
    Index("ix_ledger_recorded_at", "recorded_at"),
)

plan_counts = Table(
    "plan_counts",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("cause", String(20), primary_key=True),
    Column("from_tier", TierOrNone, primary_key=True),
    Column("to_tier", TierOrNone, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("subscribers", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    comment="Written with the plan, so that no screen counts a ledger",
)

locks = Table(
    "locks",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("token", BigInteger, nullable=False),  # grows with each taking, never comes again
    Column("id", String(8), nullable=False, unique=True),
    Column("held", Boolean, nullable=False),
    Column("user", String(100), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot_id", String(64), nullable=False),
    Column("process_started", Float, nullable=False),
    Column("pid_namespace", String(64), nullable=False, default=""),
    Column("operation", String(40), nullable=False),
    Column("run", BigInteger),
    Column("since", UtcTime, nullable=False),
    Column("last_beat", UtcTime, nullable=False),
    Column("note", String(200), nullable=False, default=""),
    Column("released_at", UtcTime),
    Column("released_by", String(100)),
    Column("release_reason", Text),
)

findings = Table(
    "findings",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("campaign", String(50), nullable=False),  # a code, or "" for the account as a whole
    Column("rule", String(40), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("severity_rank", Integer, nullable=False),  # 0 error, 1 warning, 2 info
    Column("subject", String(320), nullable=False),
    Column("subscriber_id", String(24)),
    Column("about", String(12), nullable=False, default="other", server_default="other"),  # subscriber, other
    Column("state", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_run", BigInteger),
    Column("last_run", BigInteger),
    UniqueConstraint("campaign", "rule", "subject"),
    Index("ix_findings_state_severity_rank", "state", "severity_rank", "last_seen"),
)

members = Table(
    "members",
    metadata,
    Column("campaign", String(50), primary_key=True),
    Column("subscriber_id", String(24), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("email_key", String(320), nullable=False, index=True),
    Column("name", String(200), nullable=False, default=""),
    Column("last_name", String(200), nullable=False, default=""),
    Column("source", String(200), nullable=False, default=""),
    Column("status", String(20), nullable=False),
    Column("tiers", Integer, nullable=False),  # a bit per Tier, in the enum's order; 0: in none of its groups
    Column("stored", Text),  # the purchase field's value as text
    Column("read_run", BigInteger, nullable=False),  # the last run whose read saw this subscriber
    Column("read_at", UtcTime, nullable=False),
    Column("ever_member", Boolean, nullable=False, default=False),  # seen in a group of it by some read
    Index("ix_members_campaign_read_run_email_key", "campaign", "read_run", "email_key"),
    comment="People of a campaign as last read, and the memory of who has ever been in it",
)

statistics = Table(
    "statistics",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("campaign", String(50), nullable=False),
    Column("run", BigInteger),
    Column("at", UtcTime, nullable=False),
    Column("tiers", JSON, nullable=False),  # Tier value -> members
    Column("members", Integer, nullable=False),
    Column("buyers", Integer, nullable=False),
    Column("revenue", String(40), nullable=False),
    Column("currency", String(8), nullable=False, default=""),
    Column("buyers_per_day", JSON, nullable=False, default=list),  # the last 30 days, oldest first
    Index("ix_statistics_campaign_at", "campaign", "at"),
)

processings = Table(
    "processings",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("campaign", String(50), nullable=False),
    Column("run", BigInteger, nullable=False, index=True),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("seconds", Float),
    Column("outcome", String(20)),
    Column("counts", JSON, nullable=False, default=dict),
    Column("memory_baseline", BigInteger, nullable=False),
    Column("memory_peak", BigInteger, nullable=False),
)

memory_cleanups = Table(
    "memory_cleanups",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("campaign", String(50), nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("before", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
)

health_samples = Table(
    "health_samples",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("full_check", Boolean, nullable=False, default=False),
    Column("memory_usage", BigInteger, nullable=False),
    Column("memory_limit", BigInteger, nullable=False),
    Column("load_1", Float, nullable=False),
    Column("load_5", Float, nullable=False),
    Column("load_15", Float, nullable=False),
    Column("cores", Integer, nullable=False),
    Column("cpu_percent", Float, nullable=False),
    Column("active_processes", Integer, nullable=False),
    Column("database_ms", Float, nullable=False),
    Column("lag_ms", Float, nullable=False, default=0.0),
    Column("job_status", JSON, nullable=False),
    Column("score", Integer, nullable=False),
    Column("reasons", JSON, nullable=False),
)

services = Table(
    "services",
    metadata,
    Column("name", String(20), primary_key=True),  # mailerlite, shop
    Column("state", String(20), nullable=False),  # ServiceState
    Column("detail", Text, nullable=False, default=""),
    Column("latency_ms", Float),
    Column("at", UtcTime, nullable=False),
    comment="What the last request to each service told: the console's top line reads it",
)

quota_periods = Table(
    "quota_periods",
    metadata,
    Column("url", String(255), primary_key=True),  # of its API: one database, one account
    Column("quota", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("started_at", UtcTime),
    Column("ends_at", UtcTime),
    Column("answered", Boolean, nullable=False),
    Column("closed_until", UtcTime),
    comment="What all processes together have used of the account's present period: the console shows it as well",
)

consoles = Table(
    "consoles",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("user", String(100), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer),  # null: an older version opened it
    Column("since", UtcTime, nullable=False),
    Column("last_beat", UtcTime, nullable=False),
    comment="Open consoles, so that people see each other",
)

activity = Table(
    "activity",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("who", String(100), nullable=False),
    Column("host", String(255), nullable=False, default=""),
    Column("action", String(40), nullable=False),
    Column("campaign", String(50)),
    Column("run", BigInteger),
    Column("text", Text, nullable=False),
)
