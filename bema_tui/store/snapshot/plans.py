"""The plan and the ledger of one run, page by page, each page found through an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, Select, exists, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import ACCOUNT_CHANGES, ChangeKind, ChangeState, FindingRule, Purpose, Severity, SubjectKind
from bema_tui.store.ledger_rows import has_purpose, outcome_of, purpose_of
from bema_tui.store.schema import findings, ledger, plan_counts, runs
from bema_tui.store.snapshot.views import ChangeView, LeftOut, PlanRule, PlanSubscriber

_WRONG: Final = (ChangeState.FAILED, ChangeState.UNKNOWN, ChangeState.SKIPPED)
_PURPOSE: Final = (plan_counts.c.cause, plan_counts.c.from_tier, plan_counts.c.to_tier)


@frozen
class _Group:
    """The changes of one purpose in a plan."""

    purpose: Purpose
    places: int
    """The last subscriber's place in it, which is how many there are."""
    changes: int
    of_subscribers: bool
    """Whether they concern subscribers, and not only groups and fields."""


async def read_rules(connection: AsyncConnection, run: int) -> tuple[PlanRule, ...]:
    """The purposes of a plan with their subscribers and changes, the most changes first."""
    groups = await _groups(connection, run)
    return tuple(
        PlanRule(group.purpose, group.places if group.of_subscribers else 0, group.changes) for group in groups
    )


async def _groups(connection: AsyncConnection, run: int) -> list[_Group]:
    # A subscriber has rows of several kinds for one purpose; the places count each once, at one look per purpose.
    last = (
        select(func.max(ledger.c.subscriber_seq))
        .where(ledger.c.run == run, *(ledger.c[column.name] == column for column in _PURPOSE))
        .correlate(plan_counts)
        .scalar_subquery()
    )
    of_subscribers = func.max(plan_counts.c.kind.not_in(ACCOUNT_CHANGES))
    changes = func.sum(plan_counts.c.changes)
    rows = await connection.execute(
        select(*_PURPOSE, last.label("places"), changes.label("changes"), of_subscribers.label("of_subscribers"))
        .where(plan_counts.c.run == run)
        .group_by(*_PURPOSE)
        .order_by(changes.desc(), *_PURPOSE)
    )
    return [_Group(purpose_of(row), int(row.places or 0), int(row.changes), bool(row.of_subscribers)) for row in rows]


async def read_subscribers(
    connection: AsyncConnection, run: int, purpose: Purpose | None, offset: int, limit: int
) -> tuple[PlanSubscriber, ...]:
    """Subscribers of one purpose, or of all one after the other, from ``offset`` on; no row is walked over."""
    groups = await _groups(connection, run)
    subscribers: list[PlanSubscriber] = []
    for one, first, count in _pages(groups, purpose, offset, limit):
        rows = await connection.execute(
            select(ledger)
            .where(
                ledger.c.run == run,
                has_purpose(ledger, one),
                ledger.c.subscriber_seq.between(first, first + count - 1),
            )
            .order_by(ledger.c.subscriber_seq, ledger.c.seq)
        )
        subscribers += _by_subscriber(rows.all())
    return tuple(subscribers)


def _pages(
    groups: list[_Group], purpose: Purpose | None, offset: int, limit: int
) -> Iterator[tuple[Purpose, int, int]]:
    """(purpose, first place, how many) of what lies between offset and offset + limit."""
    for candidate in groups:
        if purpose is not None and candidate.purpose != purpose:
            continue
        count = min(limit, candidate.places - offset)
        if count > 0:
            yield candidate.purpose, offset + 1, count
            limit -= count
        offset = max(0, offset - candidate.places)


def _by_subscriber(rows: Any) -> Iterator[PlanSubscriber]:
    together: dict[int, list[Row[Any]]] = {}
    for row in rows:
        together.setdefault(row.subscriber_seq, []).append(row)
    for same in together.values():
        yield PlanSubscriber(
            subscriber_id=same[0].subscriber_id,
            email=same[0].email,
            name=same[0].name,
            purpose=purpose_of(same[0]),
            changes=tuple(_change(row) for row in same),
        )


async def read_changes(
    connection: AsyncConnection, run: int, offset: int, limit: int, state: ChangeState | None
) -> tuple[ChangeView, ...]:
    """Ledger rows in the order of sending."""
    query = select(ledger).where(ledger.c.run == run).order_by(ledger.c.seq).offset(offset).limit(limit)
    if state is not None:
        query = query.where(ledger.c.state == state)
    return tuple(_change(row) for row in await connection.execute(query))


async def read_wrong(connection: AsyncConnection, run: int, limit: int) -> tuple[ChangeView, ...]:
    """What failed, is unknown or was skipped, the last in the order of sending first."""
    newest = [_newest(run, state, limit) for state in _WRONG]
    rows = (await connection.execute(union_all(*newest))).all()
    rows = sorted(rows, key=lambda row: -row.seq)
    return tuple(_change(row) for row in rows[:limit])


def _newest(run: int, state: ChangeState, limit: int) -> Select[Any]:
    found = select(ledger).where(ledger.c.run == run, ledger.c.state == state).order_by(ledger.c.seq.desc())
    return select(found.limit(limit).subquery())


async def read_left_out(connection: AsyncConnection, run: int) -> tuple[LeftOut, ...]:
    """Those about whom the run found something and changes nothing, by finding, the most first.

    A finding tells of the last run that saw it: a later run over the same campaign takes its findings over.
    """
    # Adding nothing to the run keeps the planner off its index, which would walk the whole run for each finding.
    changed = exists().where(
        ledger.c.campaign == findings.c.campaign,
        ledger.c.subscriber_id == findings.c.subscriber_id,
        ledger.c.run + 0 == run,
    )
    campaign = select(runs.c.campaign).where(runs.c.id == run).scalar_subquery()
    subscribers = func.count()
    rows = await connection.execute(
        select(findings.c.rule, findings.c.severity, subscribers.label("subscribers"))
        .where(
            findings.c.campaign == campaign,
            findings.c.about == SubjectKind.SUBSCRIBER,
            findings.c.last_run == run,
            or_(findings.c.subscriber_id.is_(None), ~changed),
        )
        .group_by(findings.c.rule, findings.c.severity)
        .order_by(subscribers.desc(), findings.c.rule)
    )
    return tuple(LeftOut(FindingRule(row.rule), Severity(row.severity), row.subscribers) for row in rows)


def _change(row: Row[Any]) -> ChangeView:
    return ChangeView(
        id=row.id,
        run=row.run,
        seq=row.seq,
        subscriber_id=row.subscriber_id,
        email=row.email,
        name=row.name,
        kind=ChangeKind(row.kind),
        target_name=row.target_name,
        before=row.before,
        after=row.after,
        tier=row.tier,
        purpose=purpose_of(row),
        reason=row.reason,
        state=ChangeState(row.state),
        attempts=row.attempts,
        outcome=outcome_of(row),
        detail=row.detail,
        refused_status=row.refused_status,
        planned_at=row.planned_at,
        recorded_at=row.recorded_at,
    )
