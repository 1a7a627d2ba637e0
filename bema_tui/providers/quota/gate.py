"""Paces requests by a service's quota: a fixed period, kept in this process or shared through a keeper."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from attrs import frozen

from bema_tui.bounds import PATIENCE
from bema_tui.errors import RateLimited
from bema_tui.providers.http.null_ports import NoInterrupt, NoWaits
from bema_tui.providers.http.ports import Interrupt
from bema_tui.providers.quota.period import BatchCost, Pace, QuotaPeriod
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.waits import Wait, WaitBoard, WaitReason

_SLACK: Final = 0.001
_LOOK_AGAIN: Final = 1.0
"""Seconds after which a full period is looked at again while other requests are on their way."""
_LOOK_AGAIN_CLOSED: Final = 5.0
"""Seconds after which a closed one is, for somebody may have cleared it."""


class PeriodKeeper(Protocol):
    """Where the period's count is kept: one for everybody who shares the quota."""

    async def change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> QuotaPeriod:
        """Replace the period by ``step`` of it, with nobody in between, and return the new one."""
        ...


class OwnPeriod:
    """A period that only this process counts."""

    def __init__(self, limit: int) -> None:
        self._period = QuotaPeriod(limit)

    async def change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> QuotaPeriod:
        """Implements ``PeriodKeeper``."""
        self._period = step(self._period)
        return self._period


@frozen
class _Sent:
    """What was taken for one request, from which period, and how full that was then."""

    units: int
    cost: int
    period: QuotaPeriod
    at: float


