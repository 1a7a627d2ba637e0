"""The campaigns of a snapshot: what each is at, what it brought, and in which order they want to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.model import RUNS_AT_WORK, RUNS_THAT_WAIT, CampaignStatus, ChangeState, Lock, RunKind, RunState, Tier
from bema_tui.store.database_settings import CURRENCIES
from bema_tui.store.schema import campaign_products, campaigns, runs, settings, statistics
from bema_tui.store.snapshot.overview import FindingCounts
from bema_tui.store.snapshot.views import CampaignView, RunView

_DAY: Final = timedelta(hours=24)
_ATTENTION: Final[Mapping[CampaignStatus, int]] = {
    CampaignStatus.FAILED: 0,
    CampaignStatus.LOST: 0,
    CampaignStatus.BLOCKED: 0,
    CampaignStatus.APPLYING: 1,
    CampaignStatus.PLANNING: 1,
    CampaignStatus.PAUSED: 1,
    CampaignStatus.PLAN_WAITS: 2,
    CampaignStatus.STOPPED: 2,
    CampaignStatus.UP_TO_DATE: 3,
    CampaignStatus.NEVER: 4,
}
_OF_RUN: Final[Mapping[RunState, CampaignStatus]] = {
    RunState.PLANNING: CampaignStatus.PLANNING,
    RunState.APPLYING: CampaignStatus.APPLYING,
    RunState.PAUSED: CampaignStatus.PAUSED,
    RunState.LOST: CampaignStatus.LOST,
    RunState.STOPPED: CampaignStatus.STOPPED,
    RunState.FAILED: CampaignStatus.FAILED,
}
"""How a campaign stands whose run is at work, or ended short of its end."""


@frozen
class CampaignRow:
    """A campaign as the database has it."""

    row: Row[Any]
    """Its columns, with the numbers of the runs that tell how it is."""
    products: tuple[str, ...]
    """Its product ids."""
    currencies: tuple[str, ...] = ()
    """Every currency that was ever the shop's own."""

    @property
    def runs_to_read(self) -> frozenset[int]:
        """The run that ended last, and the last sync that came to its end."""
        return frozenset(run for run in (self.row.ended_run, self.row.synced_run) if run is not None)


async def read_campaigns(connection: AsyncConnection, now: datetime, code: str | None = None) -> list[CampaignRow]:
    """All campaigns, or one, each with its newest statistics and the sums of its runs."""
    # Each subquery is a short walk along the index on (campaign, started_at) or (campaign, at).
    own = runs.c.campaign == campaigns.c.code
    open_states = [*RUNS_AT_WORK, *RUNS_THAT_WAIT, RunState.DISCARDED]
    synced = and_(runs.c.state == RunState.DONE, or_(runs.c.kind == RunKind.SYNC, runs.c.apply_started_at.is_not(None)))
    ended = select(runs.c.id).where(own, runs.c.state.not_in(open_states)).order_by(runs.c.started_at.desc()).limit(1)
    brought = statistics.alias()
    newest = (
        select(brought.c.id)
        .where(brought.c.campaign == campaigns.c.code)
        .order_by(brought.c.at.desc(), brought.c.id.desc())
        .limit(1)
        .correlate(campaigns)
    )
    spent = select(func.sum(runs.c.requests_read + runs.c.requests_write)).where(own, runs.c.started_at >= now - _DAY)
    query = (
        select(
            campaigns,
            statistics.c.tiers,
            statistics.c.members,
            statistics.c.buyers,
            statistics.c.revenue,
            statistics.c.currency,
            statistics.c.buyers_per_day,
            select(func.count()).where(own).scalar_subquery().label("run_count"),
            spent.scalar_subquery().label("requests"),
            ended.scalar_subquery().label("ended_run"),
            ended.where(synced).scalar_subquery().label("synced_run"),
        )
        .select_from(campaigns.outerjoin(statistics, statistics.c.id == newest.scalar_subquery()))
        .order_by(campaigns.c.code)
    )
    if code is not None:
        query = query.where(campaigns.c.code == code)
    rows = (await connection.execute(query)).all()
    products: dict[str, tuple[str, ...]] = {}
    for entry in await connection.execute(select(campaign_products).order_by(campaign_products.c.product_id)):
        products[entry.code] = (*products.get(entry.code, ()), entry.product_id)
    seen = await connection.scalar(select(settings.c.value).where(settings.c.name == CURRENCIES))
    return [CampaignRow(row, products.get(row.code, ()), tuple((seen or row.currency or "").split())) for row in rows]


