"""Reads what the screens and ``--json`` show: the database as of one moment, in few statements, writing nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.bounds import STALLED_AFTER
from bema_tui.model import ChangeState, Holder, Lock, Purpose, RunState
from bema_tui.store.campaigns import unknown_campaign
from bema_tui.store.control_requests import read_requests
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.run_rows import no_run
from bema_tui.store.schema import runs
from bema_tui.store.snapshot.campaigns import CampaignRow, by_attention, campaign_view, read_campaigns
from bema_tui.store.snapshot.overview import (
    read_activity,
    read_finding_counts,
    read_health,
    read_newest_findings,
    read_operators_here,
    read_services,
)
from bema_tui.store.snapshot.plans import read_changes, read_left_out, read_rules, read_subscribers, read_wrong
from bema_tui.store.snapshot.runs import (
    Changes,
    Kinds,
    Moment,
    add_up,
    count_changes,
    count_kinds,
    count_plans,
    only_planned,
    read_locks,
    read_runs,
    run_view,
    with_album,
)
from bema_tui.store.snapshot.views import CampaignView, ChangeView, LeftOut, PlanRule, PlanSubscriber, RunView, Snapshot

_ENDED_SHOWN: Final = 8
_NEWEST_LOOKED_AT: Final = 20  # runs: enough for the ended ones shown, also when some of the newest wait
_FINDINGS_SHOWN: Final = 20
_ACTIVITY_SHOWN: Final = 40


@frozen
class _Ended:
    """What must be as it was for an ended run's counts to be as they were."""

    run: int
    state: str
    finished_at: datetime | None
    runs_of_campaign: int


