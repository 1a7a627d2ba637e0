"""What the console may ask for: everything else it does is reading the database."""

from __future__ import annotations

from typing import Protocol

from bema_tui.control import ControlVerb
from bema_tui.run_records import RunKind


class Backend(Protocol):
    """Starts and steers runs. Each call answers quickly; the work goes on beside it and shows in the database."""

    async def start(self, code: str, *, kind: RunKind) -> int:
        """Begin a run that reads and plans, and return its number.

        Raises:
            LockHeld: another run holds the campaign.
            BemaError: the run can't begin.
        """
        ...

    async def apply(self, run: int) -> None:
        """Begin to apply a waiting plan; the person at the console has seen it and said yes."""
        ...

    async def resume(self, run: int) -> None:
        """Take up a stopped or lost run from its ledger."""
        ...

    async def ask(self, run: int, verb: ControlVerb, reason: str) -> None:
        """Ask something of a run of anybody; it obeys at its next safe point."""
        ...

    async def discard(self, run: int) -> None:
        """Throw a waiting plan away; nothing of it was written."""
        ...

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        """Release a lock."""
        ...

    def own_runs(self) -> tuple[int, ...]:
        """The runs that this process works on at this moment."""
        ...

    async def failure(self) -> str:
        """Wait until a job of this console ends with an error, and return its message for the footer."""
        ...
