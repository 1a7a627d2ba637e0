"""How a snapshot sees locks and runs: their states as they are now, not only as they were last written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.bounds import STALLED_AFTER
from bema_tui.model import (
    RUNS_AT_WORK,
    RUNS_THAT_WAIT,
    ChangeKind,
    ChangeState,
    ControlRequest,
    Holder,
    Lock,
    Phase,
    PhaseEntry,
    RunKind,
    RunState,
)
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import lock_record
from bema_tui.store.run_documents import (
    automations_of,
    checks_of,
    error_of,
    mailerlite_read_of,
    phases_of,
    shop_read_of,
)
from bema_tui.store.run_waits import wait_of
from bema_tui.store.schema import campaigns, ledger, locks, plan_counts, runs
from bema_tui.store.snapshot.stalled import stalled_seconds
from bema_tui.store.snapshot.views import RunView

_PLANNING: Final = frozenset({RunState.PLANNING, *RUNS_THAT_WAIT})
_TAKING_THE_LOCK: Final = timedelta(seconds=30)  # a new run is written down a moment before its lock names it

Changes = Mapping[ChangeState, int]
Kinds = Mapping[ChangeKind, Changes]


@frozen
class Moment:
    """Who looks, when, and by which ages locks are judged."""

    at: datetime
    """When."""
    me: Holder
    """Who looks."""
    ages: LockAges
    """The ages by which locks are judged."""
    stalled_after: float = STALLED_AFTER
    """Seconds without progress after which a run counts as stalled."""


async def read_locks(connection: AsyncConnection, moment: Moment) -> tuple[Lock, ...]:
    """The held locks, by the time they were taken, each with its state at this moment."""
    rows = await connection.execute(select(locks).where(locks.c.held).order_by(locks.c.since, locks.c.key))
    return tuple(lock_record(row, moment.me, moment.at, moment.ages) for row in rows)


async def read_runs(connection: AsyncConnection, ids: Collection[int], *, newest: int = 0) -> Sequence[Row[Any]]:
    """These runs, the ``newest`` ones, and all that are at work or wait; newest first, each with its album's name."""
    condition = or_(
        runs.c.id.in_(sorted(ids)),
        runs.c.state.in_([*RUNS_AT_WORK, *RUNS_THAT_WAIT]) if newest else runs.c.id.in_([]),
        runs.c.id.in_(select(runs.c.id).order_by(runs.c.id.desc()).limit(newest)),
    )
    return (await connection.execute(with_album().where(condition).order_by(runs.c.id.desc()))).all()


def with_album() -> Any:
    """The query for whole runs, with the album's name and the campaign's newest reader beside them."""
    readers = runs.alias()
    # A short walk from the newest run backwards, along the index on (campaign, started_at).
    newest = (
        select(readers.c.id)
        .where(readers.c.campaign == runs.c.campaign, readers.c.mailerlite_read.is_not(None))
        .order_by(readers.c.started_at.desc(), readers.c.id.desc())
        .limit(1)
        .correlate(runs)
    )
    return select(runs, campaigns.c.album, newest.scalar_subquery().label("newest_reader")).join(
        campaigns, campaigns.c.code == runs.c.campaign
    )


def state_now(row: Row[Any], held: Lock | None, at: datetime) -> RunState:
    """The run's state; lost if it should be at work, but its lock is not held for it by somebody who may be alive.

    ``held`` is the lock on the run's campaign. Nothing is written: that is done when somebody resumes the run.
    """
    state = RunState(row.state)
    if not state.active:
        return state
    if held is None or not _belongs(row, held):
        just_begun = row.phase == Phase.LOCK and at - row.started_at < _TAKING_THE_LOCK
        return state if just_begun else RunState.LOST
    return RunState.LOST if held.state.releasable else state


def stalled_for(row: Row[Any], state: RunState, moment: Moment) -> float:
    """Return the seconds for which a stalled run has made no progress; ``state`` is its state now."""
    progressed_at = row.progressed_at or row.started_at
    return stalled_seconds(state, progressed_at, row.waiting_until, moment.at, moment.stalled_after)


def _belongs(row: Row[Any], held: Lock) -> bool:
    return held.run in (None, row.id) and row.lock_token in (None, held.token)


async def count_changes(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Counter[ChangeState]]:
    """Ledger rows by run and state, answered by an index alone."""
    if not ids:
        return {}
    rows = await connection.execute(
        select(ledger.c.run, ledger.c.state, func.count())
        .where(ledger.c.run.in_(sorted(ids)))
        .group_by(ledger.c.run, ledger.c.state)
    )
    counts: dict[int, Counter[ChangeState]] = {run: Counter() for run in ids}
    for run, state, count in rows:
        counts[run][ChangeState(state)] = count
    return counts


