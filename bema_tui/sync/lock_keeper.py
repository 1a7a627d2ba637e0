"""Keeps a run's lock alive, and lets the run obey what people ask of it at its safe points."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from bema_tui.bounds import PAUSED_AT_MOST
from bema_tui.errors import LockLost, Stopped, StoreError
from bema_tui.model import ControlRequest, ControlVerb, RunState
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.fence import Fence, lost
from bema_tui.store.runs import Runs
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.ports import Heartbeat
from bema_tui.sync.run_context import Meter, SafePoint
from bema_tui.waits import Wait, WaitBoard, WaitReason, waiting

LISTEN_SECONDS: Final = 0.5
"""How often the keeper looks for control requests."""
_REST_SECONDS = 0.2
logger = logging.getLogger("bema_tui.sync")


class LockKeeper:
    """Works beside a run, from the taking of its lock to its end."""

    def __init__(
        self,
        runs: Runs,
        locks: Heartbeat,
        requests: ControlRequests,
        run: int,
        fence: Fence,
        interrupt: RunInterrupt,
        *,
        waits: WaitBoard,
        meter: Meter,
        heartbeat: float,
        now: Callable[[], datetime],
        checks: Sequence[SafePoint] = (),
        paused_at_most: float = PAUSED_AT_MOST,
    ) -> None:
        """``meter`` counts the requests of the run; ``checks`` are made at each safe point; ``heartbeat`` and
        ``paused_at_most`` are seconds."""
        self._runs = runs
        self._locks = locks
        self._requests = requests
        self._run = run
        self._fence = fence
        self._interrupt = interrupt
        self._waits = waits
        self._meter = meter
        self._heartbeat = heartbeat
        self._checks = tuple(checks)
        self._paused_at_most = paused_at_most
        self._left = paused_at_most
        self._word = asyncio.Event()
        self._now = now
        self._go = asyncio.Event()
        self._go.set()
        self._paused_by = ""
        self._resting = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> LockKeeper:
        self._task = asyncio.create_task(self._watch(), name=f"keeper of run {self._run}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def safe_point(self) -> None:
        """Obey a stop or a pause, and make the checks. A paused run keeps its lock and its heartbeat.

        Raises:
            Stopped: a stop was asked, or the run was paused for a day in all.
            LockLost: somebody released or took the lock.
            BemaError: a check ends the run.
        """
        self._interrupt.check()
        for check in self._checks:
            await check()
        if self._go.is_set():
            return
        by = self._paused_by
        wait = Wait(WaitReason.PERSON, detail=by)
        note = f"paused by {by} {self._now():%H:%M} UTC"
        try:
            async with self._paused(note, note, wait, self._left):
                self._resting = True
                await self._requests.pauses_are_over(self._run)
                if not await self._rest(self._go, self._left):
                    hours = f"{self._paused_at_most / 3600:.0f} hours"
                    raise Stopped(
                        f"Paused by {by}, and for {hours} in all: the run stopped itself.",
                        advice=f"Go on with: bema-tui resume {self._run}",
                    )
        finally:
            self._resting = False

    def may_pause(self, seconds: float, *, waited: float) -> bool:
        """Return whether a pause of so many seconds is within what a run is paused in all.

        ``waited`` are the seconds that were waited for the same before; they count as well.
        """
        self._left -= waited
        return seconds <= self._left

    async def wait_out(self, note: str, wait: Wait, seconds: float) -> None:
        """Pause for a service, until the time is over or somebody lets the run go on.

        Raises:
            Stopped: a stop was asked.
        """
        self._word.clear()
        async with self._paused(note, f"paused and {wait}", wait, seconds):
            await self._rest(self._word, seconds)

    @asynccontextmanager
    async def _paused(self, note: str, lock_note: str, wait: Wait, seconds: float) -> AsyncIterator[None]:
        """Say in the run and in its lock that it is paused, and why; afterwards the run is in the state it was in."""
        began = time.monotonic()
        state = (await self._runs.get(self._run)).state
        await self._runs.update(self._run, self._fence, state=RunState.PAUSED, note=note)
        await self._locks.note(self._fence.key, self._fence.token, lock_note)
        async with waiting(self._waits, wait, seconds):
            yield
        await self._locks.note(self._fence.key, self._fence.token, "")
        rested = time.monotonic() - began if state is RunState.APPLYING else 0.0
        await self._runs.go_on(self._run, self._fence, state, rested=rested)

    async def _rest(self, word: asyncio.Event, seconds: float) -> bool:
        """Wait for a word for so many seconds, and return whether it came. What was rested counts, not what was due."""
        left = seconds  # counted down, so that no clock that is set prolongs it
        while not word.is_set() and left > 0:
            rest = min(_REST_SECONDS, left)
            await self._interrupt.sleep(rest)
            left -= rest
        self._left -= seconds - left
        return word.is_set()

    async def _watch(self) -> None:
        last_beat, sent = time.monotonic(), self._meter.sent
        while True:
            await asyncio.sleep(LISTEN_SECONDS)
            try:
                if time.monotonic() - last_beat >= self._heartbeat:
                    if not await self._locks.beat(self._fence.key, self._fence.token):
                        self._lost()
                        return
                    last_beat = time.monotonic()
                    if sent != self._meter.sent:
                        sent = self._meter.sent
                        await self._runs.update(self._run, self._fence, **self._meter.values())
                for request in await self._requests.unseen(self._run):
                    self._obey(request)
                    await self._saw(request)
            except LockLost:
                self._lost()
                return
            except StoreError as error:
                # The database may be busy or the disk full for a moment; the run itself finds out when it writes.
                logger.warning("run %s: the keeper can't use the database: %s", self._run, error.message)

    async def _saw(self, request: ControlRequest) -> None:
        """Write that a request was seen. A pause is done when the run rests or need not; a stop, when the run ends."""
        match request.verb:
            case ControlVerb.STOP:
                await self._requests.saw(request.id)
            case ControlVerb.PAUSE:
                await self._requests.saw(request.id, done=self._resting)
                if self._resting:  # it may have come to rest while that was written
                    await self._requests.pauses_are_over(self._run)
            case ControlVerb.CONTINUE:
                await self._requests.pauses_are_over(self._run)
                await self._requests.saw(request.id, done=True)

    def _obey(self, request: ControlRequest) -> None:
        match request.verb:
            case ControlVerb.STOP:
                self._interrupt.stop(stopped(request.by_user, request.reason))
            case ControlVerb.PAUSE:
                self._paused_by = request.by_user
                self._go.clear()
            case ControlVerb.CONTINUE:
                self._go.set()
                self._word.set()

    def _lost(self) -> None:
        self._interrupt.stop(lost(self._fence))
