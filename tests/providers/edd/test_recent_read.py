"""Reading the newest sales only: how far down, what makes it complete, and when it is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bema_tui.errors import NotAuthorized
from bema_tui.model import Completeness, Order
from bema_tui.providers.edd.recent_read import MOST_ROWS, RecentRead
from tests.providers.edd.shifting_shop import ShiftingShop
from tests.providers.helpers import Script, edd
from tests.providers.rows import sale


async def newest(shop: ShiftingShop, known: set[int], *, page_size: int = 3) -> RecentRead:
    """Read while the orders with these numbers are known and unchanged."""

    async def knew(orders: Sequence[Order]) -> bool:
        return all(int(order.number) in known and "@x." not in order.email for order in orders)

    async with edd(Script(shop.answer), page_size=page_size) as service:
        return await service.read_newest_sales(knew)


def numbers(read: RecentRead) -> list[int]:
    return [int(order.number) for order in read.orders]


async def test_nothing_new_takes_two_pages_a_pass() -> None:
    shop = ShiftingShop.holding(30)
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.passes, read.pages) == (Completeness.COMPLETE, 2, 4)
    assert numbers(read) == [30, 29, 28, 27, 26, 25]
    assert shop.asked == 4


async def test_it_goes_down_to_the_first_quiet_page_and_one_more() -> None:
    read = await newest(ShiftingShop.holding(30), set(range(26)))
    assert numbers(read) == list(range(30, 18, -1))
    assert read.pages == 8


async def test_a_change_on_the_page_that_was_for_safety_leads_further_down() -> None:
    shop = ShiftingShop.holding(30)
    shop.sales[4]["email"] = "new@x.example"
    read = await newest(shop, set(range(31)))
    assert numbers(read) == list(range(30, 18, -1))


async def test_a_late_completion_inside_the_window_is_found() -> None:
    shop = ShiftingShop.holding(30)
    shop.sell(99, place=2)
    assert 99 in numbers(await newest(shop, set(range(31))))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
async def test_a_short_list_is_read_to_its_end(count: int) -> None:
    read = await newest(ShiftingShop.holding(count), set())
    assert (read.completeness, numbers(read)) == (Completeness.COMPLETE, list(range(count, 0, -1)))


async def test_a_sale_between_two_pages_is_in_it_and_needs_no_third_pass() -> None:
    shop = ShiftingShop.holding(30)
    shop.events[2] = lambda shop: shop.sell(31)
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.passes) == (Completeness.COMPLETE, 2)
    assert numbers(read)[:6] == [31, 30, 29, 28, 27, 26]


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
async def test_a_refund_between_two_pages_loses_no_row(moment: int) -> None:
    shop = ShiftingShop.holding(30)
    shop.events[moment] = lambda shop: shop.refund(29)
    read = await newest(shop, set(range(31)))
    assert read.completeness is Completeness.COMPLETE
    assert numbers(read)[:5] == [30, 28, 27, 26, 25]


async def test_a_refund_that_ends_the_list_early_in_the_second_pass_loses_no_row() -> None:
    shop = ShiftingShop.holding(4)
    shop.events[5] = lambda shop: shop.refund(4)
    assert {1, 2, 3} <= set(numbers(await newest(shop, {0})))


async def test_a_refund_taken_back_after_the_first_pass_loses_no_row() -> None:
    shop = ShiftingShop.holding(4)
    shop.events[2] = lambda shop: shop.refund(4)
    shop.events[3] = lambda shop: shop.sell(4)
    assert numbers(await newest(shop, {0})) == [4, 3, 2, 1]


async def test_a_top_that_never_rests_is_partial_and_hands_out_nothing() -> None:
    shop = ShiftingShop.holding(30)
    shop.events = {asked: lambda shop: shop.sales[1].update(email=f"{shop.asked}@y.example") for asked in range(1, 99)}
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.passes, read.orders) == (Completeness.PARTIAL, 5, ())
    assert "changed" in read.problem


@pytest.mark.fault("A1")
async def test_a_row_that_can_not_be_used_is_named_and_the_others_read() -> None:
    shop = ShiftingShop.holding(30)
    shop.sales[4]["date_utc"] = "yesterday"
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.passes) == (Completeness.COMPLETE, 2)
    assert numbers(read) == [30, 29, 28, 27, *range(25, 18, -1)]
    (unreadable,) = read.unreadable
    assert (unreadable.number, unreadable.place, unreadable.path) == ("26", "page 2: sales.1", "date_utc")


@pytest.mark.fault("A1")
async def test_a_page_of_unreadable_rows_is_no_repetition_and_no_news_that_ends() -> None:
    shop = ShiftingShop.holding(30)
    for row in shop.sales[:6]:
        row["mode"] = ""
    read = await newest(shop, set(range(31)))
    assert read.completeness is Completeness.COMPLETE
    assert numbers(read) == list(range(24, 18, -1))
    assert len(read.unreadable) == 6


@pytest.mark.fault("A1")
async def test_too_many_unreadable_rows_are_no_window() -> None:
    shop = ShiftingShop.holding(30)
    for row in shop.sales[:21]:
        row["mode"] = ""
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.orders, read.unreadable) == (Completeness.PARTIAL, (), ())
    assert "sales can't be read" in read.problem


@pytest.mark.fault("D2")
async def test_rows_that_share_a_key_are_orders_each() -> None:
    shop = ShiftingShop.holding(30)
    for row in shop.sales[:8]:
        row["key"] = "k" * 32
    assert numbers(await newest(shop, set(range(25)))) == list(range(30, 18, -1))


async def test_too_much_news_is_no_window() -> None:
    shop = ShiftingShop([sale(number) for number in range(MOST_ROWS + 700, 0, -1)])
    read = await newest(shop, set(), page_size=500)
    assert (read.completeness, read.orders, read.passes) == (Completeness.PARTIAL, (), 1)
    assert shop.asked <= MOST_ROWS // 500 + 1


async def test_without_the_right_nothing_is_read() -> None:
    shop = ShiftingShop.holding(5)
    shop.allowed = False
    with pytest.raises(NotAuthorized):
        await newest(shop, set())
    assert shop.asked == 0


async def test_a_right_lost_on_the_way_is_a_failed_read() -> None:
    shop = ShiftingShop.holding(30)

    def lose(shop: ShiftingShop) -> None:
        shop.allowed = False

    shop.events[2] = lose
    read = await newest(shop, set(range(31)))
    assert (read.completeness, read.orders) == (Completeness.FAILED, ())


@settings(deadline=None)
@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.dictionaries(st.integers(1, 20), st.sampled_from(["sell", "refund", "complete", "edit"]), max_size=5),
    st.integers(0, 8),
    st.booleans(),
)
def test_a_complete_window_holds_all_that_is_new_and_was_there_throughout(
    count: int, known: int, events: dict[int, str], spot: int, one_key: bool
) -> None:
    async def run() -> None:
        shop = ShiftingShop.holding(count, one_key=one_key)
        new = {number for number in shop.all_numbers() if number > known}
        shop.let_happen(events, spot)
        read = await newest(shop, set(range(known + 1)))
        assert read.passes <= 5
        if read.completeness is Completeness.COMPLETE:
            found = numbers(read)
            assert len(found) == len(set(found))
            assert new - shop.taken_away <= set(found)
        else:
            assert read.orders == ()

    asyncio.run(run())
