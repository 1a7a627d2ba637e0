"""Everything that an operator does with runs: begin, apply, resume, steer and discard them, and look at them."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from bema_tui.errors import BemaError, LockHeld
from bema_tui.model import DEFAULT_OPTIONS, ChangeState, ControlVerb, Lock, LockState, RunKind, RunOptions, RunState
from bema_tui.operations.possible import (
    START,
    Reason,
    Refused,
    lock_of,
    may_apply,
    may_control,
    may_discard,
    may_resume,
    permit,
    require,
)
from bema_tui.operations.workspace import Workspace
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.findings import Findings
from bema_tui.store.runs import Runs
from bema_tui.store.snapshot.views import ChangeView, RunView
from bema_tui.waits import WaitReason

if TYPE_CHECKING:
    from bema_tui.sync.supervisor import Supervisor

logger = logging.getLogger("bema_tui.operations")

_PAGE = 5000
_OPEN_ROWS = (ChangeState.FAILED, ChangeState.UNKNOWN)


@frozen
class PlacedRequest:
    """A control request that was written down, and who is to obey it."""

    run: int
    """The run's number."""
    verb: ControlVerb
    """What was asked."""
    reason: str
    """Why, as far as it was said."""
    lock: Lock | None
    """The lock of the process that is to obey; None where it has just been given back."""
    waits_until: datetime | None = None
    """Until when the run waits for something before it can obey; None where it need not. A stop ends every wait."""

    @property
    def suspended(self) -> bool:
        """Whether that process sleeps until somebody continues it."""
        return self.lock is not None and self.lock.suspended


@frozen
class Attention:
    """What of a run that came to its end needs a person."""

    rows: dict[ChangeState, int]
    """Its ledger rows that failed or are unknown."""
    open_errors: int
    """The open findings of severity error about its campaign."""

    @property
    def needed(self) -> bool:
        """Whether anything needs a person."""
        return bool(self.rows or self.open_errors)


async def start(
    workspace: Workspace, jobs: Supervisor, code: str, kind: RunKind, options: RunOptions = DEFAULT_OPTIONS
) -> int:
    """Begin a run that reads both sides and writes the plan down, to look at or to apply it; returns its number.

    Raises:
        LockHeld: somebody else works on the campaign.
        UsageError: there is no such campaign, or bema-tui is in read-only mode and this is to apply.
    """
    campaign = await Campaigns(workspace.db).get(code)
    require(permit(START[kind], read_only=workspace.read_only))
    return await jobs.start(campaign.code, kind=kind, options=options)


async def apply(workspace: Workspace, jobs: Supervisor, run: int) -> int:
    """Say yes to a plan that waits, and begin to apply it; returns its number.

    Raises:
        LockHeld: somebody else works on the campaign.
        UsageError: it can't be applied now.
    """
    require(may_apply(await workspace.reader.run(run), read_only=workspace.read_only))
    return await jobs.apply(run)


async def resume(workspace: Workspace, jobs: Supervisor, run: int) -> int:
    """Go on with a run that stopped, failed or was lost, from its ledger; returns its number.

    Raises:
        LockHeld: its process, or another run, still works on the campaign.
        UsageError: it can't be resumed.
    """
    view = await workspace.reader.run(run)
    verdict = may_resume(view, read_only=workspace.read_only)
    # Of a run at work the campaign's lock knows more: by whom it is held, or that its holder has died just now.
    if not (isinstance(verdict, Refused) and verdict.reason is Reason.AT_WORK):
        require(verdict)
    try:
        return await jobs.resume(run)
    except LockHeld as held:
        if isinstance(verdict, Refused) and view.state is RunState.PAUSED and held.state == LockState.LIVE:
            held.advice = verdict.advice  # a paused run is let go on, not resumed
        raise


async def control(workspace: Workspace, run: int, verb: ControlVerb, reason: str = "") -> PlacedRequest:
    """Ask something of a run, whoever's it is, on whatever machine; it obeys at its next safe point.

    Raises:
        UsageError: it is not at work, or bema-tui is in read-only mode.
    """
    view = await workspace.reader.run(run)
    require(may_control(view, verb, read_only=workspace.read_only))
    return await _ask(workspace, view, verb, reason)


async def end_own(workspace: Workspace, jobs: Supervisor, reason: str) -> None:
    """Ask the runs of this process to stop, so that it can be left; also in read-only mode."""
    for run in jobs.own_runs():
        try:
            view = await workspace.reader.run(run)
            if may_control(view, ControlVerb.STOP, read_only=False).allowed:
                await _ask(workspace, view, ControlVerb.STOP, reason)
        except BemaError:
            # It ended just now, or can't be told: whoever leaves waits for it all the same.
            logger.info("run %d could not be asked to stop", run, exc_info=True)


async def _ask(workspace: Workspace, view: RunView, verb: ControlVerb, reason: str) -> PlacedRequest:
    text = f"asked run {view.id} to {verb}" + (f": {reason}" if reason else "")
    requests = ControlRequests(workspace.db)
    if not await requests.ask(view.id, verb, workspace.me.user, reason, text=text):
        require(may_control(await workspace.reader.run(view.id), verb, read_only=False))  # it ended just now
    lock = lock_of(view, await workspace.locks.get_active_locks())
    paused = view.waiting_for is not None and view.waiting_for.reason is WaitReason.PERSON
    later = verb is ControlVerb.PAUSE and not paused
    return PlacedRequest(view.id, verb, reason, lock, view.waiting_until if later else None)


async def discard(workspace: Workspace, run: int) -> None:
    """Throw a waiting plan away; nothing of it was written.

    Raises:
        UsageError: it does not wait, or bema-tui is in read-only mode.
    """
    require(may_discard(await workspace.reader.run(run), read_only=workspace.read_only))
    if not await Runs(workspace.db).discard(run, workspace.me.user, text=f"discarded plan {run}"):
        require(may_discard(await workspace.reader.run(run), read_only=False))  # somebody else was quicker


async def one(workspace: Workspace, run: int) -> RunView:
    """One run, whole.

    Raises:
        UsageError: there is none of this number.
    """
    return await workspace.reader.run(run)


async def newest(workspace: Workspace, limit: int) -> tuple[RunView, ...]:
    """The newest runs, newest first; their changes by kind are left out."""
    return await workspace.reader.runs(limit, 0)


async def changes(workspace: Workspace, run: int, state: ChangeState | None = None) -> tuple[ChangeView, ...]:
    """The ledger of one run, in the order of sending; of one state, if that is given.

    Raises:
        UsageError: there is no such run.
    """
    await workspace.reader.run(run)
    found: list[ChangeView] = []
    while page := await workspace.reader.changes(run, len(found), _PAGE, state):
        found += page
    return tuple(found)


async def attention(workspace: Workspace, run: RunView) -> Attention:
    """What of a run that came to its end needs a person."""
    rows = {state: count for state in _OPEN_ROWS if (count := run.changes.get(state, 0))}
    return Attention(rows, await Findings(workspace.db).open_errors(run.campaign))
