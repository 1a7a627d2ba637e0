"""Reading a list of sales that shifts while it is read, until it is known whole.

The shop lists newest row first and has no "since": a sale pushes rows to the next page, a refund pulls them to the one
before, so a single pass can double a row or miss one. Passes are repeated until two in a row agree.
"""

from __future__ import annotations

import json
import time
from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Final

from attrs import define, field, frozen

from bema_tui.listing import UnreadableSale
from bema_tui.model import Completeness, Order, OrderIdentity
from bema_tui.providers.edd import parse
from bema_tui.providers.edd.pages import AskPage, Page, Pages, end_of
from bema_tui.providers.parsing import FaultError

Sink = Callable[[Sequence[Order], int], Awaitable[None]]
"""Takes the rows of a page and the number of the pass they belong to, from 1."""

REPEATS: Final = "The shop answers with the same sales whatever page is asked for: look for a cache in front of it."
_MOST_PASSES: Final = 5
_MOST_KEPT: Final = 20_000
"""Unreadable sales in memory; so many are tolerated in a list of two million."""
MOST_UNREADABLE: Final = 20
MOST_UNREADABLE_PERCENT: Final = 1
_MODULUS: Final = 1 << 128


@frozen
class SalesRead:
    """What a read of the sales is worth."""

    completeness: Completeness
    """Complete, when two passes agreed and no more rows than ``most_unreadable`` could not be used; partial, when
    the rows that came are true but some may be missing; failed, when the key lost its right on the way."""
    orders: int
    """Different orders in the last pass."""
    passes: int
    """How often the list was read."""
    unreadable: tuple[UnreadableSale, ...]
    """The sales of the last pass that can't be used. A complete read holds every one of them."""
    newest_key: str | None
    """The key of the first usable row of the first pass; None for an empty shop."""
    pages: int
    """Requests for pages, all passes together."""
    problem: str = ""
    """Why it is not complete, in words."""


@define
class _Pass:
    """One reading of the whole list. Of each row only a 64-bit digest of its identity stays, until the next pass.

    ``rows`` and ``checksum`` stand for the rows that are no newer than the newest row of the first pass; the checksum
    is a sum, so that the order of the rows does not matter.
    """

    number: int
    keys: set[int] = field(factory=set)
    rows: int = 0
    checksum: int = 0
    at_the_top: bool = True
    orders: int = 0
    unreadable: list[UnreadableSale] = field(factory=list)
    unreadable_rows: int = 0
    newest_key: str | None = None
    gap: bool = False
    repeats: bool = False

    @property
    def complaint(self) -> str:
        """That too many sales can't be used, in words; empty otherwise."""
        return too_many(self.unreadable_rows, self.orders + self.unreadable_rows)

    def agrees_with(self, before: _Pass) -> bool:
        """Whether both passes saw the same rows, as far as they were there when the first pass began."""
        whole = not (self.gap or self.repeats)
        return whole and (self.rows, self.checksum) == (before.rows, before.checksum)


