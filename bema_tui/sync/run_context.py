"""What one run works with, made once at its start and handed from phase to phase."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Unpack

from attrs import define, frozen

from bema_tui.model import Campaign, Phase, RunOptions
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.settings import Settings
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence, check_fence
from bema_tui.store.findings import Findings
from bema_tui.store.ledger import Ledger
from bema_tui.store.members import Members
from bema_tui.store.orders import Orders
from bema_tui.store.run_changes import RequestCounts, RunFacts
from bema_tui.store.runs import Runs
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.ports import MailingService, RunStatistics, Shop
from bema_tui.waits import WaitBoard

SafePoint = Callable[[], Awaitable[None]]
"""Stands between two requests of a run: it obeys what people ask of the run, and waits while memory is short.

Raises ``Stopped`` or ``LockLost`` when the run has to end.
"""


@define
class Meter:
    """Implements ``providers.http.ports.RequestMeter``: the requests of a run, by service and side."""

    read: int = 0
    """Requests that read at MailerLite."""
    write: int = 0
    """Requests that write there."""
    retried: int = 0
    """Those of all requests that were sent again."""
    shop: int = 0
    """Requests to the shop."""

    @classmethod
    def of(cls, counts: RequestCounts) -> Meter:
        """Return a meter that goes on from what the run's requests came to."""
        return cls(
            read=counts["requests_read"],
            write=counts["requests_write"],
            retried=counts["requests_retried"],
            shop=counts["shop_requests"],
        )

    def count(self, provider: str, *, write: bool, cost: int, retried: bool) -> None:  # noqa: ARG002 (the contract's)
        """One request left."""
        if retried:
            self.retried += 1
        if provider != MailerLite.name:
            self.shop += 1
        elif write:
            self.write += 1
        else:
            self.read += 1

    @property
    def sent(self) -> int:
        """The requests that left for the first time: one that is sent again is no progress."""
        return self.read + self.write + self.shop - self.retried

    def values(self) -> RequestCounts:
        """Return the totals, as columns of the run."""
        return {
            "requests_read": self.read,
            "requests_write": self.write,
            "requests_retried": self.retried,
            "shop_requests": self.shop,
        }


@frozen
class RunContext:
    """One run at work: who it is, what it was asked for, and what it works with. It does not change.

    What the run finds out is returned from phase to phase; how far it is stands in its row of the database.
    """

    run: int
    """Its number."""
    campaign: Campaign
    """What it works on."""
    options: RunOptions
    """What it was asked for."""
    settings: Settings
    """The program's settings."""
    db: Database
    """The database."""
    fence: Fence
    """The run's hold of the campaign's lock; every write of the run carries it."""
    runs: Runs
    """The table with the run's row."""
    orders: Orders
    """The shop's orders as they were read."""
    findings: Findings
    """What somebody should look at."""
    members: Members
    """The campaign's members as they were read."""
    ledger: Ledger
    """The run's changes."""
    statistics: RunStatistics
    """What the run cost and brought."""
    mailerlite: MailingService
    """The mailing service."""
    shop: Shop
    """The shop."""
    quota: QuotaGate
    """MailerLite's quota."""
    interrupt: RunInterrupt
    """Ends waits and forbids requests when the run has to end."""
    meter: Meter
    """Counts the requests of the run."""
    waits: WaitBoard
    """Shows what the run waits for."""
    safe_point: SafePoint
    """What every phase calls between two requests."""

    async def enter(self, phase: Phase, note: str = "") -> None:
        """Go on to a phase; ``note`` says what the one before found."""
        await self.safe_point()
        await self.runs.enter(self.run, self.fence, phase, note)

    async def note(self, **facts: Unpack[RunFacts]) -> None:
        """Write what the run says of itself, with what its requests cost so far."""
        await self.runs.update(self.run, self.fence, **self.meter.values(), **facts)

    async def require_lock(self) -> None:
        """Raise unless the run still holds its lock; asked right before each try of a write.

        Raises:
            LockLost: somebody released or took it.
        """
        async with self.db.read() as connection:
            await check_fence(connection, self.fence)
