"""How a confirmed action is carried out: which call of operations it is, and what the footer says of it."""

from __future__ import annotations

from bema_tui.model import ControlVerb, RunKind
from bema_tui.operations import possible
from bema_tui.operations.console import ConsoleOperations
from bema_tui.operations.possible import Operation
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.actions import Act, find_run

_VERBS = {operation: verb for verb, operation in possible.CONTROL.items()}


async def perform(action: Act, reason: str, operations: ConsoleOperations) -> int | None:
    """Have operations begin an action; returns the number of the run that was started, if one was."""
    key = action.target.key
    match action.operation:
        case Operation.SYNC:
            return await operations.start(key, kind=RunKind.SYNC)
        case Operation.PLAN:
            return await operations.start(key, kind=RunKind.PLAN)
        case Operation.APPLY:
            await operations.apply(int(key))
        case Operation.RESUME:
            await operations.resume(int(key))
        case Operation.DISCARD:
            await operations.discard(int(key))
        case Operation.RELEASE | Operation.FORCE as operation:
            await operations.release(key, reason=reason, force=operation is Operation.FORCE)
        case Operation.STOP | Operation.PAUSE | Operation.CONTINUE as operation:
            await operations.control(int(key), _VERBS[operation], reason)
        case operation:
            raise AssertionError(f"no key of the console does this: {operation}")
    return None


def words(action: Act, snapshot: Snapshot | None) -> str:
    """Returns what the footer says when an action has begun."""
    key = action.target.key
    match action.operation:
        case Operation.APPLY:
            return f"plan {key}: apply begins"
        case Operation.RESUME:
            return f"run {key} is resumed"
        case Operation.DISCARD:
            return f"plan {key} is discarded"
        case Operation.RELEASE | Operation.FORCE:
            return f"lock {key} is released"
        case Operation.STOP | Operation.PAUSE | Operation.CONTINUE as operation:
            verb: ControlVerb = _VERBS[operation]
            return f"run {key}: {verb} asked{_suspended(int(key), snapshot)}"
        case operation:
            return f"{operation} of {key} begins"


def _suspended(number: int, snapshot: Snapshot | None) -> str:
    """Returns what has to be done before a run can obey, as the end of a sentence; nothing if its process is awake."""
    run = find_run(snapshot, number) if snapshot is not None else None
    held = possible.lock_of(run, snapshot.locks) if snapshot is not None and run is not None else None
    if held is None or not held.suspended:
        return ""
    return f"; its process is suspended: kill -CONT {held.holder.pid}"