async def count_kinds(connection: AsyncConnection, run: int) -> Kinds:
    """One run's ledger rows by kind and state."""
    rows = await connection.execute(
        select(ledger.c.kind, ledger.c.state, func.count())
        .where(ledger.c.run == run)
        .group_by(ledger.c.kind, ledger.c.state)
    )
    kinds: dict[ChangeKind, Counter[ChangeState]] = {}
    for kind, state, count in rows:
        kinds.setdefault(ChangeKind(kind), Counter())[ChangeState(state)] = count
    return kinds


async def count_plans(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Kinds]:
    """The changes of plans that nothing was sent of yet, by kind, from the counts written beside each plan."""
    if not ids:
        return {}
    rows = await connection.execute(
        select(plan_counts.c.run, plan_counts.c.kind, func.sum(plan_counts.c.changes))
        .where(plan_counts.c.run.in_(sorted(ids)))
        .group_by(plan_counts.c.run, plan_counts.c.kind)
    )
    plans: dict[int, dict[ChangeKind, Changes]] = {run: {} for run in ids}
    for run, kind, count in rows:
        plans[run][ChangeKind(kind)] = {ChangeState.PLANNED: int(count)}
    return dict(plans)


def only_planned(row: Row[Any]) -> bool:
    """Whether the run has sent nothing yet, so that its plan's counts are its ledger's."""
    return RunState(row.state) in _PLANNING and row.apply_started_at is None


def add_up(kinds: Kinds) -> Changes:
    """All kinds' changes by state."""
    total: Counter[ChangeState] = Counter()
    for states in kinds.values():
        total.update(states)
    return total


def run_view(
    row: Row[Any],
    held: Lock | None,
    moment: Moment,
    changes: Changes,
    kinds: Kinds,
    asked: tuple[ControlRequest, ...] = (),
) -> RunView:
    """A run as the screens see it; ``held`` is the lock on its campaign."""
    at = moment.at
    state = state_now(row, held, at)
    phases = phases_of(row.phases)
    sitting = held if held is not None and _belongs(row, held) and RunState(row.state).active else None
    until = None if sitting is None else at if state is not RunState.LOST else sitting.last_beat
    wait, ends = wait_of(row.waiting_for, row.waiting_until) or (None, at)
    if not state.active or ends <= at:
        wait = None  # a wait that is over, or of a process that is gone, is none
    return RunView(
        id=row.id,
        kind=RunKind(row.kind),
        campaign=row.campaign,
        album=row.album,
        state=state,
        phase=Phase(row.phase),
        by_user=row.by_user,
        host=row.host,
        pid=row.pid,
        started_at=row.started_at,
        planned_at=row.planned_at,
        yes_at=row.yes_at,
        yes_by=row.yes_by,
        apply_started_at=row.apply_started_at,
        finished_at=row.finished_at,
        seconds=row.active_seconds + (_since(sitting.since, until) if sitting is not None else 0.0),
        subscribers=row.subscribers,
        moves=row.moves,
        members=row.members,
        left_out=row.left_out,
        changes=changes,
        kinds=kinds,
        read_forecast=row.read_forecast,
        write_forecast=row.write_forecast,
        seconds_forecast=row.seconds_forecast,
        requests_read=row.requests_read,
        requests_write=row.requests_write,
        requests_retried=row.requests_retried,
        shop_requests=row.shop_requests,
        phases=phases,
        shop_read=shop_read_of(row.shop_read),
        mailerlite_read=mailerlite_read_of(row.mailerlite_read),
        automations=automations_of(row.automations),
        checks=checks_of(row.checks),
        error=error_of(row.error),
        note=row.note,
        control_requests=asked,
        apply_seconds=max(0.0, _apply_seconds(phases, until) - row.paused_seconds),
        waiting_for=wait,
        waiting_until=ends if wait is not None else None,
        wait_seconds=_since(at, ends) if wait is not None else 0.0,
        stalled_seconds=stalled_for(row, state, moment),
        overtaken_by=row.newest_reader if row.newest_reader is not None and row.newest_reader > row.id else None,
    )


def _since(begin: datetime, until: datetime | None) -> float:
    return max(0.0, (until - begin).total_seconds()) if until is not None else 0.0


def _apply_seconds(phases: Iterable[PhaseEntry], until: datetime | None) -> float:
    """Seconds of the apply phases; an open one counts up to ``until``."""
    return sum(
        phase.seconds if phase.seconds is not None else _since(phase.started_at, until)
        for phase in phases
        if phase.phase is Phase.APPLY
    )
