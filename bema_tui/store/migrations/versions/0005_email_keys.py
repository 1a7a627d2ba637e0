"""E-mails are compared by their key: without what is invisible, composed, lower-case, the domain in its ASCII form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations

from bema_tui.emails import email_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PAGE: Final = 1000  # rows in memory at once


def upgrade(op: Operations) -> None:
    """Rename the columns that held the old form, and compute the new one for what is there."""
    op.drop_index("ix_orders_address", "orders")
    op.drop_index("ix_members_address", "members")
    op.drop_index("ix_members_campaign_read_run_address", "members")
    for table in ("orders", "members"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN address TO email_key")
    connection = op.get_bind()
    _rekey(connection, "orders", ("key",))
    _rekey(connection, "members", ("campaign", "subscriber_id"))
    _rename_findings(connection)
    op.create_index(op.f("ix_orders_email_key"), "orders", ["email_key"], unique=False)
    op.create_index(op.f("ix_members_email_key"), "members", ["email_key"], unique=False)
    op.create_index("ix_members_campaign_read_run_email_key", "members", ["campaign", "read_run", "email_key"])


def _rekey(connection: sa.Connection, name: str, primary: Sequence[str]) -> None:
    table = sa.table(name, *(sa.column(column) for column in (*primary, "email", "email_key")))
    keys = [table.c[column] for column in primary]
    change = sa.update(table).where(*(key == sa.bindparam(f"old_{key.name}") for key in keys))
    change = change.values(email_key=sa.bindparam("new"))
    for page in _pages(connection, sa.select(table), keys):
        changed = [
            {"new": new, **{f"old_{column}": getattr(row, column) for column in primary}}
            for row in page
            if (new := email_key(row.email)) != row.email_key
        ]
        if changed:
            connection.execute(change, changed)


def _rename_findings(connection: sa.Connection) -> None:
    """Findings about buyers whom MailerLite does not know are told apart by the key, and may have been accepted."""
    columns = ("id", "campaign", "rule", "subject", "subscriber_id")
    table = sa.table("findings", *(sa.column(column) for column in columns))
    wanted = sa.select(table).where(table.c.subscriber_id.is_(None), table.c.subject.contains("@"))
    for page in _pages(connection, wanted, [table.c.id]):
        for row in page:
            new = email_key(row.subject)
            same = (table.c.campaign == row.campaign, table.c.rule == row.rule, table.c.subject == new)
            if new != row.subject and connection.scalar(sa.select(table.c.id).where(*same)) is None:
                connection.execute(sa.update(table).where(table.c.id == row.id).values(subject=new))


def _pages(
    connection: sa.Connection, query: sa.Select[Any], keys: Sequence[sa.ColumnElement[Any]]
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Page after page by the primary key, each read whole before anything of it is changed."""
    ordered = query.order_by(*keys).limit(_PAGE)
    page: Sequence[sa.Row[Any]] = connection.execute(ordered).all()
    while page:
        yield page
        last = [getattr(page[-1], str(key.key)) for key in keys]
        page = connection.execute(ordered.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, last)))).all()
