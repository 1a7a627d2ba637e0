"""What the screens may read: the database through one reader, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bema_tui.model import Severity
from bema_tui.store.snapshot.views import ChangeView, PlanPerson, PlanRule, RunView, Snapshot


class Reader(Protocol):
    """The reading side of the store as the console uses it."""

    async def read(self) -> Snapshot:
        """Everything the Overview shows."""
        ...

    async def run(self, run_id: int) -> RunView: ...

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]: ...

    async def plan_people(self, run_id: int, rule: str | None, offset: int, limit: int) -> tuple[PlanPerson, ...]: ...

    async def wrong(self, run_id: int, limit: int) -> tuple[ChangeView, ...]: ...

    async def left_out(self, run_id: int) -> Sequence[tuple[str, Severity, int]]: ...


class Presence(Protocol):
    """Tells other consoles that this one is open."""

    async def opened(self) -> None: ...

    async def beat(self) -> None: ...

    async def closed(self) -> None: ...
