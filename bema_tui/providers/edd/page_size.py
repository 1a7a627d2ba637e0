"""How many sales the next page of the shop's list should hold: pure rules on what the last pages took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import define, field

from bema_tui.bounds import SHOP_PAGE

TARGET_SECONDS: Final = 2.0
"""What a page should take."""
SLOW_SECONDS: Final = 8.0
"""What no page should take: the shop's server gives up on a request after 30 s."""
START: Final = 57
"""What a page costs before its first sale, in sales: 0.4 s, where each sale takes 7 ms; load slows down both alike.
Pages of fewer sales than that are mostly start, so they are no way to two seconds, only one out of eight."""
SMALLEST: Final = int(SHOP_PAGE.least)
LARGEST: Final = int(SHOP_PAGE.most)
_NEAR: Final = (1.7, 2.5)
"""Seconds that are near enough: a page of another size may start before the rows that are wanted."""
_SHRINK: Final = 0.25
_GROW: Final = 2.0
"""The most that one round changes the size by."""
_SAME: Final = 0.1
_STRAY: Final = 0.5
"""What a page of half or twice the wanted size is worse by: as much as one that repeats half of its rows."""
_MORE_AT_ONCE: Final = 4
"""Rounds without a failure after which twice as many pages are asked for at once, after one had to do."""
_DARE_AFTER: Final = 3.0
"""A size over which the shop failed is dared again after so many times the seconds that the failure took, and after
twice as many when it failed again: a shop that always fails there costs a bounded share of the time."""


@define
class PageSize:
    """The size of the next pages and how many are asked for at once.

    Both follow the pages that came, in both directions: the size the time that they took, towards two seconds, from 25
    to 500. After a failure the size is half, or the largest that did, and one page is asked for at a time; more is
    dared step by step, later after each failure. A setting below 25 is kept.
    """

    size: int
    """Sales that the next pages hold."""
    most_at_once: int
    """The pages that may be asked for at once."""
    at_once: int = field(init=False)
    """The pages that are asked for at once now."""
    _largest: int = field(init=False, default=LARGEST)
    _failed_over: int = field(init=False, default=LARGEST)
    _proved: int = field(init=False, default=0)
    _rounds: int = field(init=False, default=0)
    _wanted: float = field(init=False)
    _dare_factor: float = field(init=False, default=_DARE_AFTER)
    _dare_every: float = field(init=False, default=0.0)
    _dare_at: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self.size = min(max(1, self.size), LARGEST)
        self.at_once = self.most_at_once = max(1, self.most_at_once)
        self._wanted = self.size

    @property
    def adapts(self) -> bool:
        """Whether the size may change at all."""
        return self.size >= SMALLEST

    def begin(self, offset: int) -> tuple[int, int]:
        """Return the size of the pages that read on from row ``offset``, and how many to ask for at once.

        A size that was not tried yet is tried with one page: a shop that fails over it fails once.
        """
        if self.adapts and abs(self._wanted / self.size - 1) > _SAME:
            self.size = fitting(offset, self._wanted, self._largest)
        proved = self.size <= self._proved or not self.adapts
        return self.size, self.at_once if proved else 1

    def came(self, seconds: Sequence[float], now: float) -> None:
        """Learn, at the moment ``now``, what the full pages of a round took; others say nothing about full ones."""
        self._rounds += 1
        if self._rounds % _MORE_AT_ONCE == 0:
            self.at_once = min(self.most_at_once, self.at_once * 2)
        if now >= self._dare_at and self._largest < LARGEST:
            self._largest = min(LARGEST, self._largest * 2)
            self._dare_at = now + self._dare_every
        if not seconds:
            return
        self._proved = max(self._proved, self.size)
        if self._proved >= self._failed_over:
            self._largest = self._failed_over = LARGEST
        mean = sum(seconds) / len(seconds)
        wanted = float(self.size) if _NEAR[0] <= mean <= _NEAR[1] else size_that_takes(TARGET_SECONDS, mean, self.size)
        if wanted < START:
            wanted = min(START, size_that_takes(SLOW_SECONDS, mean, self.size))
        wanted = min(self.size * _GROW, max(self.size * _SHRINK, wanted))
        self._wanted = min(float(self._largest), max(float(SMALLEST), wanted))

    def failed(self, took: float, now: float) -> bool:
        """Learn that the shop failed over a page, after so many seconds: false when there is no smaller one to try."""
        smaller = self._proved if SMALLEST <= self._proved < self.size else self.size // 2
        if smaller < SMALLEST:
            return False
        if self.size <= self._proved or not self._proved:
            self.at_once, self._rounds = 1, 0  # else it was a larger page that was tried alone
        self._failed_over = self.size
        self.size = self._wanted = self._largest = smaller
        self._proved = min(self._proved, smaller)
        self._dare_every = took * self._dare_factor
        self._dare_at = now + self._dare_every
        self._dare_factor *= 2
        return True


def size_that_takes(wanted: float, seconds: float, size: int) -> float:
    """Return the size of a page that takes ``wanted`` seconds where ``size`` takes ``seconds``; may be below 0."""
    return wanted * (START + size) / max(seconds, 1e-6) - START


def fitting(offset: int, wanted: float, largest: int = LARGEST) -> int:
    """Return the size near ``wanted`` whose page with row ``offset`` repeats few of the rows before it.

    The shop's pages start at multiples of their size, so a page of another size may start before the row that is next.
    """
    wanted = min(largest, max(SMALLEST, wanted))
    lowest, highest = max(SMALLEST, math.ceil(wanted / 2)), min(largest, int(wanted * 2))

    def badness(size: int) -> float:
        return offset % size / size + _STRAY * abs(math.log2(size / wanted))

    return min(range(lowest, highest + 1), key=badness)
