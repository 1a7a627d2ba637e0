"""MailerLite's quota as all processes share it: what it is now, and the clearing of a closing that should not be."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from bema_tui.errors import UsageError
from bema_tui.model import ControlVerb, RunState
from bema_tui.operations.possible import Operation, permit, require
from bema_tui.operations.workspace import Workspace
from bema_tui.providers.quota.period import Pace
from bema_tui.store.activity import Activity
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.quota import QuotaPeriods, QuotaRow
from bema_tui.store.run_waits import RunWaits, WaitingRun
from bema_tui.sync.shared_quota import period_of
from bema_tui.waits import WaitReason, until_utc


@frozen
class QuotaNow:
    """The quota at this moment."""

    url: str
    """The URL of the service."""
    limit: int
    """The requests of a period, by the service's word or the setting."""
    reserve: int
    """Those of them that are left for others."""
    window_seconds: float
    """The length of a period."""
    used: int
    """The requests of the present period so far."""
    left: int
    """The requests that may still be sent in it."""
    ends_at: datetime | None
    """When the period ends; None when none has begun."""
    closed_until: datetime | None
    """Until when the service refuses, by its own word; None when it does not."""
    waiting: tuple[WaitingRun, ...]
    """The runs that wait, for whatever it is."""


async def quota_now(workspace: Workspace) -> QuotaNow:
    """Return the quota as the database has it; nothing is asked or written."""
    db, quota, url = workspace.db, workspace.settings.quota, workspace.settings.mailerlite.url
    pace = Pace(quota.window_seconds, quota.reserve)
    now = db.now().timestamp()
    period = pace.rolled(period_of(await QuotaPeriods(db, url, quota.quota).read()), now)
    return QuotaNow(
        url=url,
        limit=period.limit,
        reserve=max(0, period.limit - pace.budget(period)),
        window_seconds=quota.window_seconds,
        used=period.used,
        left=pace.room(period, now),
        ends_at=_moment(period.ends),
        closed_until=_moment(period.closed_until),
        waiting=await RunWaits(db).all(),
    )


async def clear_quota(workspace: Workspace) -> datetime:
    """Open a period that a refusal closed, and let the runs go on that wait for it; returns until when it was closed.

    Raises:
        UsageError: it is not closed, or bema-tui is in read-only mode.
    """
    require(permit(Operation.CLEAR_QUOTA, read_only=workspace.read_only))
    db, settings, me = workspace.db, workspace.settings, workspace.me
    before = await quota_now(workspace)
    if before.closed_until is None:
        raise UsageError(
            "MailerLite's quota is not closed: there is nothing to clear.",
            advice=f"A period that is only full ends by itself, after {before.window_seconds:.0f} s at most.",
        )
    await QuotaPeriods(db, settings.mailerlite.url, settings.quota.quota).change(lambda row: QuotaRow(row.quota))
    words = until_utc(before.closed_until, db.now())
    await Activity(db).add(me.user, "quota", f"cleared the wait for MailerLite's quota {words}")
    requests = ControlRequests(db)
    for waiting in before.waiting:
        found = await workspace.reader.run(waiting.run)
        if waiting.wait.reason is WaitReason.QUOTA and found.state is RunState.PAUSED:
            await requests.ask(waiting.run, ControlVerb.CONTINUE, me.user, "the wait was cleared")
            if asked := found.pause_asked:  # somebody wants it to pause in any case: only the wait is over
                await requests.ask(waiting.run, ControlVerb.PAUSE, asked.by_user, asked.reason)
    return before.closed_until


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
