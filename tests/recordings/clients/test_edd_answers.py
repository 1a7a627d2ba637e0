"""The shop's own answers, through the shop's client: what each of them must become."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bema_tui.errors import BadAnswer, BemaError, ConnectionFailed, NotAuthorized, RequestRefused
from bema_tui.providers.edd.lookups import By, SaleAnswer, SaleQuery
from tests.providers.helpers import Script, edd
from tests.recordings.clients.recordings import EDD
from tests.recordings.clients.recordings import edd as recorded

# Name → number (ID), status, mode, total, and per item: product id and price.
Lines = list[tuple[str, str]]
SALES: dict[str, tuple[str, str, str, str, Lines]] = {
    "sale_abandoned": ("36", "abandoned", "live", "14.50", [("12", "14.50")]),
    "sale_bundle": ("1", "complete", "live", "22.50", [("14", "22.50")]),
    "sale_failed": ("122", "failed", "live", "12.96", [("10", "12.96")]),
    "sale_fee": ("317", "complete", "live", "14.50", [("10", "12")]),
    "sale_fee_item": ("323", "complete", "live", "29.15", [("10", "13.36"), ("11", "10.79")]),
    "sale_free": ("132", "complete", "live", "0", [("10", "0"), ("11", "0")]),
    "sale_gone": ("21", "complete", "live", "1.50", [("15", "1.50")]),
    "sale_guest": ("2", "complete", "live", "9.99", [("11", "9.99")]),
    "sale_multi_item": (
        "121",
        "complete",
        "live",
        "63.49",
        [("10", "23.27"), ("11", "9.68"), ("13", "8.73"), ("12", "7.76"), ("12", "14.05")],
    ),
    "sale_on_hold": ("56", "on_hold", "live", "18", [("12", "7.20"), ("10", "10.80")]),
    "sale_partial_part_of_item": ("136", "partially_refunded", "live", "21.99", [("11", "9.99"), ("10", "12")]),
    "sale_partial_whole_item": ("8", "partially_refunded", "live", "21.99", [("11", "9.99"), ("10", "12")]),
    "sale_pending": ("12", "pending", "live", "27.89", [("10", "10.80"), ("11", "8.99"), ("13", "8.10")]),
    "sale_processing": ("251", "processing", "live", "12", [("10", "12")]),
    "sale_quantity": ("3", "complete", "live", "21", [("10", "12"), ("13", "9")]),
    "sale_refunded": ("35", "refunded", "live", "20", [("12", "8"), ("10", "12")]),
    "sale_renamed_before": ("2", "complete", "live", "9.99", [("11", "9.99")]),
    "sale_revoked": ("30", "revoked", "live", "9.99", [("11", "9.99")]),
    "sale_tax": ("6", "complete", "live", "10.79", [("11", "10.79")]),
    "sale_test_mode": ("170", "complete", "test", "21.99", [("10", "12"), ("11", "9.99")]),
    "sale_trash": ("68", "trash", "live", "9.99", [("11", "9.99")]),
    "sale_variable": ("17", "complete", "live", "14.50", [("12", "14.50")]),
    "exp_real_checkout": ("854", "complete", "live", "24.49", [("11", "9.99"), ("12", "14.50")]),
    "filter_id": ("5", "complete", "live", "19.98", [("11", "19.98")]),
    "filter_purchasekey": ("852", "complete", "live", "12", [("10", "12")]),
    "way_post_body": ("852", "complete", "live", "12", [("10", "12")]),
}
NOTHING = [
    "filter_id_unknown",
    "filter_id_unknown_v1",
    "filter_purchasekey_unknown",
    "filter_purchasekey_unknown_v1",
    "page_page_8",
    "sale_refund_row",
    "viewer_sales",
]
OLD_VERSION = [
    "filter_id_v1",
    "sale_fee_v1",
    "sale_gone_v1",
    "sale_multi_item_v1",
    "sale_partial_whole_item_v1",
    "sale_pending_v1",
    "sale_refund_row_v1",
    "sale_variable_v1",
    "way_query_v1",
]
FAILURES: dict[str, type[BemaError]] = {
    "err_bad_endpoint": RequestRefused,
    "err_bad_key": NotAuthorized,
    "err_bad_token": NotAuthorized,
    "err_bad_version": RequestRefused,
    "err_empty_endpoint": BadAnswer,
    "err_format_unknown": BadAnswer,
    "err_format_xml": BadAnswer,
    "err_key_only": NotAuthorized,
    "err_no_credentials": NotAuthorized,
    "err_token_of_other_user": NotAuthorized,
    "err_token_only": NotAuthorized,
    "err_uppercase_key": NotAuthorized,
    "err_v3": RequestRefused,
    "page_number_abc": ConnectionFailed,
    "products_bad_token": NotAuthorized,
    "way_post_get_conflict": BadAnswer,  # WordPress itself wrote it, not EDD
}
PRODUCTS = ["products", "products_deleted", "products_one", "products_past_end", "products_unknown"]
CUSTOMERS = ["customers", "customers_past_end", "customers_unknown_email", "customers_unknown_id", "viewer_customers"]
CONNECTION = ["info", "viewer_info"]


def test_every_recorded_answer_is_played() -> None:
    played = [*SALES, *NOTHING, *OLD_VERSION, *FAILURES, *PRODUCTS, *CUSTOMERS, *CONNECTION]
    assert sorted(played) == sorted(EDD)


@pytest.mark.parametrize("name", SALES)
async def test_a_sale_keeps_every_field_that_the_rules_need(name: str) -> None:
    number, status, mode, total, lines = SALES[name]
    raw = EDD[name]["body"]["sales"][0]
    order = (await edd(Script([recorded(name)])).ask_for_sale(SaleQuery(By.ROW_ID, "1"))).order
    assert order is not None
    assert (order.number, order.status, order.mode, order.total) == (number, status, mode, Decimal(total))
    assert [(line.product_id, line.price) for line in order.items] == [(each, Decimal(price)) for each, price in lines]
    assert (order.key, order.email, order.email_key) == (raw["key"], raw["email"], raw["email"].lower())
    assert order.date_utc is not None
    assert f"{order.date_utc:%Y-%m-%d %H:%M:%S}" == raw["date_utc"]
    assert order.date_utc.tzinfo is not None
    assert not [line.name for line in order.items if "&#" in line.name]


@pytest.mark.parametrize("name", NOTHING)
async def test_no_sale_or_a_refunds_own_row_is_no_order(name: str) -> None:
    assert await edd(Script([recorded(name)])).ask_for_sale(SaleQuery(By.ROW_ID, "5")) == SaleAnswer()


@pytest.mark.parametrize("name", OLD_VERSION)
async def test_a_sale_in_the_old_versions_form_is_no_order_but_a_fault(name: str) -> None:
    shown = await edd(Script([recorded(name)])).ask_for_sale(SaleQuery(By.ROW_ID, "5"))
    assert shown.order is None
    assert shown.unreadable is not None
    assert shown.unreadable.place == "sales.0"
    assert shown.unreadable.path


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_is_called_by_its_name_and_says_what_to_do(name: str) -> None:
    said = EDD[name].get("body", {}).get("error", "")
    shop = edd(Script([recorded(name)]))
    for ask in (shop.has_right, shop.get_products, lambda: shop.ask_for_sale(SaleQuery(By.ROW_ID, "5"))):
        with pytest.raises(FAILURES[name]) as caught:
            await ask()
        assert said in caught.value.message
        assert caught.value.advice or isinstance(caught.value, RequestRefused)


async def test_an_empty_body_and_a_web_page_are_told_apart() -> None:
    with pytest.raises(BadAnswer, match="empty body") as caught:
        await edd(Script([recorded("err_format_unknown")])).get_products()
    assert "UTF-8" in caught.value.advice
    with pytest.raises(BadAnswer, match="a web page instead of JSON") as caught:
        await edd(Script([recorded("err_empty_endpoint")])).get_products()
    assert "cache" in caught.value.advice
    assert "UTF-8" not in caught.value.advice


async def test_the_right_to_see_sales_is_in_info_alone() -> None:
    shop = edd(Script([recorded("info")]))
    assert await shop.has_right()
    assert shop.currency == "USD"
    assert not await edd(Script([recorded("viewer_info")])).has_right()
    with pytest.raises(NotAuthorized, match="may not see sales"):
        await edd(Script([recorded("viewer_info")])).validate_connection()


async def test_products_with_and_without_categories() -> None:
    found = await edd(Script([recorded("products"), recorded("products_past_end")])).get_products()
    assert [product.id for product in found] == ["14", "13"]
    assert [product.title for product in found] == ["Complete Bundle", "Sticker Pack"]
    (one,) = await edd(Script([recorded("products_one"), recorded("products_past_end")])).get_products()
    assert (one.id, one.title) == ("12", 'Love & Gravity: Zoë’s "Live" Songs')
    assert [slug for slug, _ in one.categories if slug.endswith("-artist")] == ["zoe-nunez-artist"]
    for name in ("products_deleted", "products_unknown"):
        with pytest.raises(BadAnswer, match="not found"):
            await edd(Script([recorded(name)])).get_products()


async def test_customers_come_until_the_shop_says_that_there_are_none() -> None:
    script = Script([recorded("customers"), recorded("customers_past_end")])
    customers = [customer async for page in edd(script).get_subscribers() for customer in page.subscribers]
    assert [(customer.id, customer.email, customer.name) for customer in customers] == [
        ("500", "lukasz498@example.com", "Łukasz Kowalski"),
        ("499", "adebayo494@Example.COM", "Adébáyò Mensah"),
    ]
    for name in ("customers_unknown_email", "customers_unknown_id"):
        assert [page async for page in edd(Script([recorded(name)])).get_subscribers()] == []
    with pytest.raises(NotAuthorized):
        [page async for page in edd(Script([recorded("viewer_customers")])).get_subscribers()]
