"""Reads the shop's orders into the store, all or the newest; a read that is not complete stops the run."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bema_tui.errors import IncompleteRead
from bema_tui.model import Completeness, FindingRule, Order, ReadKind, ShopReadResult
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.full_read import SalesRead, too_many
from bema_tui.providers.edd.recent_read import WindowRead
from bema_tui.providers.http.ports import Interrupt
from bema_tui.rules.findings import NO_CAMPAIGN
from bema_tui.rules.unreadable_sales import first_of, unreadable_findings
from bema_tui.store.database import Database
from bema_tui.store.database_settings import DatabaseSettings
from bema_tui.store.findings import Findings
from bema_tui.store.orders import Orders
from bema_tui.store.ownership import Ownership
from bema_tui.store.shop_reads import ShopRead
from bema_tui.store.unreadable_sales import UnreadableSales
from bema_tui.sync.run_context import Job

_CHUNK: Final = 500  # orders in one transaction


async def read_shop(job: Job) -> str:
    """Read the shop's orders for a run, and answer what was found, in words; the job learns what it proves.

    That is every order it lists. With the run's option ``quick`` it is the newest ones, while the last read of the
    whole list is younger than ``edd.full_read_seconds``; where the newest ones can't be told, it is every order again.

    A sale that can't be read is a finding and stops nothing; too many of them do.

    Raises:
        IncompleteRead: the list kept moving, broke off, or holds too many sales that can't be read; nothing may rest on
            it.
        WrongAccount: the database belongs to another shop.
    """
    found = await _read(job)
    await learn_unproved(job)
    return found


async def learn_unproved(job: Job) -> None:
    """Let the job know of whom the newest complete read proves no absence, beside those whom it knows already.

    Which orders are listed is said by that read, be it another run's: while this one read MailerLite, for one.
    """
    full = await job.orders.latest_complete()
    if full is not None:
        now = await UnreadableSales(job.db).unproved_since(full.read_id)
        job.unproved = job.unproved.with_also([(key, number) for key, found in now.numbers.items() for number in found])


async def _read(job: Job) -> str:
    full = await job.orders.latest_complete() if job.options.quick else None
    if full is not None and _age(job, full) < job.settings.edd.full_read_seconds:
        window = await _read_window(job, full)
        if window.completeness is Completeness.COMPLETE:
            await _tell(job, window, ReadKind.RECENT, len(window.orders), full)
            found = f"the newest {len(window.orders):,} orders; all of them {_in_words(_age(job, full))} ago"
            return found + _left(len(window.unreadable))
    read = await read_orders(job.db, job.shop, job.interrupt, run=job.run)
    await _tell(job, read, ReadKind.FULL, read.orders, await job.orders.latest_complete())
    require_complete(read, job.shop)
    return f"{read.orders:,} orders" + _left(len(read.unreadable))


def _left(unreadable: int) -> str:
    return f", {unreadable:,} that can't be read" if unreadable else ""


async def _tell(job: Job, read: SalesRead | WindowRead, kind: ReadKind, orders: int, full: ShopRead | None) -> None:
    """Write into the run what was read, and how old the last read of the whole list is; keep the shop's currency."""
    if job.shop.currency:
        await DatabaseSettings(job.db).saw_currency(job.shop.currency)
    job.shop_read = ShopReadResult(
        completeness=read.completeness,
        kind=kind,
        at=job.db.now(),
        orders=orders,
        unreadable=len(read.unreadable),
        passes=read.passes,
        full_read_at=full.finished_at if full else None,
        full_read_age=round(_age(job, full), 1) if full else None,
    )
    await job.note(shop_read=job.shop_read)


def _age(job: Job, read: ShopRead) -> float:
    """Seconds since a read ended; one from the future is of no use to anybody, as a clock that was set back shows."""
    seconds = (job.db.now() - read.finished_at).total_seconds()
    return seconds if seconds >= 0 else math.inf


