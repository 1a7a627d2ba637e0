"""What may be done to a campaign, a run or a lock now, and why not: pure, and the same for keys, commands and timers.

Each predicate takes the record as the snapshot shows it. A front end offers what they allow, and the operation itself
asks the same predicate again before it acts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from attrs import frozen

from bema_tui.errors import UsageError
from bema_tui.model import ControlVerb, Lock, RunKind, RunState, refusing_checks
from bema_tui.rules.wording.checks import check_text
from bema_tui.store.lock_refusal import not_released
from bema_tui.store.snapshot.views import RunView


class Operation(StrEnum):
    """Everything that an operator can do, beside looking at what is there."""

    ADD_CAMPAIGN = "add a campaign"
    """Add a campaign, or further products of one."""
    DISCOVER = "discover"
    """Look for campaigns in the shop and the account."""
    MOVE_SHOP = "move the shop"
    """Make the shop's new URL the database's own."""
    PLAN = "plan"
    """Read both sides and write the plan down."""
    SYNC = "sync"
    """Plan in order to apply."""
    APPLY = "apply"
    """Say yes to a plan that waits."""
    RESUME = "resume"
    """Go on with a run that stopped, failed or was lost."""
    STOP = "stop"
    """Ask a run to stop."""
    PAUSE = "pause"
    """Ask a run to pause."""
    CONTINUE = "continue"
    """Let a paused run go on."""
    DISCARD = "discard"
    """Throw a plan away that waits."""
    RELEASE = "release"
    """Release a lock whose holder is gone."""
    FORCE = "force"
    """Release a lock whose holder may be at work."""
    CLEAR_QUOTA = "clear the quota"
    """Ask MailerLite again although it refused until later; the runs that wait for that go on."""


FORBIDDEN_WHEN_READ_ONLY: Final = frozenset(
    {
        Operation.SYNC,
        Operation.APPLY,
        Operation.STOP,
        Operation.PAUSE,
        Operation.CONTINUE,
        Operation.DISCARD,
        Operation.RELEASE,
        Operation.FORCE,
        Operation.CLEAR_QUOTA,
    }
)
"""What writes to a service, steers a run or releases a lock. A resume is judged by its run: a plan may be finished."""

CONTROL: Final = {
    ControlVerb.STOP: Operation.STOP,
    ControlVerb.PAUSE: Operation.PAUSE,
    ControlVerb.CONTINUE: Operation.CONTINUE,
}
"""Which operation asks what of a run."""
START: Final = {RunKind.PLAN: Operation.PLAN, RunKind.SYNC: Operation.SYNC}
"""Which operation begins a run of which kind."""


class Reason(StrEnum):
    """Why something is refused."""

    READ_ONLY = "read_only"
    """bema-tui is in read-only mode."""
    AT_WORK = "at_work"
    """A process is at work on the run."""
    NOT_AT_WORK = "not_at_work"
    """No process is at work on the run, and none should be."""
    NOT_PAUSED = "not_paused"
    """The run is at work and nobody asked it to pause."""
    LOST = "lost"
    """The run's process is gone."""
    NOT_WAITING = "not_waiting"
    """The run does not wait for a yes."""
    NOT_RESUMABLE = "not_resumable"
    """The run waits, is done or was discarded."""
    OVERTAKEN = "overtaken"
    """A newer run has read the campaign since."""
    CHECK_FAILED = "check_failed"
    """The plan did not pass one of its checks."""
    NOTHING_PLANNED = "nothing_planned"
    """The plan holds no change, and nothing that needs a yes."""
    HOLDER_MAY_LIVE = "holder_may_live"
    """The lock's holder may be at work."""


@frozen
class Allowed:
    """It may be done."""

    advised: bool = True
    """Whether a front end offers it by itself; what most likely ends as before is done for whoever asks for it."""
    allowed: Literal[True] = True
    """Tells it from a refusal."""


