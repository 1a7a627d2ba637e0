"""Findings as the screens and commands show them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from bema_tui.model import FindingRule, FindingState, Severity
from bema_tui.store.database import Database
from bema_tui.store.schema import findings
from bema_tui.store.snapshot.views import FindingView


async def list_findings(
    db: Database,
    *,
    state: FindingState | None = None,
    campaign: str | None = None,
    rule: FindingRule | None = None,
    severity: Severity | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[FindingView, ...]:
    """Findings, worst first, then the last seen first; a filter that is None lets everything through."""
    wanted = (
        (findings.c.state, state),
        (findings.c.campaign, campaign),
        (findings.c.rule, rule),
        (findings.c.severity, severity),
    )
    query = (
        select(findings)
        .where(*(column == value for column, value in wanted if value is not None))
        .order_by(findings.c.severity_rank, findings.c.last_seen.desc(), findings.c.id)
        .limit(limit)
        .offset(offset)
    )
    async with db.read() as connection:
        return tuple(finding_view(row) for row in await connection.execute(query))


def finding_view(row: Row[Any]) -> FindingView:
    """A row of the table of findings as the screens show it."""
    return FindingView(
        id=row.id,
        campaign=row.campaign,
        rule=FindingRule(row.rule),
        severity=Severity(row.severity),
        state=FindingState(row.state),
        subject=row.subject,
        message=row.message,
        advice=row.advice,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        count=row._mapping["count"],  # a row has a method of that name
    )