class SnapshotReader:
    """The reading side of the store.

    ``me`` is this process (a holder on this host can be proved dead), ``ages`` say how a lock is judged by its
    last sign of life, ``stalled_after`` after how many seconds without progress a run has stalled. Each call is one
    short transaction.
    """

    def __init__(self, db: Database, me: Holder, ages: LockAges, *, stalled_after: float = STALLED_AFTER) -> None:
        self._db = db
        self._stalled_after = stalled_after
        self._me = me
        self._ages = ages
        self._ended: dict[_Ended, Changes] = {}

    async def read(self) -> Snapshot:
        """Everything the Overview shows.

        Raises:
            StoreError: the database can't be read.
        """
        moment = self._moment()
        async with self._db.read() as connection:
            held = {lock.key: lock for lock in await read_locks(connection, moment)}
            findings = await read_finding_counts(connection, moment.at)
            entries = await read_campaigns(connection, moment.at)
            views = await self._views(connection, entries, held, moment)
            campaigns = (campaign_view(entry, views, findings, held.get(entry.row.code)) for entry in entries)
            return Snapshot(
                at=moment.at,
                health=await read_health(connection, self._me.host),
                services=await read_services(connection, moment.at),
                campaigns=tuple(sorted(campaigns, key=by_attention)),
                runs=_shown(views.values()),
                run_count=sum(entry.row.run_count for entry in entries),
                locks=tuple(held.values()),
                finding_groups=findings.groups,
                newest_findings=await read_newest_findings(connection, _FINDINGS_SHOWN),
                finding_counts=findings.severities,
                activity=await read_activity(connection, _ACTIVITY_SHOWN),
                operators_here=await read_operators_here(connection, moment.at),
            )

    async def campaign_stats(self, code: str | None = None) -> tuple[CampaignView, ...]:
        """All campaigns, or one, with their statistics, by attention.

        Raises:
            UsageError: there is no campaign of this code.
        """
        moment = self._moment()
        async with self._db.read() as connection:
            entries = await read_campaigns(connection, moment.at, code)
            if code is not None and not entries:
                raise await unknown_campaign(connection, code)
            held = {lock.key: lock for lock in await read_locks(connection, moment)}
            findings = await read_finding_counts(connection, moment.at)
            views = await self._views(connection, entries, held, moment)
        found = (campaign_view(entry, views, findings, held.get(entry.row.code)) for entry in entries)
        return tuple(sorted(found, key=by_attention))

    async def run(self, run_id: int) -> RunView:
        """One run, whole.

        Raises:
            UsageError: there is none of this number.
        """
        moment = self._moment()
        async with self._db.read() as connection:
            rows = await read_runs(connection, [run_id])
            if not rows:
                raise no_run(run_id)
            held = {lock.key: lock for lock in await read_locks(connection, moment)}
            kinds = (
                (await count_plans(connection, [run_id]))[run_id]
                if only_planned(rows[0])
                else await count_kinds(connection, run_id)
            )
            asked = await read_requests(connection, [run_id])
        lock = held.get(rows[0].campaign)
        return run_view(rows[0], lock, moment, add_up(kinds), kinds, asked.get(run_id, ()))

    async def runs(self, limit: int, offset: int = 0) -> tuple[RunView, ...]:
        """Runs, newest first; their ``kinds`` are told as in a snapshot."""
        moment = self._moment()
        query = with_album().order_by(runs.c.id.desc()).limit(limit).offset(offset)
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
            held = {lock.key: lock for lock in await read_locks(connection, moment)}
            plans = await count_plans(connection, [row.id for row in rows if only_planned(row)])
            changes = await count_changes(connection, [row.id for row in rows if row.id not in plans])
        return tuple(
            run_view(
                row,
                held.get(row.campaign),
                moment,
                add_up(plans[row.id]) if row.id in plans else changes[row.id],
                plans.get(row.id, {}),
            )
            for row in rows
        )

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        """The purposes of a run's plan with their subscribers and changes, the most changes first."""
        async with self._db.read() as connection:
            return await read_rules(connection, run_id)

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        """A page of a plan's subscribers, of one purpose or (None) of all in the order of ``plan_rules``."""
        async with self._db.read() as connection:
            return await read_subscribers(connection, run_id, purpose, offset, limit)

    async def changes(
        self, run_id: int, offset: int, limit: int, state: ChangeState | None = None
    ) -> tuple[ChangeView, ...]:
        """A page of a run's ledger, in the order of sending."""
        async with self._db.read() as connection:
            return await read_changes(connection, run_id, offset, limit, state)

    async def wrong(self, run_id: int, limit: int) -> tuple[ChangeView, ...]:
        """What failed, is unknown or was skipped, newest first."""
        async with self._db.read() as connection:
            return await read_wrong(connection, run_id, limit)

    async def left_out(self, run_id: int) -> tuple[LeftOut, ...]:
        """Those whom the run found something about and changes nothing of, by finding."""
        async with self._db.read() as connection:
            return await read_left_out(connection, run_id)

    def _moment(self) -> Moment:
        return Moment(self._db.now(), self._me, self._ages, self._stalled_after)

    async def _views(
        self, connection: AsyncConnection, entries: Collection[CampaignRow], held: Mapping[str, Lock], moment: Moment
    ) -> dict[int, RunView]:
        """The runs at work, waiting, newest, and those that tell how each campaign is, by their numbers."""
        needed = frozenset[int]().union(*(entry.runs_to_read for entry in entries))
        rows = await read_runs(connection, needed, newest=_NEWEST_LOOKED_AT)
        counts, kinds = await self._counts(connection, rows, entries)
        asked = await read_requests(connection, [row.id for row in rows if RunState(row.state).active])
        return {
            row.id: run_view(
                row, held.get(row.campaign), moment, counts[row.id], kinds.get(row.id, {}), asked.get(row.id, ())
            )
            for row in rows
        }

    async def _counts(
        self, connection: AsyncConnection, rows: Collection[Row[Any]], entries: Collection[CampaignRow]
    ) -> tuple[dict[int, Changes], dict[int, Kinds]]:
        """Each run's changes, counted again only where they can have changed since the last time."""
        totals = Counter({entry.row.code: entry.row.run_count for entry in entries})
        busy = {row.campaign for row in rows if RunState(row.state).active}
        keys = {
            row.id: _Ended(row.id, row.state, row.finished_at, totals[row.campaign])
            for row in rows
            if row.finished_at is not None and row.campaign not in busy
        }
        kinds = await count_plans(connection, [row.id for row in rows if only_planned(row)])
        known = {run: self._ended[key] for run, key in keys.items() if key in self._ended}
        open_ones = [row.id for row in rows if row.id not in kinds and row.id not in known]
        counts: dict[int, Changes] = {**known, **await count_changes(connection, open_ones)}
        counts |= {run: add_up(changes) for run, changes in kinds.items()}
        self._ended = {key: counts[run] for run, key in keys.items()}
        return counts, kinds


def _shown(views: Iterable[RunView]) -> tuple[RunView, ...]:
    """Those at work, then those that wait, then the lost ones that none overtook, then the newest of the others."""
    newest = sorted(views, key=lambda view: -view.id)
    at_work = [view for view in newest if view.state.active]
    waiting = [view for view in newest if view.state.waiting]
    lost = [view for view in newest if view.state is RunState.LOST and view.overtaken_by is None]
    shown = {view.id for view in (*at_work, *waiting, *lost)}
    ended = [view for view in newest if view.id not in shown]
    return (*at_work, *waiting, *lost[:_ENDED_SHOWN], *ended[:_ENDED_SHOWN])
