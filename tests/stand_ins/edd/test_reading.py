"""The client at a shop that answers to the letter of the contract: every row once, and nothing else for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized
from bema_tui.model import Completeness, Order
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.full_read import SalesRead
from bema_tui.providers.edd.lookups import By, SaleAnswer, SaleQuery
from tests.stand_ins.edd.conftest import Connect
from tests.stand_ins.edd.fronts import (
    BY_GET,
    REFUSED,
    SAYS_WHAT_TO_CHECK,
    TRIED_AGAIN,
    always,
    behind_post,
    by_address,
    by_endpoint,
    cache,
    on_sales,
)
from tests.stand_ins.edd.shop import KEY, LISTED, TOKEN, Asked, Shop, as_json

SMALL = {"page_size": 10, "parallel": 2}


def selling(count: int = 55, **settings: Any) -> Shop:
    shop = Shop(**settings)
    for at in range(count):
        shop.sell(f"Fan{at}+List@Example.com")
    return shop


async def read(client: EasyDigitalDownloads) -> tuple[SalesRead, list[Order]]:
    """What a read is worth, and the rows of its last pass."""
    passes: dict[int, list[Order]] = {}

    async def sink(rows: Sequence[Order], number: int) -> None:
        passes.setdefault(number, []).extend(rows)

    worth = await client.read_sales(sink)
    return worth, passes.get(worth.passes, [])


def keys_in(shop: Shop) -> list[str]:
    listed = [order for order in shop.orders if order.kind == "sale" and order.status in shop.listed]
    return [order.key for order in sorted(listed, key=lambda order: -order.row_id)]


async def expect_all(shop: Shop, client: EasyDigitalDownloads) -> SalesRead:
    worth, rows = await read(client)
    assert worth.completeness is Completeness.COMPLETE, worth.problem
    assert sorted(order.key for order in rows) == sorted(keys_in(shop))
    return worth


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        ({}, None),
        ({}, ""),
        ({}, "/index.php"),
        ({}, "/edd-api/"),
        ({}, "/edd-api/v2/sales"),
        ({"on_mariadb": False}, None),
        ({"pretty": False}, "/"),
        ({"pretty": False}, "/edd-api/v2/"),
        ({"default_version": "v1"}, None),
        ({"folder": "/music/shop"}, "/music/shop/"),
        ({"folder": "/shop"}, "/shop/edd-api/v2/"),
        ({"folder": "/edd-api-shop"}, "/edd-api-shop/"),
        ({"front": cache(by_address)}, None),
        ({"front": cache(by_endpoint, only="GET")}, None),
        ({"front": on_sales(lambda _, answer: type(answer)(200, b"\xef\xbb\xbf" + answer.body))}, None),
    ],
)
async def test_every_row_comes_once_and_key_and_token_in_the_body(
    settings: dict[str, Any], at: str | None, connect: Connect
) -> None:
    shop = selling(**settings)
    await expect_all(shop, connect(shop, at, **SMALL))
    for asked in shop.asked:
        assert asked.method == "POST"
        assert not asked.query.keys() & {"key", "token"}
        assert KEY not in asked.target
        assert (asked.form["key"], asked.form["token"]) == (KEY, TOKEN)


@pytest.mark.parametrize("on_mariadb", [True, False])
async def test_odd_rows_are_rows(on_mariadb: bool, connect: Connect) -> None:
    shop = Shop(on_mariadb=on_mariadb, listed=(*LISTED, "refunded", "processing"))
    shop.sell("MiXeD.Case@Example.COM", number="BEMA-3-X", status="partially_refunded")
    shop.sell("o'brien+list@example.com", items=[])
    shop.sell("a@example.com", items=[(12, 8, "A", "MP3", 1), (12, 14.5, "A", "FLAC", 1), (13, 9, "Pack", "", 3)])
    shop.sell("b@example.com", mode="test", status="revoked", number="2", price=0)
    fee = {"amount": "5.000000000", "label": "Signed", "no_tax": False, "type": "fee", "price_id": None}
    shop.sell("c@example.com", status="on_hold", fees=[{**fee, "download_id": "10", "id": "x"}])
    shop.sell("d@example.com", discounts={"TWOOFF": "2.000000000"}, status="processing")
    shop.refund(shop.sell("e@example.com"))
    _, rows = await read(connect(shop))
    by_email = {order.email_key: order for order in rows}
    assert list(by_email) == [order.email.lower() for order in reversed(shop.orders) if order.kind == "sale"]
    assert by_email["mixed.case@example.com"].email == "MiXeD.Case@Example.COM"
    assert by_email["mixed.case@example.com"].number == "BEMA-3-X"
    assert by_email["o'brien+list@example.com"].items == ()
    several = [(item.product_id, item.price) for item in by_email["a@example.com"].items]
    assert several == [("12", Decimal(8)), ("12", Decimal("14.5")), ("13", Decimal(9))]
    assert by_email["a@example.com"].items[0].name == "A — MP3"
    assert [by_email[f"{name}@example.com"].status for name in "bcde"] == [
        "revoked",
        "on_hold",
        "processing",
        "refunded",
    ]
    assert (by_email["b@example.com"].mode, by_email["b@example.com"].number) == ("test", "2")


async def test_no_more_than_four_pages_are_asked_for_at_once(connect: Connect) -> None:
    shop = selling(200, delay=lambda rows: 0.02)
    await expect_all(shop, connect(shop, page_size=10))
    assert shop.most_at_once == 4


# A shop that lives on while it is read


def once(page: int, event: Any) -> Any:
    """Let something happen in the shop right before it answers a page for the first time."""
    done: list[int] = []

    def before(asked: Asked) -> None:
        if asked.value("page") == str(page) and asked.endpoint == "sales" and not done:
            done.append(page)
            event()

    return before


@pytest.mark.parametrize("parallel", [1, 4])
async def test_no_row_is_lost_or_doubled_by_what_happens_between_two_pages(parallel: int, connect: Connect) -> None:
    shop = selling()
    pending = shop.orders[7]
    pending.status = "pending"

    def a_day() -> None:
        shop.sell("new@example.com")
        shop.refund(shop.orders[50])
        shop.refund(shop.orders[49], part=True)
        shop.orders[3].email = "changed@example.com"
        shop.orders[2].status = "trash"
        shop.orders.remove(shop.orders[1])
        pending.status = "complete"

    shop.before = once(3, a_day)
    worth = await expect_all(shop, connect(shop, page_size=10, parallel=parallel))
    # Of pages that are asked for at once the third may be answered first: then the day is over before the first pass.
    assert (3 if parallel == 1 else 2) <= worth.passes <= 4


async def test_new_sales_alone_make_no_further_pass(connect: Connect) -> None:
    shop = selling()
    shop.before = lambda asked: shop.sell("new@example.com") if asked.value("page") == "2" else None
    client = connect(shop, page_size=10, parallel=1)
    worth, rows = await read(client)
    assert (worth.completeness, worth.passes) == (Completeness.COMPLETE, 2)
    assert {order.key for order in rows} >= set(keys_in(shop)[2:])


async def test_a_list_that_never_rests_is_partial_after_five_readings(connect: Connect) -> None:
    shop = selling()
    shop.before = lambda asked: shop.refund(shop.orders[len(shop.asked) % 40]) if asked.endpoint == "sales" else None
    worth, _ = await read(connect(shop, **SMALL))
    assert (worth.completeness, worth.passes) == (Completeness.PARTIAL, 5)


async def test_a_key_that_loses_its_right_proves_nothing(connect: Connect) -> None:
    shop = selling()
    shop.before = once(3, lambda: setattr(shop, "role", "subscriber"))
    worth, _ = await read(connect(shop, page_size=10, parallel=1))
    assert worth.completeness is Completeness.FAILED
    with pytest.raises(NotAuthorized, match="may not see sales"):
        await read(connect(shop))
    revoked = selling()
    revoked.before = once(3, lambda: setattr(revoked, "token", "0" * 32))
    with pytest.raises(NotAuthorized, match="could not be authenticated"):
        await read(connect(revoked, page_size=10, parallel=1))


# What is no answer


@pytest.mark.fault("A9")
@pytest.mark.fault("A13")
@pytest.mark.parametrize("name", SAYS_WHAT_TO_CHECK)
async def test_what_is_no_answer_says_what_to_check(name: str, connect: Connect) -> None:
    front, words, what_to_do = SAYS_WHAT_TO_CHECK[name]
    shop = selling(front=front)
    with pytest.raises(BadAnswer) as caught:
        await read(connect(shop, parallel=1))
    assert words in caught.value.message
    assert what_to_do in caught.value.advice
    assert "wp-login" not in caught.value.advice
    assert KEY not in str(caught.value)
    assert TOKEN not in str(caught.value)
    sales = [asked for asked in shop.asked if asked.endpoint == "sales"]
    assert len(sales) <= (2 if name in TRIED_AGAIN else 1)


@pytest.mark.fault("A9")
async def test_a_shop_that_takes_no_post_is_read_by_the_setting_that_its_refusal_names(connect: Connect) -> None:
    front = behind_post(as_json(REFUSED, 403))
    with pytest.raises(BadAnswer, match="in front of the shop") as caught:
        await read(connect(selling(front=front)))
    assert BY_GET in caught.value.advice
    shop = selling(front=front)
    await expect_all(shop, connect(shop, credentials_in_url=True))
    refused = selling(front=always(as_json(REFUSED, 403)))
    with pytest.raises(BadAnswer, match="in front of the shop") as caught:
        await read(connect(refused, credentials_in_url=True))
    assert BY_GET not in caught.value.advice


async def test_a_cache_that_gives_one_page_for_all_ends_and_proves_nothing(connect: Connect) -> None:
    shop = selling(front=cache(by_endpoint))
    client = connect(shop, **SMALL)
    worth, _ = await read(client)
    assert worth.completeness is Completeness.PARTIAL
    assert "cache" in worth.problem

    async def news(_: Sequence[Order]) -> bool:
        return False

    window = await client.read_newest_sales(news)
    assert window.completeness is Completeness.PARTIAL
    assert "cache" in window.problem


async def test_what_is_too_much_for_the_shop_is_asked_for_in_smaller_pieces(connect: Connect) -> None:
    def crash(asked: Asked, answer: Any) -> Any:
        return answer if float(asked.form["number"]) <= 100 else as_json({"code": "internal_server_error"}, 500)

    shop = selling(250, front=on_sales(crash))
    await expect_all(shop, connect(shop, page_size=200))
    shop = selling(250, front=on_sales(lambda asked, answer: as_json({"code": "internal_server_error"}, 500)))
    with pytest.raises(ConnectionFailed, match="answered 500") as caught:
        await read(connect(shop, page_size=200))
    assert "edd.page_size" in caught.value.advice


# Single orders and products


async def test_an_order_is_looked_up_by_key_in_any_status_and_a_refund_is_no_order(connect: Connect) -> None:
    shop = selling(3)
    shop.refund(shop.orders[0])
    shop.orders[1].status = "trash"
    client = connect(shop)
    found = (await client.ask_for_sale(SaleQuery(By.KEY, shop.orders[0].key))).order
    assert found is not None
    assert found.status == "refunded"
    found = (await client.ask_for_sale(SaleQuery(By.ROW_ID, "2"))).order
    assert found is not None
    assert found.status == "trash"
    assert await client.ask_for_sale(SaleQuery(By.ROW_ID, "4")) == SaleAnswer()
    assert await client.ask_for_sale(SaleQuery(By.ROW_ID, "99")) == SaleAnswer()


async def test_products_come_whole_and_published_only(connect: Connect) -> None:
    shop = Shop()
    shop.album(10, "Elements &amp; Earth", ("ada-rivers-artist", "Ada &amp; Rivers"))
    shop.album(11, "Two", ("a-artist", "A"), ("b-artist", "B"))
    shop.album(12, "Poster")
    shop.album(13, "Not yet", ("a-artist", "A"), status="draft")
    for number in range(100, 230):
        shop.album(number, "Sticker")
    products = {product.id: product for product in await connect(shop).get_products()}
    assert len(products) == 133
    assert ("ada-rivers-artist", "Ada & Rivers") in products["10"].categories
    assert products["12"].categories == ()
    assert "13" not in products
    shop.front = lambda asked, _: as_json({"error": "Maintenance"})
    with pytest.raises(BadAnswer, match="Maintenance"):
        await connect(shop).get_products()


async def test_customers_come_with_any_kind_of_second_address(connect: Connect) -> None:
    shop = Shop(role="administrator")
    for at, more in enumerate((None, {"1": "x@example.com"}, ["y@example.com"])):
        info = {"customer_id": at or "7", "user_id": 0, "first_name": "A", "last_name": "", "email": "a@example.com"}
        shop.customers.append({"info": {**info, "additional_emails": more}, "stats": {"total_purchases": 4}})
    client = connect(shop)
    (page,) = [page async for page in client.get_subscribers()]
    assert (len(page.subscribers), page.broken) == (3, ())
    shop.role = "shop_accountant"
    with pytest.raises(NotAuthorized, match="customers"):
        [page async for page in client.get_subscribers()]