@frozen
class Refused:
    """It may not be done."""

    reason: Reason
    """Why."""
    message: str
    """What is refused, in one sentence."""
    advice: str = ""
    """What to do in its place."""
    allowed: Literal[False] = False
    """Tells it from a permission."""

    def as_error(self) -> UsageError:
        """The refusal as the error that a front end shows."""
        return UsageError(self.message, advice=self.advice)


Verdict = Allowed | Refused
ALLOWED: Final = Allowed()


def require(verdict: Verdict) -> None:
    """Raise unless it is allowed.

    Raises:
        UsageError: it is refused.
    """
    if isinstance(verdict, Refused):
        raise verdict.as_error()


def permit(operation: Operation, *, read_only: bool) -> Verdict:
    """Whether the mode permits the operation at all."""
    if not read_only or operation not in FORBIDDEN_WHEN_READ_ONLY:
        return ALLOWED
    return _read_only()


def may_apply(run: RunView, *, read_only: bool) -> Verdict:
    """Whether somebody may say yes to the plan: it is whole, waits, and passed its checks."""
    if not run.state.waiting:
        return Refused(Reason.NOT_WAITING, f"Run {run.id} does not wait for a yes: it is {_word(run)}.", _way_on(run))
    if run.overtaken_by is not None:
        return _overtaken(run, run.overtaken_by)
    if failed := [check_text(check) for check in refusing_checks(run.checks)]:
        return Refused(
            Reason.CHECK_FAILED,
            f"Plan {run.id} can't be applied: a check failed ({'; '.join(failed)}).",
            f"Start a new sync of {run.campaign} when that is mended.",
        )
    if not run.total and run.state is not RunState.NEEDS_APPROVAL:
        return Refused(Reason.NOTHING_PLANNED, f"Plan {run.id} holds no change: there is nothing to apply.")
    return permit(Operation.APPLY, read_only=read_only)


def may_resume(run: RunView, *, read_only: bool) -> Verdict:
    """Whether to go on with the run. One at work is refused here, and by its lock in any case.

    One whose error says that a new sync is needed may be resumed by whoever has mended its cause by hand.
    """
    if run.state.active:
        return Refused(Reason.AT_WORK, f"Run {run.id} is at work: it is {_word(run)}.", _way_on(run))
    if not run.state.resumable:
        return Refused(Reason.NOT_RESUMABLE, f"Run {run.id} can't be resumed: it is {_word(run)}.", _way_on(run))
    if run.overtaken_by is not None:
        return _overtaken(run, run.overtaken_by)
    if read_only and would_write(run):
        return _read_only()
    return Allowed(advised=run.error is None or not run.error.needs_new_sync)


def may_control(run: RunView, verb: ControlVerb, *, read_only: bool) -> Verdict:
    """Whether a run can be asked to stop, pause or continue: a process is at work on it.

    Only a run that is paused, by a person or for a service, or was just asked to pause can continue.
    """
    if run.state is RunState.LOST:
        return Refused(Reason.LOST, f"Run {run.id} is lost: its process is gone.", _way_on(run))
    if not run.state.active:
        return Refused(Reason.NOT_AT_WORK, f"Run {run.id} is not at work: it is {_word(run)}.", _way_on(run))
    permission = permit(CONTROL[verb], read_only=read_only)
    if permission.allowed and verb is ControlVerb.CONTINUE and not _rests(run):
        return Refused(Reason.NOT_PAUSED, f"Run {run.id} is not paused: it is {_word(run)}.", _way_on(run))
    return permission


def may_discard(run: RunView, *, read_only: bool) -> Verdict:
    """Whether the run is a plan that waits."""
    if not run.state.waiting:
        message = f"Run {run.id} can't be discarded: it is {_word(run)}, and only a plan that waits can be."
        return Refused(Reason.NOT_WAITING, message, _way_on(run))
    return permit(Operation.DISCARD, read_only=read_only)