def campaign_view(
    entry: CampaignRow, views: Mapping[int, RunView], findings: FindingCounts, held: Lock | None
) -> CampaignView:
    """A campaign as the screens see it. ``views`` holds its runs that are at work, wait or ended last."""
    row = entry.row
    own = sorted((view for view in views.values() if view.campaign == row.code), key=lambda view: -view.id)
    at_work = next((view for view in own if view.state.active or view.state is RunState.LOST), None)
    waiting = next((view for view in own if view.state.waiting), None)
    ended, synced = views.get(row.ended_run), views.get(row.synced_run)
    if at_work is not None and ended is not None and at_work.state is RunState.LOST and at_work.id < ended.id:
        at_work = None  # a later run has been over the campaign since
    status = _status(at_work, waiting, ended, stopped=row.code in findings.stopped)
    shown = at_work or (ended if status is CampaignStatus.STOPPED else None)
    return CampaignView(
        code=row.code,
        album=row.album,
        products=entry.products,
        state=row.state,
        status=status,
        percent=shown.percent if shown is not None and shown.total and status is not CampaignStatus.PLANNING else None,
        start=row.start,
        members=row.members if row.members is not None else row.last_members,
        buyers=row.buyers,
        revenue=row.revenue,
        currency=row.currency or "",
        currencies=entry.currencies,
        tiers={Tier(name): count for name, count in (row.tiers or {}).items()},
        buyers_per_day=tuple(row.buyers_per_day or ()),
        open_findings=findings.open[row.code],
        open_errors=findings.errors[row.code],
        runs=row.run_count,
        requests=row.requests or 0,
        last_sync=synced.finished_at if synced is not None else None,
        last_sync_text=_outcome(synced) if synced is not None else "",
        last_end_text=_outcome(ended) if ended is not None else "",
        active_run=at_work.id if at_work is not None and at_work.state.active else None,
        waiting_run=waiting.id if waiting is not None else None,
        lock=held,
    )


def by_attention(campaign: CampaignView) -> tuple[int, float, str]:
    """The order of the table: what failed first, then what is going on, what waits, and the rest by its last sync."""
    rank = _ATTENTION[campaign.status]
    return rank, -campaign.last_sync.timestamp() if campaign.last_sync and rank == 3 else 0.0, campaign.code


def _status(
    at_work: RunView | None, waiting: RunView | None, ended: RunView | None, *, stopped: bool
) -> CampaignStatus:
    if at_work is not None:
        return _OF_RUN[at_work.state]
    # Most of what stops a campaign is found by a run that fails over it; one that went through is proof against it.
    if stopped and (ended is None or ended.state is not RunState.DONE):
        return CampaignStatus.BLOCKED
    if waiting is not None:
        return CampaignStatus.PLAN_WAITS
    return CampaignStatus.NEVER if ended is None else _ended_status(ended)


def _ended_status(ended: RunView) -> CampaignStatus:
    if ended.state is RunState.DONE:
        return CampaignStatus.FAILED if _went_wrong(ended) else CampaignStatus.UP_TO_DATE
    return _OF_RUN[ended.state]


def _went_wrong(run: RunView) -> int:
    return run.changes.get(ChangeState.FAILED, 0) + run.changes.get(ChangeState.UNKNOWN, 0)


def _outcome(run: RunView) -> str:
    """How a run ended, in a few words."""
    if run.state is not RunState.DONE:
        return run.error.message if run.error is not None else run.state.value
    failed, unknown = run.changes.get(ChangeState.FAILED, 0), run.changes.get(ChangeState.UNKNOWN, 0)
    if failed or unknown:
        return ", ".join(f"{count:,} {word}" for count, word in ((failed, "failed"), (unknown, "unknown")) if count)
    applied = run.changes.get(ChangeState.APPLIED, 0)
    return f"{applied:,} applied" if applied else "nothing to do"
