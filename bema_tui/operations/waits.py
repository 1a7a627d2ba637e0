"""What work waits for, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bema_tui.operations.workspace import Workspace
from bema_tui.store.run_waits import RunWaits
from bema_tui.sync.run_waits import ShownWait, WaitList
from bema_tui.waits import TellWait, Wait, WaitBoard


def waits_told_to(tell: TellWait, now: Callable[[], datetime]) -> WaitBoard:
    """Return the board of work without a run: ``tell`` hears of each wait that it shows."""

    async def shown(wait: ShownWait | None) -> None:
        if wait is not None:
            tell(wait.wait, wait.until)

    return WaitList(shown, now)


async def wait_of_run(workspace: Workspace, run: int) -> tuple[Wait, datetime] | None:
    """What a run waits for, and until when; None where it does not wait."""
    return await RunWaits(workspace.db).of(run)
