"""Looks up single sales, and tells a shop that fails over one of them from a shop that fails.

EDD 3.1.0.4 to 3.3.8.1 answers 500 to whoever asks for a sale that is not there. While the shop answers others, that is
"not shown": it proves nothing and stops nothing. Domain rules, sections 4 and 7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from attrs import define, field, frozen

from bema_tui.errors import BadAnswer, RequestRefused, ServerFailed
from bema_tui.listing import UnreadableSale
from bema_tui.model import Order
from bema_tui.providers.http.ports import Interrupt

AT_ONCE: Final = 4
CHUNK: Final = 40
"""Look-ups between two safe points, and between two proofs that the shop answers others."""
SECOND_TRIES: Final = 40
"""Failed look-ups that are tried once more, in case the shop only stumbled; where more fail, that is its way."""
_CONTROLS: Final = 3  # known sales that are asked for before the form of look-up counts as one that finds nothing
_OF_ONE_SALE: Final = (ServerFailed, BadAnswer, RequestRefused)


class By(StrEnum):
    """The two forms of look-up; each finds, or fails, by itself."""

    KEY = "key"
    """By its purchase key."""
    ROW_ID = "row id"
    """By the id of its row."""


@frozen
class SaleQuery:
    """A sale to look up."""

    by: By
    """The form of look-up."""
    value: str
    """What it is asked for by. A row id is not the sale's ``ID``."""


@frozen
class SaleAnswer:
    """What the shop answered to one look-up."""

    order: Order | None = None
    """The sale, of whatever status; None where it showed none that can be used."""
    unreadable: UnreadableSale | None = None
    """The sale that it showed and that can't be used."""
    failure: str = ""
    """Why it did not answer this one, in words, though it answers others; empty where it did."""


class AskShop(Protocol):
    """What a look-up needs of the shop."""

    async def ask_for_sale(self, wanted: SaleQuery) -> SaleAnswer:
        """Ask once. A failure of the server (5xx) is raised as it comes."""

    async def require_sales(self) -> None:
        """Raise unless the list of sales can be read, with all the patience that a read has."""


async def _nothing_is_asked() -> None:
    """The safe point of work that nobody can pause."""


@define
class LookUps:
    """Look-ups of one run."""

    shop: AskShop
    """Asks the shop."""
    interrupt: Interrupt
    """Ends waits, and the look-ups at the next request."""
    known: Mapping[By, Sequence[str]]
    """Values that should find a sale, by the form of look-up."""
    finds: set[By] = field(factory=set)
    """The forms that have found a sale: beside it, an answer without a sale says that there is none."""
    safe_point: Callable[[], Awaitable[None]] = _nothing_is_asked
    """What the work that needs the look-ups calls between some of them."""
    _second_tries: int = 0

    async def find(self, wanted: Sequence[SaleQuery]) -> dict[SaleQuery, SaleAnswer]:
        """Ask for each, a few at a time.

        Raises:
            ProviderError: the shop itself does not answer.
            Stopped: somebody asked for a stop.
        """
        found: dict[SaleQuery, SaleAnswer] = {}
        for start in range(0, len(wanted), CHUNK):
            await self.safe_point()
            found |= await self._find_some(wanted[start : start + CHUNK])
        for by in {one.by for one, shown in found.items() if shown == SaleAnswer()} - self.finds:
            await self._prove(by)
        return found

    async def _find_some(self, wanted: Sequence[SaleQuery]) -> dict[SaleQuery, SaleAnswer]:
        found = await self._ask(wanted)
        failed = [one for one in wanted if found[one].failure]
        for by in By:
            mine = [one for one in failed if one.by is by]
            if not mine:
                continue
            await self._require_others(by)
            if self._second_tries < SECOND_TRIES:
                self._second_tries += len(mine)
                found |= await self._ask(mine)
        return found

    async def _ask(self, wanted: Sequence[SaleQuery]) -> dict[SaleQuery, SaleAnswer]:
        gate = asyncio.Semaphore(AT_ONCE)
        found: dict[SaleQuery, SaleAnswer] = {}

        async def one(sale: SaleQuery) -> None:
            async with gate:
                self.interrupt.check()
                try:
                    found[sale] = await self._ask_for(sale)
                except _OF_ONE_SALE as error:
                    found[sale] = SaleAnswer(failure=error.message.rstrip("."))

        try:
            async with asyncio.TaskGroup() as group:
                for sale in wanted:
                    group.create_task(one(sale))
        except BaseExceptionGroup as failures:
            # One that says that the shop is gone ends them all; its own error says more than the group of them.
            raise failures.exceptions[0] from None
        return found

    async def _ask_for(self, sale: SaleQuery) -> SaleAnswer:
        shown = await self.shop.ask_for_sale(sale)
        if shown.order is not None:
            self.finds.add(sale.by)
        return shown

    async def _require_others(self, by: By) -> None:
        """Raise unless the shop answers others: a look-up of the same form that finds a known sale, or its list."""
        if not await self._prove(by):
            await self.shop.require_sales()

    async def _prove(self, by: By) -> bool:
        """Whether this form of look-up finds a known sale now."""
        for value in self.known.get(by, ())[:_CONTROLS]:
            self.interrupt.check()
            try:
                if (await self._ask_for(SaleQuery(by, value))).order is not None:
                    return True
            except _OF_ONE_SALE:
                continue
        return False
