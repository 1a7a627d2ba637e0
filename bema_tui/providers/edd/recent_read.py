"""Reads the newest sales only, down to what an earlier read of the whole list knows: cheap, and proof of presence."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from attrs import define, field, frozen

from bema_tui.listing import UnreadableSale
from bema_tui.model import Completeness, Order, OrderIdentity
from bema_tui.providers.edd import parse
from bema_tui.providers.edd.full_read import REPEATS, order_digest, row_text, too_many
from bema_tui.providers.edd.pages import AskPage, Page, Pages, end_of
from bema_tui.providers.parsing import FaultError

Known = Callable[[Sequence[Order]], Awaitable[bool]]
"""Whether the last complete read of the whole list knew every one of these orders, unchanged."""

CALM_PAGES: Final = 2
"""Pages in a row without news that end a pass: the first such page, and one more for safety."""
MOST_ROWS: Final = 5_000
"""The rows of a recent read are kept in memory until two passes agree; what needs more rows is no recent read."""
_MOST_PASSES: Final = 5


@frozen
class RecentRead:
    """What a read of the newest sales is worth."""

    completeness: Completeness
    """Complete, when two passes agreed on every row within its bounds; partial, when they did not, too many
    rows could not be used, or too much is new; failed, when the key lost its right on the way."""
    orders: tuple[Order, ...]
    """Its orders, newest row first; empty unless it is complete."""
    passes: int
    """How often the newest sales were read."""
    pages: int
    """Requests for pages, all passes together."""
    problem: str = ""
    """Why it is not complete, in words."""
    unreadable: tuple[UnreadableSale, ...] = ()
    """Its sales that can't be used; empty unless it is complete."""


@define
class _Pass:
    """One reading of the newest rows; a dict keeps the order of the list, each order once."""

    orders: dict[OrderIdentity, Order] = field(factory=dict)
    unreadable: dict[str, UnreadableSale] = field(factory=dict)
    complaint: str = ""
    ended: bool = False

    @property
    def rows(self) -> int:
        """The rows that came, whether they can be used or not."""
        return len(self.orders) + len(self.unreadable)


class RecentReader:
    """One read. ``page`` returns a page's rows or None, ``has_right`` asks the shop again.

    It can't see that an order left the list, nor what changed further down: domain rules, section 4, last point.
    """

    def __init__(
        self,
        page: AskPage,
        has_right: Callable[[], Awaitable[bool]],
        known: Known,
        *,
        page_size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pages = Pages(page, page_size, 1, clock=clock)
        self._has_right = has_right
        self._known = known

    async def read(self) -> RecentRead:
        """Pass after pass until two agree, five at most, and the right asked for after each."""
        before: _Pass | None = None
        for number in range(1, _MOST_PASSES + 1):
            present = await self._read_pass(before.rows if before else 0)
            if not await self._has_right():
                problem = "The key lost its right to see sales while they were read."
                return self._no_result(Completeness.FAILED, number, problem)
            if present.complaint or present.rows > MOST_ROWS:
                problem = present.complaint or f"More than {MOST_ROWS:,} sales are new."
                return self._no_result(Completeness.PARTIAL, number, problem)
            agreed = None if before is None else _agreed(before, present)
            if agreed is not None:
                unreadable = tuple(present.unreadable.values())
                return RecentRead(Completeness.COMPLETE, agreed, number, self._pages.asked, unreadable=unreadable)
            before = present
        problem = f"The newest sales changed during each of {_MOST_PASSES} readings."
        return self._no_result(Completeness.PARTIAL, _MOST_PASSES, problem)

    def _no_result(self, completeness: Completeness, passes: int, problem: str) -> RecentRead:
        return RecentRead(completeness, (), passes, self._pages.asked, problem)

    async def _read_pass(self, least: int) -> _Pass:
        """Read down to two calm pages in a row, and as far as the pass before; or to the end of the list."""
        present = _Pass()
        offset = calm = 0
        while calm < CALM_PAGES or present.rows < least:
            (page,) = await self._pages.at(offset, most=1)
            if page.rows is None:
                present.ended = True
                return present
            seen, bad = present.rows, len(present.unreadable)
            found = self._take(present, page, page.rows)
            repeat = self._pages.repeat([page], offset, fresh=present.rows > seen)
            present.complaint = REPEATS if repeat else too_many(len(present.unreadable), present.rows)
            if present.complaint or present.rows > MOST_ROWS:
                return present
            # Of a sale that can't be read nobody can say that it is no news.
            quiet = len(present.unreadable) == bad and await self._known(found)
            calm = calm + 1 if quiet else 0
            offset = end_of([page])
        return present

    def _take(self, present: _Pass, page: Page, rows: Sequence[object]) -> list[Order]:
        """The page's orders, kept where they did not come before in this pass."""
        found: list[Order] = []
        for index, raw in enumerate(rows):
            try:
                order = parse.order(raw)
            except FaultError as error:
                unreadable = parse.unreadable(raw, error, f"{page.name}: sales.{index}")
                present.unreadable.setdefault(row_text(raw, str(error)), unreadable)
                continue
            found.append(order)
            present.orders.setdefault(order.identity, order)
        return found


def _agreed(before: _Pass, present: _Pass) -> tuple[Order, ...] | None:
    """The rows of the later pass, if both saw the same ones between the first row of the earlier and its last.

    What was sold since the earlier pass began stands above, and is true too. What the later pass read further down was
    read once only, and is left out. A pass that came to the end of the list answers for all of it: a row that only one
    of them saw was refunded or slipped to the page before.
    """
    rows = list(present.orders.values())
    newer = next((place for place, order in enumerate(rows) if order.identity in before.orders), len(rows))
    shared = rows[newer : newer + len(before.orders)]
    seen_twice = [order_digest(order) for order in shared]
    if seen_twice != [order_digest(order) for order in list(before.orders.values())[: len(shared)]]:
        return None
    if before.orders and not shared:
        return None
    if present.ended and len(shared) < len(before.orders):
        return None
    if before.ended and newer + len(shared) < len(rows):
        return None
    return tuple(rows[: newer + len(shared)])