def _in_words(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


async def _read_window(job: Job, full: ShopRead) -> WindowRead:
    """Read the newest orders, down to what the last read of the whole list knows, and store them if that went well.

    Raises:
        WrongAccount: the database belongs to another shop.
        ProviderError: the shop did not answer.
    """
    await Ownership(job.db).refuse_other("shop", job.shop.shop_address)

    async def known(orders: Sequence[Order]) -> bool:
        job.interrupt.check()
        return await job.orders.knew_unchanged(full, orders)

    number = await job.orders.begin_read(ReadKind.RECENT)
    read = await job.shop.read_newest_sales(known)
    for start in range(0, len(read.orders), _CHUNK):
        await job.orders.put(number, read.orders[start : start + _CHUNK])
    await UnreadableSales(job.db).put(number, read.unreadable)
    await job.orders.finish_read(
        number, read.completeness, orders=len(read.orders), passes=read.passes, requests=read.pages
    )
    await job.findings.record(unreadable_findings(read.unreadable), job.run)
    return read


async def read_orders(
    db: Database, shop: EasyDigitalDownloads, interrupt: Interrupt, *, run: int | None = None
) -> SalesRead:
    """Read the list into the store, whatever it turns out to be worth, with the findings about what can't be read.

    Raises:
        WrongAccount: the database belongs to another shop.
        ProviderError: the shop did not answer.
    """
    owner, findings = Ownership(db), Findings(db)
    await owner.refuse_other("shop", shop.shop_address)
    passes = _Passes(db, interrupt, lambda: owner.belongs_to("shop", shop.shop_address))
    began = db.now()
    read = await shop.read_sales(passes.keep)
    await passes.finish(read)
    if read.completeness is Completeness.COMPLETE:
        await findings.record(unreadable_findings(read.unreadable), run)
        await findings.resolve_not_seen_since(began, NO_CAMPAIGN, FindingRule.UNREADABLE_ORDER)
    return read


def require_complete(read: SalesRead, shop: EasyDigitalDownloads) -> None:
    """Raise unless the list was read whole.

    Raises:
        IncompleteRead: it was not.
    """
    if read.completeness is Completeness.COMPLETE:
        return
    unusable = too_many(len(read.unreadable), read.orders + len(read.unreadable))
    advice = (
        "Look at these orders in the shop, and at what changed there last: an import, an update, a plugin."
        if unusable
        else "Start again; if it stays so, look at the shop."
    )
    raise IncompleteRead(
        f"The shop's list of sales could not be read whole. {read.problem}{first_of(read.unreadable)}",
        tried="read every sale of the shop",
        where=shop.shop_address,
        advice=f"Nothing was written. {advice}",
    )


class _Passes:
    """Gives each pass over the list a read of its own: what an earlier pass saw and the last did not is not listed."""

    def __init__(self, db: Database, interrupt: Interrupt, answered: Callable[[], Awaitable[None]]) -> None:
        self._orders = Orders(db)
        self._unreadable = UnreadableSales(db)
        self._interrupt = interrupt
        self._answered = answered
        self._pass = 0
        self._read_id = 0
        self._kept = 0

    async def keep(self, orders: Sequence[Order], number: int) -> None:
        """Take over one page of a pass."""
        self._interrupt.check()
        await self._begin(number)
        await self._orders.put(self._read_id, orders)
        self._kept += len(orders)

    async def finish(self, read: SalesRead) -> None:
        """Close the last pass with what the whole read is worth."""
        await self._begin(read.passes)
        if read.completeness is Completeness.COMPLETE:
            await self._unreadable.put(self._read_id, read.unreadable)
        await self._orders.finish_read(
            self._read_id, read.completeness, orders=self._kept, passes=read.passes, requests=read.pages
        )

    async def _begin(self, number: int) -> None:
        if number == self._pass:
            return
        if self._pass:
            await self._orders.finish_read(
                self._read_id, Completeness.PARTIAL, orders=self._kept, passes=self._pass, requests=0
            )
        else:
            await self._answered()  # a mistyped address, where nobody answers, must not claim the database
        self._read_id = await self._orders.begin_read()
        self._pass, self._kept = number, 0
