"""Pages whose size follows the shop's pace: bounded, and no row is left out when the size changes in mid-list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from bema_tui.model import Completeness, Order
from bema_tui.providers.edd_pages import FAST_SECONDS, LARGEST, SLOW_SECONDS, SMALLEST
from bema_tui.providers.edd_sales import SalesRead, SalesReader

from .helpers import Time
from .rows import sale

SLOW, FAST, EVEN = SLOW_SECONDS + 1, FAST_SECONDS / 2, 3.0


@define
class Shop:
    """A list of sales that takes its time: ``pace`` says how many seconds the n-th page takes."""

    count: int
    pace: Callable[[int], float]
    time: Time = field(factory=Time)
    sizes: list[int] = field(factory=list)
    numbers: list[list[int]] = field(factory=list)

    async def page(self, number: int, size: int) -> Sequence[object] | None:
        self.sizes.append(size)
        self.time.now += self.pace(len(self.sizes))
        start = (number - 1) * size
        return [sale(row) for row in range(self.count - start, max(0, self.count - start - size), -1)] or None

    async def sink(self, orders: Sequence[Order], number: int) -> None:
        self.numbers += [[] for _ in range(number - len(self.numbers))]
        self.numbers[number - 1] += [int(order.number) for order in orders]

    async def read(self, *, page_size: int, parallel: int = 1) -> SalesRead:
        async def has_right() -> bool:
            return True

        reader = SalesReader(self.page, has_right, self.sink, page_size=page_size, parallel=parallel, clock=self.time)
        return await reader.read()


def read(count: int, pace: Callable[[int], float], *, page_size: int, parallel: int = 1) -> Shop:
    shop = Shop(count, pace)
    result = asyncio.run(shop.read(page_size=page_size, parallel=parallel))
    assert (result.completeness, result.orders, result.passes) == (Completeness.COMPLETE, count, 2)
    assert result.pages == len(shop.sizes)
    assert shop.numbers == [list(range(count, 0, -1))] * 2
    return shop


def test_a_slow_shop_is_asked_for_half_until_it_is_quick_enough() -> None:
    shop = read(900, lambda page: SLOW if page <= 2 else EVEN, page_size=200)
    assert shop.sizes[:4] == [200, 100, 50, 50]


def test_pages_never_become_smaller_than_the_smallest() -> None:
    shop = read(700, lambda _: SLOW, page_size=200)
    assert shop.sizes[:5] == [200, 100, 50, 25, 25]
    assert min(shop.sizes) == SMALLEST


def test_a_fast_shop_is_asked_for_more_up_to_the_largest() -> None:
    shop = read(6000, lambda _: FAST, page_size=100)
    assert shop.sizes[:2] == [100, 100]  # a page of 200 starts at a multiple of 200
    assert max(shop.sizes) == 400 <= LARGEST
    assert len(shop.sizes) < 2 * 6000 // 100 // 2


def test_pages_grow_again_when_the_shop_has_recovered() -> None:
    shop = read(3000, lambda page: SLOW if page <= 2 else FAST, page_size=200)
    assert min(shop.sizes) == 50
    assert max(shop.sizes) == 400


def test_a_steady_shop_keeps_its_setting_and_a_tiny_one_is_left_alone() -> None:
    assert set(read(700, lambda _: EVEN, page_size=200).sizes) == {200}
    assert set(read(30, lambda _: FAST, page_size=7).sizes) == {7}


@settings(deadline=None)
@given(
    st.integers(1, 700),
    st.lists(st.sampled_from([SLOW, FAST, EVEN]), min_size=1, max_size=12),
    st.sampled_from([3, 25, 31, 75, 100, 101, 200, 1000]),
    st.integers(1, 4),
)
def test_whatever_the_pace_every_row_comes_once(count: int, paces: list[float], size: int, parallel: int) -> None:
    read(count, lambda page: paces[page % len(paces)], page_size=size, parallel=parallel)
