"""Reads the shop's orders into the store, all or the newest; a read that is not complete stops the run."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bema_tui.errors import IncompleteRead
from bema_tui.model import Completeness, FindingRule, Order, ReadKind, ShopReadResult
from bema_tui.providers.edd.full_read import SalesRead, too_many
from bema_tui.providers.edd.recent_read import RecentRead
from bema_tui.rules.findings import NO_CAMPAIGN
from bema_tui.rules.records import Unproved
from bema_tui.rules.unreadable_sales import first_of, unreadable_findings
from bema_tui.store.database import Database
from bema_tui.store.database_settings import DatabaseSettings
from bema_tui.store.findings import Findings
from bema_tui.store.orders import Orders
from bema_tui.store.ownership import Owner, Ownership
from bema_tui.store.shop_reads import ShopRead
from bema_tui.store.unreadable_sales import UnreadableSales
from bema_tui.sync.ports import Shop
from bema_tui.sync.read.result import OrdersRead
from bema_tui.sync.run_context import RunContext, SafePoint

_CHUNK: Final = 500  # orders in one transaction


async def read_shop(context: RunContext) -> OrdersRead:
    """Read every order that the shop lists.

    With the run's option ``quick`` the newest orders alone are read, while the last read of the whole list is younger
    than ``edd.full_read_seconds``; where the newest ones can't be told, it is every order again.

    A sale that can't be read is a finding and stops nothing; too many of them do.

    Raises:
        IncompleteRead: the list kept moving, broke off, or holds too many sales that can't be read; nothing may rest on
            it.
        WrongAccount: the database belongs to another shop.
    """
    note, result = await _read(context)
    return OrdersRead(note, result, await with_unproved_now(context, Unproved()))


async def with_unproved_now(context: RunContext, known: Unproved) -> Unproved:
    """Return the buyers for whom the newest complete read does not prove an absence, beside those known already.

    That read says which orders are listed. It may be another run's, made while this one read MailerLite.
    """
    full = await context.orders.latest_complete()
    if full is None:
        return known
    now = await UnreadableSales(context.db).unproved_since(full.read_id)
    return known.with_also([(key, number) for key, found in now.numbers.items() for number in found])


async def _read(context: RunContext) -> tuple[str, ShopReadResult]:
    full = await context.orders.latest_complete() if context.options.quick else None
    if full is not None and _age(context, full) < context.settings.edd.full_read_seconds:
        recent = await _read_recent(context, full)
        if recent.completeness is Completeness.COMPLETE:
            result = await _write_down(context, recent, ReadKind.RECENT, len(recent.orders), full)
            found = f"the newest {len(recent.orders):,} orders; all of them {_in_words(_age(context, full))} ago"
            return found + _left(len(recent.unreadable)), result
    read = await read_orders(context.db, context.shop, context.safe_point, run=context.run)
    result = await _write_down(context, read, ReadKind.FULL, read.orders, await context.orders.latest_complete())
    require_complete(read, context.shop)
    return f"{read.orders:,} orders" + _left(len(read.unreadable)), result


def _left(unreadable: int) -> str:
    return f", {unreadable:,} that can't be read" if unreadable else ""


async def _write_down(
    context: RunContext, read: SalesRead | RecentRead, kind: ReadKind, orders: int, full: ShopRead | None
) -> ShopReadResult:
    """Write into the run what was read, and how old the last read of the whole list is; keep the shop's currency."""
    if context.shop.currency:
        await DatabaseSettings(context.db).saw_currency(context.shop.currency)
    result = ShopReadResult(
        completeness=read.completeness,
        kind=kind,
        at=context.db.now(),
        orders=orders,
        unreadable=len(read.unreadable),
        passes=read.passes,
        full_read_at=full.finished_at if full else None,
        full_read_age=round(_age(context, full), 1) if full else None,
    )
    await context.note(shop_read=result)
    return result


def _age(context: RunContext, read: ShopRead) -> float:
    """Seconds since a read ended; one from the future is of no use to anybody, as a clock that was set back shows."""
    seconds = (context.db.now() - read.finished_at).total_seconds()
    return seconds if seconds >= 0 else math.inf


def _in_words(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


async def _read_recent(context: RunContext, full: ShopRead) -> RecentRead:
    """Read the newest orders, down to what the last read of the whole list knows, and store them if that went well.

    Raises:
        WrongAccount: the database belongs to another shop.
        ProviderError: the shop did not answer.
    """
    await Ownership(context.db).refuse_other(Owner.SHOP, context.shop.shop_url)

    async def known(orders: Sequence[Order]) -> bool:
        await context.safe_point()
        return await context.orders.knew_unchanged(full, orders)

    number = await context.orders.begin_read(ReadKind.RECENT)
    read = await context.shop.read_newest_sales(known)
    for start in range(0, len(read.orders), _CHUNK):
        await context.orders.put(number, read.orders[start : start + _CHUNK])
    await UnreadableSales(context.db).put(number, read.unreadable)
    await context.orders.finish_read(
        number, read.completeness, orders=len(read.orders), passes=read.passes, requests=read.pages
    )
    await context.findings.record(unreadable_findings(read.unreadable), context.run)
    return read


async def read_orders(db: Database, shop: Shop, safe_point: SafePoint, *, run: int | None = None) -> SalesRead:
    """Read the list into the store, whatever it turns out to be worth, with the findings about what can't be read.

    ``safe_point`` is called before each page is stored.

    Raises:
        WrongAccount: the database belongs to another shop.
        ProviderError: the shop did not answer.
    """
    owner, findings = Ownership(db), Findings(db)
    await owner.refuse_other(Owner.SHOP, shop.shop_url)
    passes = _StoredPasses(db, safe_point, lambda: owner.belongs_to(Owner.SHOP, shop.shop_url))
    began = db.now()
    read = await shop.read_sales(passes.keep)
    await passes.finish(read)
    if read.completeness is Completeness.COMPLETE:
        await findings.record(unreadable_findings(read.unreadable), run)
        await findings.resolve_not_seen_since(began, NO_CAMPAIGN, FindingRule.UNREADABLE_ORDER)
    return read


def require_complete(read: SalesRead, shop: Shop) -> None:
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
        where=shop.shop_url,
        advice=f"Nothing was written. {advice}",
    )


class _StoredPasses:
    """Gives each pass over the list a read of its own: what an earlier pass saw and the last did not is not listed."""

    def __init__(self, db: Database, safe_point: SafePoint, answered: Callable[[], Awaitable[None]]) -> None:
        self._orders = Orders(db)
        self._unreadable = UnreadableSales(db)
        self._safe_point = safe_point
        self._answered = answered
        self._pass = 0
        self._read_id = 0
        self._kept = 0

    async def keep(self, orders: Sequence[Order], number: int) -> None:
        """Take over one page of a pass."""
        await self._safe_point()
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
            await self._answered()  # a mistyped URL, where nobody answers, must not claim the database
        self._read_id = await self._orders.begin_read()
        self._pass, self._kept = number, 0
