"""A change says why it is made and which tier it concerns as data; until now a heading and a group's name said so."""

from __future__ import annotations

from collections import Counter
from typing import Final

import sqlalchemy as sa
from alembic.operations import Operations

from bema_tui.rules.naming import read_group_name

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Purpose = tuple[str, str, str]
"""Cause, the tier that a purchase leads out of, the tier that the move leads to."""

_TIERS: Final = {
    "no tier": "",
    "Opt-In": "opt_in",
    "Gold": "gold",
    "Silver": "silver",
    "Bronze": "bronze",
    "Wood": "wood",
    "Gold Purchased": "gold_purchased",
    "Silver Purchased": "silver_purchased",
    "Bronze Purchased": "bronze_purchased",
}
_NOT_ACTIVE: Final = "not active → field only"
_ALONE: Final[dict[str, Purpose]] = {
    "field only": ("field_only", "", ""),
    "Wood → field only": ("in_wood", "", ""),
    _NOT_ACTIVE: ("not_active", "", ""),
    "two tiers → lower off": ("lower_off", "", ""),
    "refund, not active → field only": ("refund_not_active", "", ""),
    "create what is missing": ("create_missing", "", ""),
}
"""The headings that are no move from one tier to another."""
_UNKNOWN: Final[Purpose] = ("field_only", "", "")
"""What a heading that no version has written stands for: nothing is decided by it."""
_GROUP_KINDS: Final = ("add_group", "remove_group", "create_group", "create_subscriber")

_ledger = sa.table(
    "ledger",
    *(sa.column(name) for name in ("id", "run", "seq", "person_seq", "subscriber_id", "email", "target")),
    *(sa.column(name) for name in ("kind", "target_name", "after", "rule", "cause", "from_tier", "to_tier", "tier")),
)
_old = _ledger.c


def upgrade(op: Operations) -> None:
    """Read the headings and names that are there, once; the plans are counted anew, since their key is another."""
    connection = op.get_bind()
    for column in ("cause", "from_tier", "to_tier", "tier"):
        op.add_column("ledger", sa.Column(column, sa.String(length=20), nullable=False, server_default=""))
    mixed = _fill_purposes(op, connection)
    _fill_tiers(op, connection)
    for run in sorted(mixed):
        _number(connection, run)
    op.drop_index("ix_ledger_run_rule_person_seq", "ledger")
    op.drop_column("ledger", "rule")
    op.create_index(
        "ix_ledger_run_purpose_person_seq", "ledger", ["run", "cause", "from_tier", "to_tier", "person_seq"]
    )
    _count_plans(op)


def _purpose(heading: str) -> Purpose | None:
    """What a heading means; None: no version has written it."""
    if heading in _ALONE:
        return _ALONE[heading]
    source, arrow, goal = heading.partition(" → ")
    if not arrow or goal not in _TIERS:
        return None
    if source in ("refund", "new buyer"):
        return source.replace(" ", "_"), "", _TIERS[goal]
    if source not in _TIERS:
        return None
    return "purchase" if _TIERS[source] else "placed", _TIERS[source], _TIERS[goal]


def _fill_purposes(op: Operations, connection: sa.Connection) -> frozenset[int]:
    """Returns the runs in which people of one heading have several purposes, or those of several headings one."""
    headings = list(connection.scalars(sa.select(_old.rule).distinct()))
    known = {heading: purpose for heading in headings if (purpose := _purpose(heading)) is not None}
    meanings = op.create_table(
        "meanings",
        sa.Column("rule", sa.String(length=60), primary_key=True),
        *(sa.Column(column, sa.String(length=20), nullable=False) for column in ("cause", "from_tier", "to_tier")),
    )
    rows = []
    for heading in headings:
        cause, from_tier, to_tier = known.get(heading, _UNKNOWN)
        rows.append({"rule": heading, "cause": cause, "from_tier": from_tier, "to_tier": to_tier})
    op.bulk_insert(meanings, rows)
    op.execute(
        "UPDATE ledger SET (cause, from_tier, to_tier) = "
        "(SELECT cause, from_tier, to_tier FROM meanings WHERE meanings.rule = ledger.rule)"
    )
    op.drop_table("meanings")
    # A refund of somebody who is not active once had the heading of their purchase.
    refund = (_old.rule == _NOT_ACTIVE, _old.kind == "set_field", _old.after.is_(None))
    odd = sa.or_(_old.rule.not_in(list(known)), sa.and_(*refund))
    mixed = frozenset(connection.scalars(sa.select(_old.run).where(odd).distinct()))
    connection.execute(sa.update(_ledger).where(*refund).values(cause="refund_not_active"))
    return mixed


def _fill_tiers(op: Operations, connection: sa.Connection) -> None:
    names = connection.scalars(sa.select(_old.target_name).where(_old.kind.in_(_GROUP_KINDS)).distinct())
    rows = [{"name": name, "tier": found[1].value} for name in names if (found := read_group_name(name)) is not None]
    meanings = op.create_table(
        "meanings",
        sa.Column("name", sa.String(length=300), primary_key=True),
        sa.Column("tier", sa.String(length=20), nullable=False),
    )
    op.bulk_insert(meanings, rows)
    tier = sa.select(meanings.c.tier).where(meanings.c.name == _old.target_name).scalar_subquery()
    connection.execute(sa.update(_ledger).where(_old.kind.in_(_GROUP_KINDS)).values(tier=sa.func.coalesce(tier, "")))
    op.drop_table("meanings")


def _number(connection: sa.Connection, run: int) -> None:
    """Give the people of a run their places anew: each purpose counts its own, in the order of sending."""
    places: dict[tuple[Purpose, str], int] = {}
    people: Counter[Purpose] = Counter()
    changed = []
    for row in connection.execute(sa.select(_ledger).where(_old.run == run).order_by(_old.seq)).all():
        purpose = (row.cause, row.from_tier, row.to_tier)
        who = (purpose, row.subscriber_id or row.email or row.target)
        if who not in places:
            people[purpose] += 1
            places[who] = people[purpose]
        changed.append({"row": row.id, "place": places[who]})
    statement = sa.update(_ledger).where(_old.id == sa.bindparam("row")).values(person_seq=sa.bindparam("place"))
    connection.execute(statement, changed)


def _count_plans(op: Operations) -> None:
    op.drop_table("plan_counts")
    op.create_table(
        "plan_counts",
        sa.Column("run", _row_id, nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("from_tier", sa.String(length=20), nullable=False),
        sa.Column("to_tier", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_plan_counts_run_runs")),
        sa.PrimaryKeyConstraint("run", "cause", "from_tier", "to_tier", "kind", name=op.f("pk_plan_counts")),
        comment="Written with the plan, so that no screen counts a ledger",
    )
    op.execute(
        "INSERT INTO plan_counts (run, cause, from_tier, to_tier, kind, people, changes) "
        "SELECT run, cause, from_tier, to_tier, kind, count(DISTINCT person_seq), count(*) FROM ledger "
        "GROUP BY run, cause, from_tier, to_tier, kind"
    )
