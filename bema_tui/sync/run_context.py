"""Everything one run works with, in one place that is handed from phase to phase."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Unpack

from attrs import define, field

from bema_tui.model import Campaign, MailerLiteReadResult, Phase, ReadKind, RunOptions, RunState, ShopReadResult
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.rules.records import Unproved
from bema_tui.settings import Settings
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence, check_fence
from bema_tui.store.findings import Findings
from bema_tui.store.ledger import Ledger
from bema_tui.store.members import People
from bema_tui.store.orders import Orders
from bema_tui.store.run_changes import RequestCounts, RunFacts
from bema_tui.store.runs import Runs
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.waits import WaitBoard


@define
class Meter:
    """Implements ``providers.http.ports.RequestMeter``: requests since the last ``take``, and quota units by side."""

    read: int = 0
    write: int = 0
    retried: int = 0
    shop: int = 0

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
        """The totals, as columns of the run."""
        return {
            "requests_read": self.read,
            "requests_write": self.write,
            "requests_retried": self.retried,
            "shop_requests": self.shop,
        }


async def _no_keeper(_state: RunState) -> None:
    """What a safe point is before anybody keeps the run."""


@define
class Job:
    """One run at work."""

    db: Database
    settings: Settings
    run: int
    campaign: Campaign
    fence: Fence
    runs: Runs
    orders: Orders
    findings: Findings
    people: People
    ledger: Ledger
    mailerlite: MailerLite
    shop: EasyDigitalDownloads
    interrupt: RunInterrupt
    meter: Meter
    waits: WaitBoard
    options: RunOptions = field(factory=RunOptions)
    canary_done: bool = False
    """The first people of the run were read back, be it by an earlier process."""
    people_read: int = 0
    unproved: Unproved = field(factory=Unproved)
    """Whom the shop's sales that can't be read may concern."""
    shop_read: ShopReadResult | None = None
    """What the run's read of the shop came to."""
    members_read: MailerLiteReadResult | None = None
    """What its read of the campaign's people came to."""
    set_aside: dict[str, str] = field(factory=dict)
    """People whose rows can't be read: id (or address) to their e-mail key, empty where that can't be read either."""
    in_doubt: set[str] = field(factory=set)
    """People of whom it can't be said in which tiers they are, for a group that can't be read."""
    unsettled: list[str] = field(factory=list)
    """Groups some of whose members could not be settled: nothing is taken back, and no finding is over."""
    safe_point: Callable[[RunState], Awaitable[None]] = field(default=_no_keeper)

    @property
    def full_shop_read(self) -> bool:
        """Whether the whole list of the shop was read, and not its newest orders alone."""
        return self.shop_read is None or self.shop_read.kind is ReadKind.FULL

    async def enter(self, phase: Phase, note: str = "") -> None:
        """Go on to a phase; ``note`` says what the one before found."""
        self.interrupt.check()
        await self.runs.enter(self.run, self.fence, phase, note)

    async def note(self, **facts: Unpack[RunFacts]) -> None:
        """Write what the run says of itself, with what its requests cost so far."""
        await self.runs.update(self.run, self.fence, **self.meter.values(), **facts)

    async def still_ours(self) -> None:
        """Raise unless the lock is still ours; asked before each try of a write.

        Raises:
            LockLost: somebody released or took it.
        """
        async with self.db.read() as connection:
            await check_fence(connection, self.fence)

    async def remember_canary(self) -> None:
        """Keep for a later process that resumes this run that its first people were read back."""
        self.canary_done = True
        await self.runs.update(self.run, self.fence, canary_done=True)
