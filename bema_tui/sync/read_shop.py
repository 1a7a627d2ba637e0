"""Reads the whole list of the shop's orders into the store; a read that is not complete stops the run."""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.errors import IncompleteRead
from bema_tui.interfaces import Interrupt
from bema_tui.model import Completeness, Order
from bema_tui.providers.edd import EasyDigitalDownloads
from bema_tui.providers.edd_sales import SalesRead
from bema_tui.store.database import Database
from bema_tui.store.orders import Orders
from bema_tui.store.settings import DatabaseSettings
from bema_tui.sync.job import Job


async def read_shop(job: Job) -> str:
    """Read every order the shop lists for a run, and answer what was found, in words.

    Raises:
        IncompleteRead: the list kept moving, broke off, or holds a sale that can't be read; nothing may rest on it.
        WrongAccount: the database belongs to another shop.
    """
    read = await read_orders(job.db, job.shop, job.interrupt)
    await job.note(
        shop_read={
            "completeness": read.completeness,
            "kind": "full",
            "at": job.db.now().isoformat(),
            "orders": read.orders,
            "passes": read.passes,
        }
    )
    require_complete(read, job.shop)
    return f"{read.orders:,} orders"


async def read_orders(db: Database, shop: EasyDigitalDownloads, interrupt: Interrupt) -> SalesRead:
    """Read the list into the store, whatever it turns out to be worth.

    Raises:
        WrongAccount: the database belongs to another shop.
        ProviderError: the shop did not answer.
    """
    await DatabaseSettings(db).belongs_to("shop", shop.shop_address)
    passes = _Passes(Orders(db), interrupt)
    read = await shop.read_sales(passes.keep)
    await passes.finish(read)
    return read


def require_complete(read: SalesRead, shop: EasyDigitalDownloads) -> None:
    """Raise unless the list was read whole.

    Raises:
        IncompleteRead: it was not.
    """
    if read.completeness is Completeness.COMPLETE:
        return
    first = f" The first: {read.broken[0][0]}: {read.broken[0][1]}." if read.broken else ""
    raise IncompleteRead(
        f"The shop's list of sales could not be read whole. {read.problem}{first}",
        tried="read every sale of the shop",
        where=shop.shop_address,
        advice="Nothing was written. Start again; if it stays so, look at the shop.",
    )


class _Passes:
    """Gives each pass over the list a read of its own: what an earlier pass saw and the last did not is not listed."""

    def __init__(self, orders: Orders, interrupt: Interrupt) -> None:
        self._orders = orders
        self._interrupt = interrupt
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
        self._read_id = await self._orders.begin_read()
        self._pass, self._kept = number, 0
