"""Counts what the database tells about the health of the work: runs, locks, processes, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import frozen
from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import RUNS_AT_WORK, RUNS_THAT_WAIT, FindingState, Lock, LockState, RunState, Severity
from bema_tui.rules.findings import RANK
from bema_tui.store.presence import HERE_FOR
from bema_tui.store.schema import campaigns, consoles, findings, runs
from bema_tui.store.snapshot.runs import Moment, read_locks, stalled_for, state_now

_DAY: Final = timedelta(hours=24)
_LONGEST: Final = timedelta(days=7)  # a run that ended today began within this


@frozen
class RunCounts:
    """The runs at work, waiting or lost, and those that ended in 24 hours."""

    states: Mapping[str, int]
    """How many are in each state."""
    stalled: int
    """How many of those at work wait for nothing and make no progress."""


@frozen
class Facts:
    """What is going on."""

    jobs: Mapping[str, int]
    """Runs by state: those at work, waiting or lost, and those that ended in 24 hours."""
    locks: Mapping[LockState, int]
    """Held locks by state."""
    active_processes: int
    """Processes that hold a lock or have a console open."""
    errors_open: int
    """Open findings of severity error."""
    runs_stalled: int = 0
    """Runs that should be at work, wait for nothing, and make no progress."""

    @property
    def runs_lost(self) -> int:
        """Runs that should be at work and have no process."""
        return self.jobs.get(RunState.LOST, 0)


async def read_facts(connection: AsyncConnection, moment: Moment) -> Facts:
    """Count it all, each count through an index."""
    locks = await read_locks(connection, moment)
    open_consoles = await connection.execute(
        select(consoles.c.id, consoles.c.host, consoles.c.pid).where(consoles.c.last_beat >= moment.at - HERE_FOR)
    )
    errors = await connection.scalar(
        select(func.count())
        .select_from(findings)
        .where(findings.c.state == FindingState.OPEN, findings.c.severity_rank == RANK[Severity.ERROR])
    )
    # One process may do both; a console of an older version does not say which it is.
    processes = {(row.host, row.pid if row.pid is not None else row.id) for row in open_consoles}
    processes |= {(lock.holder.host, lock.holder.pid) for lock in locks if not lock.state.releasable}
    counts = await count_runs(connection, moment, {lock.key: lock for lock in locks})
    return Facts(
        jobs=counts.states,
        runs_stalled=counts.stalled,
        locks=Counter(lock.state for lock in locks),
        active_processes=len(processes),
        errors_open=int(errors or 0),
    )


async def count_runs(
    connection: AsyncConnection, moment: Moment, held: Mapping[str, Lock], campaign: str | None = None
) -> RunCounts:
    """Runs by state, of one campaign or of all; a lost one that a newer run overtook needs nobody, and is left out."""
    newer = runs.alias()
    overtaken = exists(
        select(newer.c.id)
        .where(newer.c.campaign == runs.c.campaign, newer.c.id > runs.c.id, newer.c.mailerlite_read.is_not(None))
        .correlate(runs)
    )
    at_work = select(runs, overtaken.label("overtaken")).where(runs.c.state.in_([*RUNS_AT_WORK, *RUNS_THAT_WAIT]))
    ended = (
        select(runs.c.state, func.count())
        .select_from(campaigns.join(runs, runs.c.campaign == campaigns.c.code))
        .where(
            runs.c.started_at >= moment.at - _LONGEST,
            runs.c.finished_at >= moment.at - _DAY,
            runs.c.state.not_in([*RUNS_AT_WORK, *RUNS_THAT_WAIT]),
            or_(runs.c.state != RunState.LOST, ~overtaken),
        )
        .group_by(runs.c.state)
    )
    if campaign is not None:
        at_work = at_work.where(runs.c.campaign == campaign)
        ended = ended.where(runs.c.campaign == campaign)
    jobs: Counter[str] = Counter()
    stalled = 0
    for row in await connection.execute(at_work):
        state = state_now(row, held.get(row.campaign), moment.at)
        if state is RunState.LOST and row.overtaken:
            continue
        jobs[state.value] += 1
        stalled += stalled_for(row, state, moment) > 0
    for state, count in await connection.execute(ended):
        jobs[state] += count
    return RunCounts(dict(jobs), stalled)


async def read_open_findings(connection: AsyncConnection, campaign: str) -> Mapping[Severity, int]:
    """The open findings of a campaign by severity, each severity named."""
    rows = await connection.execute(
        select(findings.c.severity, func.count())
        .where(findings.c.campaign == campaign, findings.c.state == FindingState.OPEN)
        .group_by(findings.c.severity)
    )
    counts: Counter[str] = Counter()
    for severity, count in rows:
        counts[severity] = count
    return {severity: counts[severity] for severity in Severity}
