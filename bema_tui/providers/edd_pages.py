"""Pages of the shop's sales whose size follows the shop's pace: a slow shop is asked for less, a fast one for more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from attrs import frozen

from bema_tui.errors import ConnectionFailed
from bema_tui.providers.breaker import CircuitOpen

AskPage = Callable[[int, int], Awaitable[Sequence[object] | None]]
"""Takes the number of a page, from 1, and its size; answers its rows, or None past the end."""

SLOW_SECONDS: Final = 8.0
"""A page that takes longer is asked for at half its size: the shop's server gives up on a request after 30 s."""
FAST_SECONDS: Final = 1.0
"""When every page of a round takes less, later ones are twice as large."""
SMALLEST: Final = 25
LARGEST: Final = 500


@frozen
class Page:
    """A page as it came: its number and size say which rows of the list it holds."""

    number: int
    size: int
    rows: Sequence[object] | None

    @property
    def name(self) -> str:
        """The page in words, for messages."""
        return f"page {self.number}"


class Pages:
    """Asks for pages, several at once, and changes their size by the time they take.

    A page starts at a multiple of its size. Pages grow where a larger one starts at the next row; half of an odd size
    may start before it. Rows can so come twice, and none is left out. A setting outside 25 to 500 is kept, as long as
    the shop is not too slow for it. A shop that fails over a page is asked for half of it, and for one at a time.
    """

    def __init__(self, ask: AskPage, size: int, parallel: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._size = max(1, size)
        self._parallel = parallel
        self._clock = clock
        self._may_grow = False
        self.asked = 0

    async def at(self, offset: int, most: int | None = None) -> list[Page]:
        """The pages that hold the rows from ``offset`` on, ``parallel`` of them or at most ``most``.

        Raises:
            ProviderError: one of them could not be read; the ones in flight are awaited, not cancelled.
        """
        failed: ConnectionFailed | None = None
        while True:
            try:
                return await self._round(offset, most)
            except ConnectionFailed as error:
                if not error.retryable:
                    raise
                given_up = isinstance(error, CircuitOpen)
                failed = failed if failed and given_up else error
                if given_up or self._size // 2 < SMALLEST:
                    raise failed from None
                # What is too much for the shop's memory or time may do in smaller pieces.
                self._size, self._parallel = self._size // 2, 1

    async def _round(self, offset: int, most: int | None) -> list[Page]:
        if self._may_grow and offset % (self._size * 2) == 0:
            self._size, self._may_grow = self._size * 2, False
        size, first = self._size, offset // self._size + 1
        numbers = range(first, first + min(self._parallel, most or self._parallel))
        self.asked += len(numbers)
        answers = await asyncio.gather(*(self._timed(number, size) for number in numbers), return_exceptions=True)
        pages: list[Page] = []
        slowest = 0.0
        for number, answer in zip(numbers, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            rows, seconds = answer
            slowest = max(slowest, seconds)
            pages.append(Page(number, size, rows))
        self._adapt(slowest, full=all(page.rows is not None for page in pages))
        return pages

    async def _timed(self, number: int, size: int) -> tuple[Sequence[object] | None, float]:
        started = self._clock()
        rows = await self._ask(number, size)
        return rows, self._clock() - started

    def _adapt(self, slowest: float, *, full: bool) -> None:
        self._may_grow = False
        if slowest > SLOW_SECONDS and self._size // 2 >= SMALLEST:
            self._size //= 2
        elif slowest < FAST_SECONDS and full:
            # An empty page is quick and says nothing about a full one.
            self._may_grow = self._size >= SMALLEST and self._size * 2 <= LARGEST


def end_of(pages: Sequence[Page]) -> int:
    """How many rows of the list lie before the end of these pages."""
    return pages[-1].number * pages[-1].size
