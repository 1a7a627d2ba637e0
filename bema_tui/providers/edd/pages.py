"""Pages of the shop's sales whose size follows the shop's pace: a slow shop is asked for less, a fast one for more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from attrs import frozen

from bema_tui.bounds import LIST_PAGES
from bema_tui.errors import BadAnswer, ConnectionFailed
from bema_tui.providers.edd.page_size import PageSize
from bema_tui.providers.http.breaker import CircuitOpen

AskPage = Callable[[int, int], Awaitable[Sequence[object] | None]]
"""Takes the number of a page, from 1, and its size; returns its rows, or None past the end."""


@frozen
class Page:
    """A page as it came."""

    number: int
    """Its number, from 1."""
    size: int
    """How many sales were asked for."""
    rows: Sequence[object] | None
    """Its rows; None where it could not be had."""

    @property
    def name(self) -> str:
        """The page in words, for messages."""
        return f"page {self.number}"


class Pages:
    """Asks for pages, several at once, and changes their size by the time they take.

    A page starts at a multiple of its size: the one that holds the next row may start before it. Rows can so come
    twice, and none is left out. Pages in one round are of one size. Only full pages change the size, so that a shop
    which gives fewer rows than it is asked for is read by pages of one size, whose numbers alone say what is next.
    """

    def __init__(self, ask: AskPage, size: int, parallel: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._size = PageSize(size, parallel)
        self._clock = clock
        self._behind = False
        self.asked = 0

    async def at(self, offset: int, most: int | None = None) -> list[Page]:
        """The pages that hold the rows from ``offset`` on, as many as are asked for at once or at most ``most``.

        Raises:
            ProviderError: one of them could not be read; the ones in flight are awaited, not cancelled.
        """
        failed: ConnectionFailed | None = None
        while True:
            started = self._clock()
            try:
                return await self._round(offset, most)
            except ConnectionFailed as error:
                given_up = isinstance(error, CircuitOpen)
                failed = failed if failed and given_up else error
                # What is too much for the shop's memory or time may do in smaller pieces.
                if given_up or not self._size.failed(self._clock() - started, self._clock()):
                    raise failed from None

    def repeat(self, pages: Sequence[Page], offset: int, *, fresh: bool) -> bool:
        """Whether the pages at ``offset`` show that the shop repeats itself without end; ``fresh``: they had new rows.

        Once in a row they may have none and be true: at the end of the list a page of another size can start before it,
        and hold its last rows alone. The next page is then behind the end.
        """
        reached = max((page.number - 1) * page.size + len(page.rows or ()) for page in pages)
        behind, self._behind = self._behind, not fresh
        return not fresh and (behind or reached > offset)

    async def _round(self, offset: int, most: int | None) -> list[Page]:
        size, at_once = self._size.begin(offset)
        first = offset // size + 1
        if first > LIST_PAGES.most:
            raise BadAnswer(
                f"The shop's list of sales has no end: it goes on after {first - 1:,} pages.",
                tried="read every sale of the shop",
                advice="Look for a cache or another program that answers in the shop's place.",
            )
        numbers = range(first, first + min(at_once, most or at_once))
        self.asked += len(numbers)
        answers = await asyncio.gather(*(self._timed(number, size) for number in numbers), return_exceptions=True)
        pages: list[Page] = []
        full: list[float] = []
        for number, answer in zip(numbers, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            rows, seconds = answer
            pages.append(Page(number, size, rows))
            if rows is not None and len(rows) >= size:
                full.append(seconds)
        self._size.came(full, self._clock())
        return pages

    async def _timed(self, number: int, size: int) -> tuple[Sequence[object] | None, float]:
        started = self._clock()
        rows = await self._ask(number, size)
        return rows, self._clock() - started


def end_of(pages: Sequence[Page]) -> int:
    """How many rows of the list lie before the end of these pages."""
    return pages[-1].number * pages[-1].size