def may_release(lock: Lock, now: datetime, *, force: bool, read_only: bool) -> Verdict:
    """Whether the lock may be released; one whose holder may be at work only with ``force``."""
    if not force and not lock.state.releasable:
        refusal = not_released(lock, max(0.0, (now - lock.last_beat).total_seconds()))
        return Refused(Reason.HOLDER_MAY_LIVE, refusal.message, refusal.advice)
    return permit(Operation.FORCE if force else Operation.RELEASE, read_only=read_only)


def of_run(run: RunView, *, read_only: bool) -> frozenset[Operation]:
    """What is offered to be done to a run now."""
    verdicts = {
        Operation.APPLY: may_apply(run, read_only=read_only),
        Operation.RESUME: may_resume(run, read_only=read_only),
        Operation.DISCARD: may_discard(run, read_only=read_only),
    }
    verdicts |= {operation: may_control(run, verb, read_only=read_only) for verb, operation in CONTROL.items()}
    return frozenset(operation for operation, verdict in verdicts.items() if verdict.allowed and verdict.advised)


def startable(*, read_only: bool) -> frozenset[Operation]:
    """Which runs may begin on a campaign on which nobody is at work."""
    return frozenset(one for one in START.values() if permit(one, read_only=read_only).allowed)


def of_lock(lock: Lock, *, read_only: bool) -> frozenset[Operation]:
    """What is offered to be done to a lock now: to release it, or to force it free where its holder may be at work."""
    operation = Operation.RELEASE if lock.state.releasable else Operation.FORCE
    return frozenset({operation}) if permit(operation, read_only=read_only).allowed else frozenset()


def would_write(run: RunView) -> bool:
    """Whether the run, resumed, would write to MailerLite: a yes to it was said, beforehand or to its plan."""
    return run.yes_by is not None or run.yes_at is not None or run.apply_started_at is not None


def lock_of(run: RunView, locks: Iterable[Lock]) -> Lock | None:
    """The lock that the run's process holds; one that was just taken does not name its run yet."""
    return next((lock for lock in locks if lock.key == run.campaign and lock.run in (None, run.id)), None)


def _rests(run: RunView) -> bool:
    """Whether the run is paused, or will be because somebody just asked it to."""
    return run.state is RunState.PAUSED or run.pause_asked is not None


def _word(run: RunView) -> str:
    """The state of a run as it is read in a sentence."""
    return "a plan that waits for a yes" if run.state.waiting else str(run.state)


def _way_on(run: RunView) -> str:
    """What can be done with a run in its present state, as a command to type."""
    match run.state:
        case RunState.PLANNED | RunState.NEEDS_APPROVAL:
            apply = f"Apply it with: bema-tui apply {run.id}. " if may_apply(run, read_only=False).allowed else ""
            return f"{apply}Throw it away with: bema-tui discard {run.id}."
        case RunState.PAUSED:
            return f"Let it go on with: bema-tui continue {run.id}. Stop it with: bema-tui stop {run.id}."
        case RunState.PLANNING | RunState.APPLYING:
            return f"Stop it with: bema-tui stop {run.id}."
        case RunState.STOPPED | RunState.FAILED | RunState.LOST if run.overtaken_by is None:
            return f"Go on with: bema-tui resume {run.id}."
        case _:
            return f"Start a new one with: bema-tui plan {run.campaign}."


def _read_only() -> Refused:
    return Refused(
        Reason.READ_ONLY,
        "bema-tui is in read-only mode: it reads and plans, and nothing more.",
        "Leave --read-only out, or set read_only = false in the configuration.",
    )


def _overtaken(run: RunView, newest: int) -> Refused:
    return Refused(
        Reason.OVERTAKEN,
        f"Run {run.id} can't go on: run {newest} has read {run.campaign} since.",
        f"Start a new sync of {run.campaign}: it plans whatever is still to do.",
    )
