"""The small panels of a snapshot: health, services, findings, activity, and who is here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, field, frozen
from sqlalchemy import Row, case, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import FindingRule, FindingState, ServiceName, ServiceState, Severity
from bema_tui.rules.findings import RANK
from bema_tui.store.presence import HERE_FOR
from bema_tui.store.schema import activity, consoles, findings, health_samples, quota_periods, services
from bema_tui.store.snapshot.findings import finding_view
from bema_tui.store.snapshot.views import ActivityView, FindingGroup, FindingView, HealthView, ServiceView

_NEW_WITHIN: Final = timedelta(hours=24)
_RANKS: Final = tuple(RANK.values())
_STOPPERS: Final = (FindingRule.FIELD_MISSING, FindingRule.FIELD_TYPE_MISMATCH)

_SERIES: Final = 12
_SERIES_STEP: Final = timedelta(seconds=4)  # samples closer than this are full checks between two gauges
_SERIES_ROWS: Final = 60  # enough for twelve of each of a few consoles on one host


@frozen
class FindingCounts:
    """The open findings by rule and by campaign."""

    groups: tuple[FindingGroup, ...]
    """The findings of each rule."""
    severities: Mapping[Severity, int]
    """How many there are of each severity."""
    open: Counter[str] = field(factory=Counter)
    """How many concern each campaign."""
    errors: Counter[str] = field(factory=Counter)
    """How many of severity error concern each campaign."""
    stopped: frozenset[str] = frozenset()
    """The campaigns whose runs one of them stops."""


async def read_finding_counts(connection: AsyncConnection, now: datetime) -> FindingCounts:
    """Count what is open, by rule and campaign."""
    rows = (
        await connection.execute(
            select(
                findings.c.rule,
                findings.c.severity,
                findings.c.campaign,
                func.count().label("open"),
                func.sum(case((findings.c.first_seen >= now - _NEW_WITHIN, 1), else_=0)).label("new"),
                func.max(findings.c.last_seen).label("newest"),
                func.sum(case((findings.c.rule.in_(_STOPPERS), 1), else_=0)).label("stops"),
            )
            .where(findings.c.state == FindingState.OPEN, findings.c.severity_rank.in_(_RANKS))
            .group_by(findings.c.severity_rank, findings.c.rule, findings.c.severity, findings.c.campaign)
        )
    ).all()
    counted = FindingCounts(_groups(rows), Counter(), stopped=frozenset(row.campaign for row in rows if row.stops))
    severities: Counter[Severity] = Counter()
    for row in rows:
        severities[Severity(row.severity)] += row.open
        counted.open[row.campaign] += row.open
        if row.severity == Severity.ERROR:
            counted.errors[row.campaign] += row.open
    return evolve(counted, severities=severities)


def _groups(rows: Iterable[Row[Any]]) -> tuple[FindingGroup, ...]:
    by_rule: dict[tuple[FindingRule, Severity], list[Row[Any]]] = {}
    for row in rows:
        by_rule.setdefault((FindingRule(row.rule), Severity(row.severity)), []).append(row)
    groups = [
        FindingGroup(
            rule=rule,
            severity=severity,
            open=sum(row.open for row in same),
            new=sum(row.new for row in same),
            newest=max(row.newest for row in same),
            campaigns=tuple(sorted(((row.campaign, row.open) for row in same), key=lambda pair: (-pair[1], pair[0]))),
        )
        for (rule, severity), same in by_rule.items()
    ]
    order = list(Severity)
    return tuple(sorted(groups, key=lambda group: (order.index(group.severity), -group.open, group.rule)))


async def read_newest_findings(connection: AsyncConnection, limit: int) -> tuple[FindingView, ...]:
    """The open findings seen last; of those seen at the same moment the worst first."""
    # One bounded look into the index for each severity: a sort of all open findings would grow with them.
    newest = [
        select(
            select(findings)
            .where(findings.c.state == FindingState.OPEN, findings.c.severity_rank == rank)
            .order_by(findings.c.last_seen.desc(), findings.c.id.desc())
            .limit(limit)
            .subquery()
        )
        for rank in _RANKS
    ]
    rows = (await connection.execute(union_all(*newest))).all()
    rows = sorted(rows, key=lambda row: (-row.last_seen.timestamp(), row.severity_rank, row.id))
    return tuple(finding_view(row) for row in rows[:limit])


async def read_activity(connection: AsyncConnection, limit: int) -> tuple[ActivityView, ...]:
    """What was done last, newest first."""
    rows = await connection.execute(select(activity).order_by(activity.c.at.desc(), activity.c.id.desc()).limit(limit))
    return tuple(ActivityView(row.at, row.who, row.action, row.campaign, row.run, row.text) for row in rows)


async def read_services(connection: AsyncConnection, now: datetime) -> dict[ServiceName, ServiceView]:
    """Both services; unknown until a request was answered. The quota is what all processes together count."""
    newest = select(quota_periods).order_by(quota_periods.c.started_at.desc().nulls_last()).limit(1).subquery()
    query = select(services, *(newest.c[name] for name in ("quota", "used", "ends_at", "closed_until"))).select_from(
        services.outerjoin(newest, services.c.name == ServiceName.MAILERLITE)
    )
    found = {name: ServiceView(name, ServiceState.UNKNOWN) for name in ServiceName}
    for row in await connection.execute(query):
        name = ServiceName(row.name)
        found[name] = ServiceView(
            name=name,
            state=ServiceState(row.state),
            detail=row.detail,
            latency_ms=row.latency_ms,
            quota_limit=row.quota,
            quota_left=_left(row, now),
            at=row.at,
        )
    return found


def _left(row: Row[Any], now: datetime) -> int | None:
    """What is left of the quota: nothing while the service refuses, and all of it once its period is over."""
    if row.quota is None:
        return None
    if row.closed_until is not None and row.closed_until > now:
        return 0
    running = row.ends_at is not None and row.ends_at > now
    return max(0, row.quota - row.used) if running else int(row.quota)


async def read_operators_here(connection: AsyncConnection, now: datetime) -> tuple[str, ...]:
    """The operators with an open console, each once, the longest here first."""
    rows = await connection.execute(
        select(consoles.c.user)
        .where(consoles.c.last_beat >= now - HERE_FOR)
        .order_by(consoles.c.since, consoles.c.user)
    )
    return tuple(dict.fromkeys(row.user for row in rows))


async def read_health(connection: AsyncConnection, host: str) -> HealthView | None:
    """The newest sample of this host, with the series of the process that took it; None before there is one."""
    checked = (
        select(health_samples.c.at)
        .where(health_samples.c.host == host, health_samples.c.full_check)
        .order_by(health_samples.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        await connection.execute(
            select(health_samples, checked.label("checked_at"))
            .where(health_samples.c.host == host)
            .order_by(health_samples.c.id.desc())
            .limit(_SERIES_ROWS)
        )
    ).all()
    if not rows:
        return None
    newest = rows[0]
    series = _spaced([row for row in rows if row.pid == newest.pid])
    return HealthView(
        at=newest.at,
        cpu_percent=newest.cpu_percent,
        memory_usage=newest.memory_usage,
        memory_limit=newest.memory_limit,
        load_1=newest.load_1,
        cores=newest.cores,
        database_ms=newest.database_ms,
        lag_ms=newest.lag_ms,
        active_processes=newest.active_processes,
        score=newest.score,
        reasons=tuple(newest.reasons),
        job_status=newest.job_status,
        cpu_series=tuple(row.cpu_percent for row in series),
        memory_series=tuple(row.memory_usage * 100 / row.memory_limit for row in series),
        load_series=tuple(row.load_1 for row in series),
        database_series=tuple(row.database_ms for row in series),
        lag_series=tuple(row.lag_ms for row in series),
        processes_series=tuple(float(row.active_processes) for row in series),
        score_series=tuple(float(row.score) for row in series),
        full_check_at=newest.checked_at,
    )


def _spaced(newest_first: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The last samples about five seconds apart, oldest first."""
    kept = [newest_first[0]]
    for row in newest_first:
        if len(kept) == _SERIES:
            break
        if kept[-1].at - row.at >= _SERIES_STEP:
            kept.append(row)
    return kept[::-1]
