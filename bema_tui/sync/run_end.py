"""How a run ended, or why it waits: decided here, from its error or its plan. Pure."""

from __future__ import annotations

import asyncio

from attrs import frozen

from bema_tui.errors import BemaError, LockLost, Stopped
from bema_tui.model import RunState
from bema_tui.rules.wording.checks import hold_text
from bema_tui.store.run_rows import Run
from bema_tui.sync.interrupt import stopped


@frozen
class RunEnd:
    """How a run's work ended."""

    state: RunState
    """The state that it ended in."""
    error: BemaError | None = None
    """The error that ended it."""
    note: str = ""
    """How it stands, in words."""


def program_failed(error: BaseException) -> BemaError:
    """Return the error of a run in which something went wrong that nobody foresaw."""
    return BemaError(
        f"The program itself failed: {type(error).__name__}.",
        tried="execute a run",
        advice="The log has the details; please report them. What was written is in the ledger; the run can be "
        "resumed.",
    )


def end_by(error: BaseException) -> RunEnd:
    """Return how a run ends whose work raised this."""
    match error:
        case Stopped():
            return RunEnd(RunState.STOPPED, error, error.message)
        case LockLost():
            return RunEnd(RunState.LOST, error, error.message)
        case BemaError():
            return RunEnd(RunState.FAILED, error, error.message)
        case asyncio.CancelledError():
            # The process is going down: what was on its way is unknown, and one resume away.
            return RunEnd(RunState.STOPPED, stopped("the end of the program", ""), "the program ended")
        case _:
            failed = program_failed(error)
            return RunEnd(RunState.FAILED, failed, failed.message)


def end_without_yes(run: Run) -> RunEnd:
    """Return how a run waits whose plan is whole, and that may not be applied yet."""
    why = hold_text(run.checks)
    return RunEnd(RunState.NEEDS_APPROVAL, note=why) if why else RunEnd(RunState.PLANNED, note="waits for a yes")