class QuotaGate:
    """Admits at most ``limit - reserve`` in a period, and learns from the answers' headers.

    What the server says outranks the setting and our own count. A ``cost`` above 1 is a batch, one and its items; what
    that really takes of the quota is measured at each batch that nobody disturbs, and used from then on.
    """

    def __init__(
        self,
        quota: QuotaSettings | None = None,
        *,
        interrupt: Interrupt | None = None,
        clock: Callable[[], float] = time.monotonic,
        keeper: PeriodKeeper | None = None,
        patience: float = PATIENCE,
        waits: WaitBoard | None = None,
        service: str = "MailerLite",
    ) -> None:
        quota = quota or QuotaSettings()
        self._pace = Pace(quota.window_seconds, quota.reserve)
        self._interrupt: Interrupt = interrupt or NoInterrupt()
        self._clock = clock
        self._patience = patience
        self._keeper: PeriodKeeper = keeper or OwnPeriod(quota.quota)
        self._waits: WaitBoard = waits or NoWaits()
        self._wait = Wait(WaitReason.QUOTA, service)
        self._turn = asyncio.Lock()
        self._period = QuotaPeriod(quota.quota)
        self._sent: deque[_Sent] = deque()
        self._held: _Sent | None = None
        self._as_foretold: list[_Sent] = []
        self._last: tuple[int, float | None] | None = None
        self._shared = keeper is not None
        self.batch_cost = BatchCost()

    @property
    def limit(self) -> int:
        """Requests in a period: the server's word, or the setting until it spoke."""
        return self._period.limit

    @property
    def left(self) -> int:
        """What may still leave in the present period by what this process last saw, the reserve kept back."""
        now = self._clock()
        return self._pace.room(self._pace.rolled(self._period, now), now)

    @property
    def resets_in(self) -> float:
        """Seconds until the present period ends; 0 when none has begun."""
        now = self._clock()
        return self._pace.wait(self._pace.rolled(self._period, now), now)

    @property
    def budget(self) -> int:
        """What a whole period admits: its limit, less what is left for others."""
        return self._pace.budget(self._period)

    async def admit(self, cost: int) -> None:
        """Wait, first come first served, until ``cost`` fits; what never fits gets a fresh period alone."""
        units = self.batch_cost.units(cost)
        held, self._held = self._held, None
        now = self._clock()
        if held is not None and held.units >= units and self._pace.still(held.period, now):
            self._sent.append(_Sent(held.units, units, held.period, now))
            return
        taken = await self._take(units, units, held)
        self._sent.append(_Sent(taken, units, self._period, self._clock()))

    async def room_for_batch(self, items: int, least: int = 1) -> int:
        """Wait for room, take it for the next request, and return how many of ``items`` a batch may carry now.

        The last batch of a period is as large as what remains of it. For who must not wait once a write is announced.
        ``least`` items are let through even where a whole period is too small for them.
        """
        cost = self.batch_cost
        items = max(least, min(items, cost.items_in(self.budget)))
        held, self._held = self._held, None
        enough = min(cost.units(1 + items), max(cost.units(1 + least), cost.least(items, self.budget)))
        taken = await self._take(cost.units(1 + items), enough, held)
        self._held = _Sent(taken, taken, self._period, self._clock())
        return max(least, min(items, cost.items_in(taken)))

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        """Take over the server's count; an answer without headers leaves our own."""
        sent = self._sent.popleft() if self._sent else None
        await self._measure(sent, remaining, cost)
        if sent is not None and sent.period.foretold(limit, remaining) and sent.units == sent.cost:
            # Nothing new in it: told with the next request, which spares a transaction.
            self._as_foretold.append(sent)
            return

        def step(period: QuotaPeriod) -> QuotaPeriod:
            now = self._clock()  # only now: another process may have changed the period while this one waited for it
            period = self._pace.rolled(period, now)
            if sent is None or sent.period.started != period.started:
                # Of a period that is over: its count says nothing about the present one.
                return period.with_limit(limit)
            return self._pace.learned(
                period,
                limit=limit,
                remaining=remaining,
                units=sent.units,
                cost=sent.cost,
                known=sent.period.answered_units,
                sent=sent.at,
                now=now,
            )

        await self._change(step)

    async def refused(self, retry_after: float) -> float:
        """Close for ``retry_after`` seconds; a new period begins after it. The next ``admit`` waits for that."""

        def step(period: QuotaPeriod) -> QuotaPeriod:
            now = self._clock()
            return self._pace.refused(period, now + retry_after, now)

        await self._change(step)
        return 0.0

    async def batch_cost_measured(self, cost: BatchCost) -> None:
        """A batch showed what batches take."""
        self.batch_cost = cost

    async def _take(self, want: int, least: int, back: _Sent | None) -> int:
        """Take ``want`` units of the period, or at least ``least``; ``back`` was held and is given back first.

        Raises:
            RateLimited: that takes longer than one request waits.
        """
        taken = 0

        def step(period: QuotaPeriod) -> QuotaPeriod:
            nonlocal taken, back
            now = self._clock()
            period = self._pace.rolled(period, now)
            if back is not None and back.period.started == period.started:
                period = period.given_back(back.units)
            back = None
            taken = self._pace.grant(period, want, least, now)
            return self._pace.taken(period, taken, now) if taken else period

        waited = 0.0
        async with self._turn:
            try:
                while True:
                    self._interrupt.check()
                    await self._change(step)
                    if taken:
                        return taken
                    waited += await self._wait_for_room(waited)
            finally:
                await self._waits.clear(self)

    async def _wait_for_room(self, waited: float) -> float:
        """Wait until the period ends, or until it should be looked at again; returns the seconds of that.

        Raises:
            RateLimited: with what was ``waited`` before, that is more than one request waits.
        """
        wait = self._pace.wait(self._period, self._clock())
        closed = self._period.closed_until is not None
        if waited + wait > self._patience:
            what = "closed the account's quota" if closed else "has no request left for this account"
            raise RateLimited(
                f"{self._wait.service} {what} for {wait:.0f} more seconds.",
                seconds=wait,
                waited=waited,
                wait=self._wait,
                advice="Resume later; see whether something else uses the same account. `bema-tui quota` says more.",
            )
        await self._waits.show(self, self._wait, wait)
        if self._shared and (closed or self._period.pending):
            wait = min(wait, _LOOK_AGAIN_CLOSED if closed else _LOOK_AGAIN)
        await self._interrupt.sleep(max(wait, _SLACK))
        return max(wait, _SLACK)

    async def _change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> None:
        """Change the period, and write in the same step which answers came as foretold."""
        told = tuple(self._as_foretold)

        def all_steps(period: QuotaPeriod) -> QuotaPeriod:
            for sent in told:
                if sent.period.started == period.started:
                    period = period.answered_as_foretold(sent.units)
            return step(period)

        self._period = await self._keeper.change(all_steps)
        self._as_foretold = [sent for sent in self._as_foretold if not any(sent is other for other in told)]

    async def _measure(self, sent: _Sent | None, remaining: int | None, cost: int) -> None:
        """See from the header before and after a batch what it took, unless something else may have come between."""
        before = self._last
        self._last = (remaining, sent.period.started) if sent is not None and remaining is not None else None
        if before is None or self._last is None or before[1] != self._last[1] or self._sent:
            return
        found = self.batch_cost.measured(cost, before[0] - self._last[0])
        if found != self.batch_cost:
            await self.batch_cost_measured(found)
