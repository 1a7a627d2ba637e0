"""Reading a list of sales that shifts while it is read: no row lost, none doubled, and no false word about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import httpx
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import ConnectionFailed, NotAuthorized
from bema_tui.model import Completeness, Order
from bema_tui.providers.edd_sales import SalesRead

from .helpers import Answer, Script, edd, reply
from .rows import info, sale


@define
class Shop:
    """A shop that lists newest row first, and to which something can happen before any answer."""

    sales: list[dict[str, object]] = field(factory=list)
    events: dict[int, Callable[[Shop], None]] = field(factory=dict)
    allowed: bool = True
    asked: int = 0
    read: list[tuple[int, list[Order]]] = field(factory=list)

    @classmethod
    def holding(cls, count: int) -> Shop:
        return cls([sale(number) for number in range(count, 0, -1)])

    def sell(self, number: int, place: int = 0) -> None:
        self.sales.insert(place, sale(number))

    def refund(self, number: int) -> None:
        self.sales = [row for row in self.sales if row["ID"] != str(number)]

    def answer(self, request: httpx.Request) -> Answer:
        form = httpx.QueryParams(request.content.decode())
        if form["edd-api"] == "v2/info":
            return reply(info(allowed=self.allowed))
        self.asked += 1
        if self.asked in self.events:
            self.events[self.asked](self)
        size, page = int(form["number"]), int(form["page"])
        rows = self.sales[(page - 1) * size : page * size] if self.allowed else []
        return reply({"sales": rows, "request_speed": 0.1} if rows else {"request_speed": 0.1})

    async def sink(self, orders: Sequence[Order], number: int) -> None:
        self.read.append((number, list(orders)))

    async def whole_read(self, *, page_size: int = 3, parallel: int = 1) -> SalesRead:
        async with edd(Script(self.answer), page_size=page_size, parallel=parallel) as service:
            return await service.read_sales(self.sink)

    def numbers(self, number: int) -> list[int]:
        return [int(order.number) for turn, orders in self.read for order in orders if turn == number]


@pytest.mark.parametrize("parallel", [1, 2, 4, 7])
@pytest.mark.parametrize("count", [0, 1, 3, 8, 9])
async def test_a_quiet_shop_is_read_twice_and_whole(count: int, parallel: int) -> None:
    shop = Shop.holding(count)
    result = await shop.whole_read(parallel=parallel)
    assert (result.completeness, result.orders, result.passes) == (Completeness.COMPLETE, count, 2)
    assert (result.broken, result.problem) == ((), "")
    assert result.newest_key == (f"{count:032x}" if count else None)
    assert result.pages == shop.asked
    assert shop.numbers(1) == shop.numbers(2) == list(range(count, 0, -1))


async def test_a_sale_between_two_pages_doubles_no_row_and_needs_no_third_pass() -> None:
    shop = Shop.holding(6)
    shop.events[2] = lambda shop: shop.sell(7)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 2, 7)
    assert shop.numbers(1) == [6, 5, 4, 3, 2, 1]
    assert shop.numbers(2) == [7, 6, 5, 4, 3, 2, 1]
    assert result.newest_key == f"{6:032x}"


async def test_a_refund_between_two_pages_loses_a_row_that_the_next_pass_finds() -> None:
    shop = Shop.holding(6)
    shop.events[2] = lambda shop: shop.refund(5)
    result = await shop.whole_read()
    assert shop.numbers(1) == [6, 5, 4, 2, 1]  # 3 slipped by unseen
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 5)
    assert shop.numbers(3) == [6, 4, 3, 2, 1]


async def test_a_refund_of_the_newest_sale_is_noticed() -> None:
    shop = Shop.holding(6)
    shop.events[4] = lambda shop: shop.refund(6)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 5)


async def test_a_late_completion_of_an_old_order_is_a_change() -> None:
    shop = Shop.holding(6)
    shop.events[4] = lambda shop: shop.sell(99, place=4)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 7)


@pytest.mark.fault("D2")
@pytest.mark.parametrize("parallel", [1, 4])
async def test_rows_that_share_a_key_are_orders_each(parallel: int) -> None:
    shop = Shop.holding(6)
    for row in shop.sales[:5]:
        row["key"] = "k" * 32
    shop.sales[0]["date_utc"] = "2026-05-29 16:56:33"
    shop.sales[1]["date_utc"] = "0000-00-00 00:00:00"
    result = await shop.whole_read(parallel=parallel)
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 2, 6)
    assert shop.numbers(2) == [6, 5, 4, 3, 2, 1]
    assert [order.date_utc is None for _, orders in shop.read[:1] for order in orders][1:2] == [True]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "revoked"},
        {"email": "x@y.example"},
        {"ID": "77"},
        {"date_utc": "2020-01-01 00:00:00"},
        {"products": []},
    ],
)
async def test_a_row_that_changed_between_two_passes_is_a_change(change: dict[str, object]) -> None:
    shop = Shop.holding(3)
    shop.events[3] = lambda shop: shop.sales[1].update(change)
    result = await shop.whole_read()
    assert (result.completeness, result.passes) == (Completeness.COMPLETE, 3)


async def test_a_list_that_never_rests_is_partial_after_five_passes() -> None:
    shop = Shop.holding(6)
    shop.events = {asked: lambda shop: shop.sales[-1].update(email=f"{shop.asked}@x.example") for asked in range(1, 99)}
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.PARTIAL, 5, 6)
    assert "changed" in result.problem


async def test_a_row_that_cannot_be_used_makes_the_read_partial_and_is_named() -> None:
    shop = Shop.holding(4)
    shop.sales[1]["date_utc"] = "yesterday"
    shop.sales[3] = {"ID": "1"}
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.PARTIAL, 2, 2)
    paths = [path for path, _ in result.broken]
    assert paths[0] == "page 1: sales.1.date_utc"
    assert "page 2: sales.0.key" in paths
    assert "2 sales" in result.problem


async def test_a_key_without_the_right_reads_nothing_rather_than_an_empty_shop() -> None:
    shop = Shop.holding(5)
    shop.allowed = False
    with pytest.raises(NotAuthorized) as caught:
        await shop.whole_read()
    assert "shop_accountant" in caught.value.advice
    assert (shop.asked, shop.read) == (0, [])


@pytest.mark.parametrize("moment", [1, 2, 3, 4, 5])
async def test_a_right_lost_on_the_way_is_a_failed_read(moment: int) -> None:
    shop = Shop.holding(6)

    def lose(shop: Shop) -> None:
        shop.allowed = False

    shop.events[moment] = lose
    result = await shop.whole_read()
    assert result.completeness is Completeness.FAILED
    assert "right" in result.problem


async def test_rows_after_an_empty_page_mean_that_the_end_was_none() -> None:
    shop = Shop.holding(9)

    def answer(request: httpx.Request) -> Answer:
        form = httpx.QueryParams(request.content.decode())
        hollow = form["edd-api"] == "v2/sales" and form["page"] == "2"
        return reply({"request_speed": 0.1}) if hollow else shop.answer(request)

    async with edd(Script(answer), page_size=3, parallel=4) as service:
        result = await service.read_sales(shop.sink)
    assert result.completeness is Completeness.PARTIAL


async def test_a_shop_that_fails_half_way_fails_the_read() -> None:
    shop = Shop.holding(9)

    def answer(request: httpx.Request) -> Answer:
        form = httpx.QueryParams(request.content.decode())
        return reply({}, 500) if form.get("page") == "3" else shop.answer(request)

    with pytest.raises(ConnectionFailed):
        await edd(Script(answer)).read_sales(shop.sink)


@given(
    st.integers(0, 12),
    st.dictionaries(st.integers(1, 30), st.sampled_from(["sell", "refund", "complete", "edit"]), max_size=6),
    st.integers(0, 30),
    st.integers(1, 3),
)
def test_a_complete_read_holds_every_order_that_was_there_throughout(
    count: int, events: dict[int, str], spot: int, parallel: int
) -> None:
    async def run() -> None:
        shop = Shop.holding(count)
        always = {str(row["ID"]) for row in shop.sales}

        def happen(kind: str) -> Callable[[Shop], None]:
            def event(shop: Shop) -> None:
                place = spot % (len(shop.sales) or 1)
                if kind == "sell":
                    shop.sell(1000 + shop.asked)
                elif kind == "complete":
                    shop.sell(2000 + shop.asked, place=place)
                elif shop.sales and kind == "refund":
                    always.discard(str(shop.sales.pop(place)["ID"]))
                elif shop.sales:
                    shop.sales[place]["email"] = f"{shop.asked}@x.example"

            return event

        shop.events = {asked: happen(kind) for asked, kind in events.items()}
        result = await shop.whole_read(parallel=parallel)
        assert result.passes <= 5
        if result.completeness is Completeness.COMPLETE:
            last = shop.numbers(result.passes)
            assert len(last) == len(set(last)) == result.orders
            assert always <= {str(number) for number in last}

    asyncio.run(run())