class SalesReader:
    """One read. ``page`` returns a page's rows or None, ``has_right`` asks the shop again.

    The first pages are of ``page_size``; then their size follows the time they take by ``clock``, in seconds.
    """

    def __init__(
        self,
        page: AskPage,
        has_right: Callable[[], Awaitable[bool]],
        sink: Sink,
        *,
        page_size: int,
        parallel: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pages = Pages(page, page_size, parallel, clock=clock)
        self._has_right = has_right
        self._sink = sink
        self._first_keys: array[int] = array("Q")

    async def read(self) -> SalesRead:
        """Pass after pass until two agree, five at most, and the right asked for once more at the end."""
        before: _Pass | None = None
        newest_key: str | None = None
        for number in range(1, _MOST_PASSES + 1):
            present = await self._read_pass(number)
            if number == 1:
                newest_key = present.newest_key
                self._first_keys = array("Q", sorted(present.keys))
            present.keys.clear()
            if not await self._has_right():
                problem = "The key lost its right to see sales while they were read."
                return self._result(Completeness.FAILED, present, newest_key, problem)
            if present.complaint:
                return self._result(Completeness.PARTIAL, present, newest_key, present.complaint)
            if before is not None and present.agrees_with(before):
                return self._result(Completeness.COMPLETE, present, newest_key, "")
            before = present
        problem = REPEATS if present.repeats else f"The list changed during each of {_MOST_PASSES} readings."
        return self._result(Completeness.PARTIAL, present, newest_key, problem)

    def _result(self, completeness: Completeness, last: _Pass, newest_key: str | None, problem: str) -> SalesRead:
        return SalesRead(
            completeness=completeness,
            orders=last.orders,
            passes=last.number,
            unreadable=tuple(last.unreadable),
            newest_key=newest_key,
            pages=self._pages.asked,
            problem=problem,
        )

    async def _read_pass(self, number: int) -> _Pass:
        present = _Pass(number)
        offset = 0
        while True:
            pages = await self._pages.at(offset)
            ended = False
            seen = len(present.keys)
            for page in pages:
                if page.rows is None:
                    ended = True
                    continue
                # Rows after an end: the end was none, so this pass proves nothing.
                present.gap = present.gap or ended
                await self._take(present, page, page.rows)
            repeat = self._pages.repeat(pages, offset, fresh=len(present.keys) > seen)
            present.repeats = repeat and not ended
            if ended or present.repeats:
                return present
            offset = end_of(pages)

    async def _take(self, present: _Pass, page: Page, rows: Sequence[object]) -> None:
        """Note a page's rows by their digests, and hand on those that did not come before in this pass."""
        fresh: list[Order] = []
        for index, raw in enumerate(rows):
            try:
                order = parse.order(raw)
            except FaultError as error:
                self._note_unreadable(present, f"{page.name}: sales.{index}", raw, error)
                continue
            if self._note(present, spelled(order.identity), order_digest(order)):
                present.newest_key = present.newest_key or order.key
                present.orders += 1
                fresh.append(order)
        if fresh:
            await self._sink(fresh, present.number)

    def _note(self, present: _Pass, name: str, row: int) -> bool:
        """Note a row; false when it came before in this pass.

        Rows above the first known one are newer than the first pass. Whatever is new further down is a change.
        """
        digest = _digest(name, size=8)
        if digest in present.keys:
            return False
        present.keys.add(digest)
        if present.number > 1 and present.at_the_top and not self._was_there(digest):
            return True
        present.at_the_top = False
        present.rows += 1
        present.checksum = (present.checksum + row) % _MODULUS
        return True

    def _was_there(self, key: int) -> bool:
        """Whether the first pass saw this key; a sorted array takes a tenth of a set's memory."""
        place = bisect_left(self._first_keys, key)
        return place < len(self._first_keys) and self._first_keys[place] == key

    def _note_unreadable(self, present: _Pass, place: str, raw: object, error: FaultError) -> None:
        text = row_text(raw, str(error))
        if not self._note(present, f"unreadable {text}", _digest(text)):
            return
        present.unreadable_rows += 1
        if len(present.unreadable) < _MOST_KEPT:
            present.unreadable.append(parse.unreadable(raw, error, place))


def order_digest(order: Order) -> int:
    """What a change of the row would change: identity, status, e-mail, products with their prices."""
    products = (f"{item.product_id}={item.price.normalize()}" for item in order.items)
    return _digest(spelled(order.identity), order.status, order.mode, order.email, *products)


def spelled(identity: OrderIdentity) -> str:
    """An order's identity as one text; no two have the same, since neither key nor number holds a control."""
    return f"{identity.key}\0{identity.date_utc}\0{identity.number}"


def too_many(unreadable: int, rows: int) -> str:
    """That more sales can't be used than single accidents explain, in words; else empty. Domain rules, section 4."""
    most = max(MOST_UNREADABLE, rows * MOST_UNREADABLE_PERCENT // 100)
    return f"{unreadable:,} of {rows:,} sales can't be read; up to {most:,} would do." if unreadable > most else ""


def row_text(raw: object, otherwise: str) -> str:
    """A row that can't be used as text, to tell it from others; ``otherwise`` for one that is nested too deep."""
    try:
        return json.dumps(raw, sort_keys=True)
    except RecursionError:
        return otherwise


def _digest(*parts: str, size: int = 16) -> int:
    hashed = blake2b(digest_size=size)
    for part in parts:
        hashed.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return int.from_bytes(hashed.digest())
