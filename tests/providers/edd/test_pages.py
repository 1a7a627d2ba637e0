"""Pages whose size follows the shop's pace: bounded, and no row is left out when the size changes in mid-list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from attrs import define, field
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bema_tui.errors import BadAnswer, ConnectionFailed
from bema_tui.model import Completeness, Order
from bema_tui.providers.edd.full_read import SalesRead, SalesReader
from bema_tui.providers.edd.page_size import LARGEST, SMALLEST, fitting
from bema_tui.providers.edd.pages import Page, Pages, end_of
from tests.providers.helpers import Time
from tests.providers.rows import sale

Pace = Callable[[float, int], float | None]
BEGAN = Time().now


def usual(_now: float, sales: int) -> float:
    """A quiet shop, as measured: 0.4 s for a page and 7 ms for each sale."""
    return 0.4 + 0.007 * sales


def fast(_now: float, sales: int) -> float:
    """A shop on a machine of its own."""
    return 0.05 + 0.001 * sales


def times(factor: float, begin: float = 0.0, end: float = float("inf"), after: float = 1.0) -> Pace:
    """The usual shop under so many times its load for a while."""

    def pace(now: float, sales: int) -> float:
        return usual(now, sales) * (factor if begin <= now < end else after)

    return pace


def fails_over(most: int, until: float = float("inf"), otherwise: Pace = usual) -> Pace:
    """A shop whose memory holds so many sales."""

    def pace(now: float, sales: int) -> float | None:
        return None if sales > most and now < until else otherwise(now, sales)

    return pace


@define
class PacedShop:
    """A list of sales that takes its time: ``pace`` says how many seconds a page of so many sales takes at a moment, or
    None: the shop fails over it."""

    count: int
    pace: Pace
    time: Time = field(factory=Time)
    sizes: list[int] = field(factory=list)
    numbers: list[list[int]] = field(factory=list)
    failed: int = 0

    async def page(self, number: int, size: int) -> Sequence[object] | None:
        self.sizes.append(size)
        start = (number - 1) * size
        seconds = self.pace(self.time.now - BEGAN, max(0, min(size, self.count - start)))
        if seconds is None:
            self.failed += 1
            self.time.now += 90.0
            raise ConnectionFailed("it answered 500")
        self.time.now += seconds
        return [sale(row) for row in range(self.count - start, max(0, self.count - start - size), -1)] or None

    async def sink(self, orders: Sequence[Order], number: int) -> None:
        self.numbers += [[] for _ in range(number - len(self.numbers))]
        self.numbers[number - 1] += [int(order.number) for order in orders]

    async def read(self, *, page_size: int, parallel: int = 1) -> SalesRead:
        async def has_right() -> bool:
            return True

        reader = SalesReader(self.page, has_right, self.sink, page_size=page_size, parallel=parallel, clock=self.time)
        return await reader.read()


def read(count: int, pace: Pace, *, page_size: int, parallel: int = 1) -> PacedShop:
    shop = PacedShop(count, pace)
    result = asyncio.run(shop.read(page_size=page_size, parallel=parallel))
    assert (result.completeness, result.orders, result.passes) == (Completeness.COMPLETE, count, 2)
    assert result.pages == len(shop.sizes)
    assert shop.numbers == [list(range(count, 0, -1))] * 2
    return shop


@define
class Walk:
    """Two passes over a list of sales that nobody parses: what was asked for, and when it was over."""

    pace: Pace
    time: Time = field(factory=Time)
    sizes: list[int] = field(factory=list)
    failed: int = 0

    async def over(self, count: int, *, page_size: int, parallel: int) -> None:
        async def page(number: int, size: int) -> Sequence[object] | None:
            self.sizes.append(size)
            start = (number - 1) * size
            rows = range(start, max(start, min(count, start + size)))
            seconds = self.pace(self.time.now - BEGAN, len(rows))
            self.time.now += 90.0 if seconds is None else seconds
            if seconds is None:
                self.failed += 1
                raise ConnectionFailed("it answered 500")
            return rows or None

        pages = Pages(page, page_size, parallel, clock=self.time)
        for _ in range(2):
            offset, ended = 0, False
            while not ended:
                found = await pages.at(offset)
                for one in found:
                    assert one.rows is None or (one.number - 1) * one.size <= offset < end_of([one])
                    offset = offset if one.rows is None else end_of([one])
                ended = found[-1].rows is None
            assert offset >= count


def walk(count: int, pace: Pace, *, page_size: int, parallel: int) -> Walk:
    walked = Walk(pace)
    asyncio.run(walked.over(count, page_size=page_size, parallel=parallel))
    return walked


MODELS: dict[str, tuple[Pace, int, int, int, tuple[int, int]]] = {
    # the pace; most requests and failures; the smallest size; the size at the end
    "usual": (usual, 261, 0, 200, (200, 200)),
    "three times the load for five minutes": (times(3, end=300), 340, 0, 50, (180, 250)),
    "thirty times the load for five minutes": (times(30, end=300), 300, 0, 25, (180, 250)),
    "twelve times the load, then twice": (times(12, end=300, after=2), 680, 0, 25, (70, 100)),
    "three times the load in between": (times(3, begin=100, end=500), 370, 0, 50, (180, 250)),
    "six times the load all the time": (times(6), 910, 0, 50, (55, 60)),
    "fast, and it fails over 200": (fails_over(200, otherwise=fast), 270, 1, 200, (200, 200)),
    "it fails over 60": (fails_over(60), 1060, 3, 50, (50, 60)),
    "slow, and it fails over 100 for five minutes": (fails_over(100, 300, times(3)), 940, 2, 50, (50, 65)),
    "it fails over 50 for five minutes": (fails_over(50, until=300), 820, 2, 50, (160, 250)),
    "very fast": (fast, 125, 0, 200, (400, 500)),
}


@pytest.mark.fault("D6")
@pytest.mark.parametrize("model", MODELS)
def test_the_size_follows_the_pace_in_both_directions(model: str) -> None:
    pace, requests, failures, smallest, (low, high) = MODELS[model]
    walked = walk(25_600, pace, page_size=200, parallel=4)
    assert len(walked.sizes) <= requests
    assert walked.failed <= failures
    assert min(walked.sizes) >= smallest
    assert low <= walked.sizes[-1] <= high


def test_no_setting_below_the_smallest_is_changed_and_none_beyond_the_largest_is_obeyed() -> None:
    assert set(read(30, lambda _now, _sales: 0.01, page_size=7).sizes) == {7}
    assert set(read(100, lambda _now, _sales: 30.0, page_size=7).sizes) == {7}
    assert max(read(2000, lambda _now, _sales: 0.01, page_size=1000).sizes) == LARGEST


def test_a_shop_that_fails_over_the_smallest_page_is_not_read() -> None:
    shop = PacedShop(700, fails_over(20))
    with pytest.raises(ConnectionFailed):
        asyncio.run(shop.read(page_size=200))
    assert shop.sizes == [200, 100, 50, 25]


@pytest.mark.fault("E5")
async def test_a_list_without_an_end_ends() -> None:
    async def endless(number: int, size: int) -> Sequence[object]:
        return range(size)

    pages = Pages(endless, 10, 1)
    last = await pages.at(999_990)
    assert end_of(last) == 1_000_000
    with pytest.raises(BadAnswer, match="has no end: it goes on after 100,000 pages"):
        await pages.at(1_000_000)


@given(st.integers(0, 100_000), st.floats(1, 1000), st.integers(SMALLEST, LARGEST))
def test_a_page_of_any_size_holds_the_row_that_is_next(offset: int, wanted: float, largest: int) -> None:
    size = fitting(offset, wanted, largest)
    start = offset // size * size
    assert SMALLEST <= size <= largest
    assert start <= offset < start + size


PARAMETERS = (
    st.lists(st.sampled_from([0.05, 1.0, 3.0, 12.0, 30.0]), min_size=1, max_size=12),
    st.sampled_from([None, 50, 60, 101, 200]),
    st.sampled_from([3, 25, 31, 75, 100, 101, 200, 500]),
    st.integers(1, 8),
)


def uneven(loads: list[float], over: int | None) -> Pace:
    def pace(now: float, sales: int) -> float | None:
        return None if over and sales > over else usual(now, sales) * loads[int(now / 5) % len(loads)]

    return pace


@settings(deadline=None)
@given(st.integers(1, 5000), *PARAMETERS)
def test_whatever_the_pace_no_row_is_left_out(
    count: int, loads: list[float], over: int | None, size: int, parallel: int
) -> None:
    walk(count, uneven(loads, over), page_size=size, parallel=parallel)


@settings(deadline=None, max_examples=40)
@example(count=501, loads=[3.0, 0.05], over=None, size=31, parallel=1)  # the last page shows old rows alone
@given(st.integers(1, 700), *PARAMETERS)
def test_whatever_the_pace_every_row_comes_once_in_each_pass(
    count: int, loads: list[float], over: int | None, size: int, parallel: int
) -> None:
    read(count, uneven(loads, over), page_size=size, parallel=parallel)


def test_pages_without_new_rows_repeat_unless_the_list_may_end_before_them() -> None:
    async def nobody(_number: int, _size: int) -> None:
        return None

    pages = Pages(nobody, 50, 1)
    old = Page(2, 40, [{}] * 11)  # rows 41 to 51
    assert not pages.repeat([old], 50, fresh=True)
    assert pages.repeat([old], 50, fresh=False), "it shows row 51, and that is an old one"
    assert not pages.repeat([old], 50, fresh=True)
    assert not pages.repeat([old], 51, fresh=False), "the list may end at row 51"
    assert pages.repeat([old], 51, fresh=False), "not twice in a row"
