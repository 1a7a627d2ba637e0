"""Reading a list of sales that shifts while it is read: no row lost, none doubled, and no false word about it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import ConnectionFailed, NotAuthorized
from bema_tui.model import Completeness
from tests.providers.edd.shifting_shop import ShiftingShop
from tests.providers.helpers import Answer, Script, edd, reply

TEXTS: tuple[object, ...] = ("", None, [], {}, "\x00", "x" * 300)
UNUSABLE: dict[str, tuple[object, ...]] = {
    "ID": TEXTS,
    "key": TEXTS,
    "mode": TEXTS,
    "status": TEXTS,
    "email": ("", None, 5, "ana.example.org", "an\x00a@example.org", "a@" + "b" * 400),
    "date_utc": ("", None, "2026-02-30 10:00:00", "29.05.2025", 1764547200, []),
    "products": ("", "none", 5, {"id": "10"}, [None], ["10"], [[]]),
    "products.0.price": ("", "12,50", "-", None, "NaN", "1e999", 10**40, "9" * 40, [], {}, True),
    "products.0.id": ("", None, "abc", -1, 1.5, "1" * 40, [], True),
}
"""Values that no sale can be used with."""


@pytest.mark.parametrize("parallel", [1, 2, 4, 7])
@pytest.mark.parametrize("count", [0, 1, 3, 8, 9])
async def test_a_quiet_shop_is_read_twice_and_whole(count: int, parallel: int) -> None:
    shop = ShiftingShop.holding(count)
    result = await shop.whole_read(parallel=parallel)
    assert (result.completeness, result.orders, result.passes) == (Completeness.COMPLETE, count, 2)
    assert (result.unreadable, result.problem) == ((), "")
    assert result.newest_key == (f"{count:032x}" if count else None)
    assert result.pages == shop.asked
    assert shop.numbers(1) == shop.numbers(2) == list(range(count, 0, -1))


async def test_a_sale_between_two_pages_doubles_no_row_and_needs_no_third_pass() -> None:
    shop = ShiftingShop.holding(6)
    shop.events[2] = lambda shop: shop.sell(7)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 2, 7)
    assert shop.numbers(1) == [6, 5, 4, 3, 2, 1]
    assert shop.numbers(2) == [7, 6, 5, 4, 3, 2, 1]
    assert result.newest_key == f"{6:032x}"


async def test_a_refund_between_two_pages_loses_a_row_that_the_next_pass_finds() -> None:
    shop = ShiftingShop.holding(6)
    shop.events[2] = lambda shop: shop.refund(5)
    result = await shop.whole_read()
    assert shop.numbers(1) == [6, 5, 4, 2, 1]  # 3 slipped by unseen
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 5)
    assert shop.numbers(3) == [6, 4, 3, 2, 1]


async def test_a_refund_of_the_newest_sale_is_noticed() -> None:
    shop = ShiftingShop.holding(6)
    shop.events[4] = lambda shop: shop.refund(6)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 5)


async def test_a_late_completion_of_an_old_order_is_a_change() -> None:
    shop = ShiftingShop.holding(6)
    shop.events[4] = lambda shop: shop.sell(99, place=4)
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 3, 7)


@pytest.mark.fault("D2")
@pytest.mark.parametrize("parallel", [1, 4])
async def test_rows_that_share_a_key_are_orders_each(parallel: int) -> None:
    shop = ShiftingShop.holding(6)
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
    shop = ShiftingShop.holding(3)
    shop.events[3] = lambda shop: shop.sales[1].update(change)
    result = await shop.whole_read()
    assert (result.completeness, result.passes) == (Completeness.COMPLETE, 3)


async def test_a_list_that_never_rests_is_partial_after_five_passes() -> None:
    shop = ShiftingShop.holding(6)
    shop.events = {asked: lambda shop: shop.sales[-1].update(email=f"{shop.asked}@x.example") for asked in range(1, 99)}
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.PARTIAL, 5, 6)
    assert "changed" in result.problem


@pytest.mark.fault("A1")
async def test_rows_that_can_not_be_used_are_named_and_the_others_read() -> None:
    shop = ShiftingShop.holding(7)
    shop.sales[1]["date_utc"] = "yesterday"
    shop.sales[2]["email"] = None
    shop.sales[3] = {"ID": "1", "email": "Ana@example.org\t"}
    shop.sales[5] = 17  # type: ignore[call-overload]
    result = await shop.whole_read()
    assert (result.completeness, result.passes, result.orders) == (Completeness.COMPLETE, 2, 3)
    assert shop.numbers(2) == [7, 3, 1]
    dated, nobodys, bare, no_row = result.unreadable
    assert (dated.number, dated.place, dated.path, dated.problem) == (
        "6",
        "page 1: sales.1",
        "date_utc",
        "date_utc: 'yesterday' is not a time",
    )
    assert (nobodys.number, nobodys.key, nobodys.email_key, nobodys.path) == ("5", f"{5:032x}", "", "email")
    assert (bare.number, bare.key, bare.email_key, bare.place) == ("1", "", "ana@example.org", "page 2: sales.0")
    assert (no_row.number, no_row.email_key, no_row.place) == ("", "", "page 2: sales.2")


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in UNUSABLE.items() for value in values])
async def test_every_field_that_the_rules_rest_on_must_be_one(path: str, value: object) -> None:
    shop = ShiftingShop.holding(3)
    row: Any = shop.sales[1]
    *parents, name = path.split(".")
    for part in parents:
        row = row[int(part)] if part.isdigit() else row[part]
    row[name] = value
    result = await shop.whole_read()
    assert (result.completeness, result.orders) == (Completeness.COMPLETE, 2)
    (unreadable,) = result.unreadable
    assert unreadable.path.startswith(path)
    assert path in unreadable.problem


@pytest.mark.fault("A1", "D3")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ana@example.org\t"),
        ("email", "\u200eana@example.org"),
        ("total", "12,50"),
        ("date_utc", "0000-00-00 00:00:00"),
        ("products", None),
        ("fees", "none"),
    ],
)
async def test_what_the_rules_do_not_need_and_what_is_invisible_breaks_no_row(field: str, value: object) -> None:
    shop = ShiftingShop.holding(3)
    shop.sales[1][field] = value
    result = await shop.whole_read()
    assert (result.orders, result.unreadable) == (3, ())


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("rows", "bad", "passes"), [(40, 20, 2), (40, 21, 1), (2500, 25, 2), (2500, 26, 1)])
async def test_more_unreadable_rows_than_accidents_explain_end_the_read_at_once(
    rows: int, bad: int, passes: int
) -> None:
    shop = ShiftingShop.holding(rows)
    for row in shop.sales[:bad]:
        row["key"] = ""
    result = await shop.whole_read(page_size=250)
    whole = Completeness.COMPLETE if passes == 2 else Completeness.PARTIAL
    assert (result.completeness, result.passes, len(result.unreadable)) == (whole, passes, bad)
    assert (f"{bad} of {rows:,} sales" in result.problem) is (passes == 1)


async def test_a_key_without_the_right_reads_nothing_rather_than_an_empty_shop() -> None:
    shop = ShiftingShop.holding(5)
    shop.allowed = False
    with pytest.raises(NotAuthorized) as caught:
        await shop.whole_read()
    assert "shop_accountant" in caught.value.advice
    assert (shop.asked, shop.read) == (0, [])


@pytest.mark.parametrize("moment", [1, 2, 3, 4, 5])
async def test_a_right_lost_on_the_way_is_a_failed_read(moment: int) -> None:
    shop = ShiftingShop.holding(6)

    def lose(shop: ShiftingShop) -> None:
        shop.allowed = False

    shop.events[moment] = lose
    result = await shop.whole_read()
    assert result.completeness is Completeness.FAILED
    assert "right" in result.problem


async def test_rows_after_an_empty_page_mean_that_the_end_was_none() -> None:
    shop = ShiftingShop.holding(9)

    def answer(request: httpx.Request) -> Answer:
        form = httpx.QueryParams(request.content.decode())
        hollow = form["edd-api"] == "v2/sales" and form["page"] == "2"
        return reply({"request_speed": 0.1}) if hollow else shop.answer(request)

    async with edd(Script(answer), page_size=3, parallel=4) as service:
        result = await service.read_sales(shop.sink)
    assert result.completeness is Completeness.PARTIAL


async def test_a_shop_that_fails_half_way_fails_the_read() -> None:
    shop = ShiftingShop.holding(9)

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
    st.booleans(),
)
def test_a_complete_read_holds_every_order_that_was_there_throughout(
    count: int, events: dict[int, str], spot: int, parallel: int, one_key: bool
) -> None:
    async def run() -> None:
        shop = ShiftingShop.holding(count, one_key=one_key)
        always = shop.all_numbers()
        shop.let_happen(events, spot)
        result = await shop.whole_read(parallel=parallel)
        assert result.passes <= 5
        if result.completeness is Completeness.COMPLETE:
            last = shop.numbers(result.passes)
            assert len(last) == len(set(last)) == result.orders
            assert always - shop.taken_away <= set(last)

    asyncio.run(run())
