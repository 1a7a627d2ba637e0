"""A run on a clock that only its waits move, and what it showed in each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field
from sqlalchemy import Row

from bema_tui.model import RunKind, RunOptions
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import RunView
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.waits import Wait, WaitReason
from tests.end_to_end.engine import Engine
from tests.support.clock import SetClock
from tests.support.simulated import Simulated

SMALL: dict[str, Any] = {"seed": 24, "subscribers": 120, "orders": 90, "campaigns": 1}
QUOTA = Wait(WaitReason.QUOTA, "MailerLite")
_OVERSLEPT = 0.001
"""Seconds by which a sleep takes longer than it was meant to, as real ones do."""


async def _look_away(_seconds: float) -> None:
    """Look at nothing."""


class Skip(RunInterrupt):
    """Sleeps by moving the clock, after a look by ``watch`` into each sleep of over a second."""

    def __init__(self, clock: SetClock, watch: Callable[[float], Awaitable[None]] = _look_away) -> None:
        super().__init__()
        self._clock = clock
        self._watch = watch

    async def sleep(self, seconds: float) -> None:
        self.check()
        if seconds > 1.0:
            await self._watch(seconds)
        await asyncio.sleep(0)
        self._clock.forward(seconds + _OVERSLEPT)
        self.check()


@define
class Seen:
    """A run on its way, and what it showed in its waits."""

    engine: Engine
    clock: SetClock
    simulated: Simulated
    runs: list[RunView] = field(factory=list)
    during: Callable[[Seen], Awaitable[None]] | None = None

    async def look(self, _seconds: float) -> None:
        row = await self.engine.last_run()
        reader = SnapshotReader(self.engine.db, self.engine.me, LockAges())
        (in_snapshot,) = (run for run in (await reader.read()).runs if run.id == row.id)
        view = await reader.run(row.id)
        assert (view.waiting_for, view.waiting_until) == (in_snapshot.waiting_for, in_snapshot.waiting_until)
        self.runs.append(view)
        if self.during is not None:
            await self.during(self)

    async def sync(self, code: str) -> Row[Any]:
        claimed = await self.engine.runner.claim(
            code, kind=RunKind.SYNC, options=RunOptions(yes=True, create_missing=True)
        )
        await self.engine.runner.execute(claimed, Skip(self.clock, self.look))
        return await self.engine.last_run()

    def waits(self) -> list[Wait | None]:
        return [run.waiting_for for run in self.runs]


async def code_of(seen: Seen) -> str:
    return (await seen.engine.discover())[0].code
