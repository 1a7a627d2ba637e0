"""The shop: secrets in the body alone, "empty" told from "not allowed", and its odd answers called by their name."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest

from bema_tui.errors import (
    BadAnswer,
    BemaError,
    ConfigurationError,
    NotAuthorized,
    RequestRefused,
    UnsupportedOperation,
)
from bema_tui.interfaces import Provider
from bema_tui.model import Sample, SubscriberStatus
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.lookups import By, SaleAnswer, SaleQuery
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, TOKEN, Answer, Script, Time, cut, down, edd, page, reply
from tests.providers.rows import customer, info, item, product, sale

NOTHING = {"request_speed": 0.003}


def at(address: str, script: Script, in_url: bool) -> EasyDigitalDownloads:
    """A shop at ``address``, with key and token in the URL or not."""
    return EasyDigitalDownloads(
        address,
        Secret(KEY),
        Secret(TOKEN),
        interrupt=Time(),
        meter=NoMeter(),
        policy=HttpPolicy(max_body=4000),
        credentials_in_url=in_url,
        transport=script.transport,
    )


def test_it_is_a_provider_and_knows_its_address() -> None:
    shop = edd(Script([reply({})]))
    assert isinstance(shop, Provider)
    assert shop.shop_url == "https://shop.example/store"


@pytest.mark.parametrize(("key", "token"), [("", "t"), ("k", ""), ("k k", "t")])
def test_a_bad_key_or_token_is_refused_before_anything_is_sent(key: str, token: str) -> None:
    with pytest.raises(ConfigurationError):
        EasyDigitalDownloads("https://x.example", Secret(key), Secret(token), interrupt=NoInterrupt(), meter=NoMeter())


async def test_key_token_and_paging_travel_in_the_body_of_a_post() -> None:
    script = Script([reply(info()), reply(NOTHING)])
    await edd(script).validate_connection()
    for request in script.requests:
        assert request.method == "POST"
        assert request.url.path == "/store/"
        assert list(request.url.params) == ["nocache"]
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert "authorization" not in request.headers
    secrets = {"key": KEY, "token": TOKEN}
    look = {"edd-api": "v2/sales", "number": "3", "page": "1"}
    assert script.forms() == [{"edd-api": "v2/info", **secrets}, {**look, **secrets}]


async def test_an_address_that_ends_in_a_script_gets_no_slash() -> None:
    script = Script([reply(info()), reply(NOTHING)])
    shop = EasyDigitalDownloads(
        "http://localhost:8088/index.php",
        Secret("k"),
        Secret("t"),
        interrupt=NoInterrupt(),
        meter=NoMeter(),
        transport=script.transport,
    )
    assert (await shop.validate_connection()).identity == "http://localhost:8088/index.php"
    assert [request.url.path for request in script.requests] == ["/index.php"] * 2


async def test_the_connection_test_needs_the_right_to_see_sales() -> None:
    report = await edd(Script([reply(info()), reply(NOTHING)])).validate_connection()
    assert report.sample == Sample(0)
    with pytest.raises(NotAuthorized) as caught:
        await edd(Script([reply(info(allowed=False))])).validate_connection()
    assert "shop_accountant" in str(caught.value)
    no_rights: list[object] = [{"view_shop_reports": False}, [], None]
    for permissions in no_rights:
        assert not await edd(Script([reply({"info": {"permissions": permissions}})])).has_right()


def old(row: dict[str, object], **changes: object) -> dict[str, object]:
    """A sale as EDD before 3.1.0.4 gives it."""
    return {name: value for name, value in row.items() if name != "date_utc"} | changes


@pytest.mark.fault("D4")
@pytest.mark.parametrize(
    "rows",
    [
        [old(sale(9), status="publish")],
        [old(sale(9)), old(sale(8)), old(sale(7), status="publish")],
        [sale(9, status="publish")],
    ],
)
async def test_an_old_edd_is_told_by_its_sales_and_by_the_connection_test_as_by_a_read(
    rows: list[dict[str, object]],
) -> None:
    async def sink(*_: object) -> None:
        raise AssertionError("nothing is read")

    async def known(_: object) -> bool:
        return False

    asks: list[Callable[[EasyDigitalDownloads], Awaitable[object]]] = [
        lambda shop: shop.validate_connection(),
        lambda shop: shop.read_sales(sink),
        lambda shop: shop.read_newest_sales(known),
    ]
    for ask in asks:
        script = Script([reply(info()), reply({"sales": rows})])
        with pytest.raises(BadAnswer, match=r"This EDD is older than 3\.1\.0\.4 and can't be read") as caught:
            await ask(edd(script, parallel=1))
        assert "update" in caught.value.advice
        assert len(script.requests) == 2


async def test_one_odd_sale_makes_no_old_edd_and_is_named() -> None:
    rows = [old(sale(9)), sale(8), sale(7, email=None)]
    report = await edd(Script([reply(info()), reply({"sales": rows})])).validate_connection()
    assert report.sample is not None
    assert report.sample.rows == 3
    assert [row.path for row in report.sample.broken] == ["ID 9: date_utc", "ID 7: email"]


@pytest.mark.fault("D7")
async def test_a_cache_that_answers_another_question_is_called_one() -> None:
    with pytest.raises(BadAnswer, match=r"no sales, but the answer to another question \(info\)") as caught:
        await edd(Script([reply(info())])).validate_connection()
    assert "cache in front of the shop" in caught.value.advice
    with pytest.raises(BadAnswer, match=r"no info, but the answer to another question \(sales\)") as caught:
        await edd(Script([reply({"sales": [sale(1)]})])).validate_connection()
    assert "cache in front of the shop" in caught.value.advice


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, "You must specify both a token and API key!"), (403, "Invalid API key!")],
)
async def test_a_refused_key_says_what_to_check(status: int, error: str) -> None:
    with pytest.raises(NotAuthorized) as caught:
        await edd(Script([reply({"error": error}, status)])).validate_connection()
    assert error in caught.value.message
    assert "key and token" in caught.value.advice


@pytest.mark.parametrize(
    "answer",
    [
        page("<html>Shop</html>"),
        httpx.Response(200, content=b"", headers={"content-type": "text/html"}),
        httpx.Response(200, content=b"", headers={"content-type": "application/json"}),
        reply(["sales"]),
        reply(NOTHING),
        reply({"error": "Something new"}),
        page(status=404),
    ],
)
async def test_something_else_than_the_api_says_what_to_check(answer: Answer) -> None:
    with pytest.raises(BadAnswer) as caught:
        await edd(Script([answer])).validate_connection()
    for word in ("URL", "cache", "firewall"):
        assert word in caught.value.advice


# Where the shop lives, and what stands in front of it


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://shop.example", "/"),
        ("https://shop.example/", "/"),
        ("https://shop.example/music/store/", "/music/store/"),
        ("https://shop.example/index.php", "/index.php"),
        ("https://shop.example:8443/store", "/store/"),
    ],
)
@pytest.mark.parametrize("in_url", [False, True])
async def test_any_shop_is_asked_by_the_one_form_that_every_shop_answers(address: str, path: str, in_url: bool) -> None:
    """Plain permalinks, sub-folders, a default version of 1: the variable ``edd-api`` with ``v2/`` answers them all."""
    script = Script([reply({"sales": [sale(1)]})])
    shop = at(address, script, in_url)
    for _ in range(2):
        assert (await shop.ask_for_sale(SaleQuery(By.ROW_ID, "5"))).order
    for request in script.requests:
        asked = {**dict(request.url.params), **dict(httpx.QueryParams(request.content.decode()))}
        assert request.url.path == path
        assert asked.pop("nocache")
        assert asked == {"edd-api": "v2/sales", "id": "5", "key": KEY, "token": TOKEN}


@pytest.mark.parametrize("in_url", [False, True])
async def test_no_cache_can_answer_for_the_shop(in_url: bool) -> None:
    script = Script([reply(info())])
    shop = at("https://shop.example", script, in_url)
    for _ in range(5):
        await shop.has_right()
    assert len({str(request.url) for request in script.requests}) == 5
    assert {request.headers["cache-control"] for request in script.requests} == {"no-cache"}


async def test_key_and_token_are_in_the_address_only_where_the_operator_asked_for_it() -> None:
    in_body, in_url = Script([reply(info())]), Script([reply(info())])
    await at("https://shop.example", in_body, False).has_right()
    await at("https://shop.example", in_url, True).has_right()
    assert (in_body.requests[0].method, in_url.requests[0].method) == ("POST", "GET")
    for secret in ("key", "token"):
        assert secret not in in_body.requests[0].url.params
        assert secret in in_url.requests[0].url.params
    assert in_url.requests[0].content == b""


async def test_a_secret_in_the_address_reaches_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    moved = httpx.Response(301, headers={"location": f"https://www.shop.example/{KEY}?key={KEY}&token={TOKEN}"})
    large = httpx.Response(200, content=b"x" * 5000)
    for answer in (moved, page(KEY), large, cut(), down(), reply({"error": f"{KEY} {TOKEN}"}, 403)):
        with pytest.raises(BemaError) as caught:
            await at("https://shop.example", Script([answer]), True).has_right()
        said = f"{caught.value} {caught.value.as_dict()} {caught.value!r}"
        frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
        held = [frame.name for frame in frames if "/bema_tui/" in frame.filename and TOKEN in str(frame.locals)]
        assert not held
        for secret in (KEY, TOKEN, quote(KEY, safe="")):
            assert secret not in said
    for secret in (KEY, TOKEN, quote(KEY, safe="")):
        assert secret not in caplog.text


@pytest.mark.parametrize("in_url", [False, True])
async def test_a_redirect_names_the_address_to_set_and_nothing_follows_it(in_url: bool) -> None:
    to = "https://www.shop.example/store/"
    for status in (301, 302, 303, 307, 308):
        script = Script([httpx.Response(status, headers={"location": to}), reply(info())])
        with pytest.raises(BadAnswer) as caught:
            await at("https://shop.example/store", script, in_url).has_right()
        address = "https://www.shop.example/store"
        assert caught.value.advice.startswith(f"If that is right, set the URL to {address}.")
        assert f"bema-tui shop move {address}" in caught.value.advice
        assert len(script.requests) == 1


async def test_a_redirect_of_the_post_names_the_right_address() -> None:
    script = Script([httpx.Response(301, headers={"location": "https://www.shop.example/store/"})])
    with pytest.raises(BadAnswer, match=r"https://www\.shop\.example/store"):
        await edd(script).validate_connection()
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 404])
async def test_another_refusal_is_one(status: int) -> None:
    with pytest.raises(RequestRefused, match="Invalid"):
        await edd(Script([reply({"error": "Invalid query!"}, status)])).validate_connection()


# One order


async def test_an_order_is_found_by_its_key_with_every_field_as_the_rules_need_it() -> None:
    items = [
        item("12", "7.760000000", name="Love &#038; Gravity: Zo\u00eb\u2019s &#8220;Live&#8221; Songs \u2014 MP3"),
        item("12", "8", name="\x1b[31m&#8238;"),
        {"id": 10, "price": 0},
    ]
    row = sale(121, items, ID="BEMA-3-X", mode="test", status="partially_refunded", total="63.490000000")
    script = Script([reply({"sales": [row]})])
    order = (await edd(script).ask_for_sale(SaleQuery(By.KEY, f"{121:032x}"))).order
    assert order is not None
    assert (order.key, order.number, order.mode, order.status) == (
        f"{121:032x}",
        "BEMA-3-X",
        "test",
        "partially_refunded",
    )
    assert (order.email, order.email_key) == ("Buyer121+List@Example.com", "buyer121+list@example.com")
    assert order.date_utc == datetime(2025, 5, 29, 16, 56, 33, tzinfo=UTC)
    assert order.total == Decimal("63.49")
    assert [(line.product_id, line.price, line.name) for line in order.items] == [
        ("12", Decimal("7.76"), "Love & Gravity: Zoë’s “Live” Songs — MP3"),
        ("12", Decimal(8), "␛[31m‹202e›"),
        ("10", Decimal(0), ""),
    ]
    assert script.forms()[0]["purchasekey"] == f"{121:032x}"


async def test_an_order_is_found_by_row_id_which_is_not_its_number() -> None:
    script = Script([reply({"sales": [sale(2, ID="860")]})])
    order = (await edd(script).ask_for_sale(SaleQuery(By.ROW_ID, "2"))).order
    assert order is not None
    assert order.number == "860"
    assert script.forms()[0]["id"] == "2"


async def test_no_order_is_none() -> None:
    assert await edd(Script([reply(NOTHING)])).ask_for_sale(SaleQuery(By.KEY, "abc")) == SaleAnswer()
    assert await edd(Script([reply({"sales": [sale(1)]})])).ask_for_sale(SaleQuery(By.KEY, "another")) == SaleAnswer()


async def test_an_order_that_cannot_be_used_is_named() -> None:
    script = Script([reply({"sales": [sale(1, [item(price="12,00")])]})])
    shown = await edd(script).ask_for_sale(SaleQuery(By.ROW_ID, "1"))
    assert shown.order is None
    assert shown.unreadable is not None
    assert (shown.unreadable.place, shown.unreadable.path) == ("sales.0", "products.0.price")


# Products and customers


async def test_every_product_comes_with_its_categories() -> None:
    script = Script([reply({"products": [product(12), product(10, category=False)]}), reply({"products": []})])
    album, bare = await edd(script).get_products()
    assert (album.id, album.title) == ("12", 'Love & Gravity: Zoë’s "Live" Songs')
    assert album.categories == (("albums", "Albums"), ("zoe-nunez-artist", "Zoë Núñez & Co"))
    assert album.created is not None
    assert album.created.year == 2025
    assert bare.categories == ()
    assert [form["page"] for form in script.forms()] == ["1", "2"]


async def test_a_shop_that_repeats_its_products_for_ever_is_left() -> None:
    assert len(await edd(Script([reply({"products": [product(12)]})])).get_products()) == 1


@pytest.mark.fault("A1")
@pytest.mark.parametrize(
    ("bad", "number", "title"),
    [
        ({"info": {"id": 13, "title": ["x"]}}, "13", ""),
        ({"info": {"id": "x", "title": "Ink &amp; Water"}}, "", "Ink & Water"),
        ({"info": {"id": 13, "title": "Ink", "category": "albums"}}, "13", "Ink"),
        ({"info": None}, "", ""),
        (None, "", ""),
    ],
)
async def test_a_product_that_cannot_be_read_is_named_and_the_others_come(bad: object, number: str, title: str) -> None:
    pages = [reply({"products": [product(12), bad]})] * 2  # a shop that repeats its products, too
    listing = await edd(Script([*pages, reply({"products": []})])).get_products()
    assert [each.id for each in listing] == ["12"]
    assert [(row.id, row.name) for row in listing.hiding] == [(number, title)]
    assert listing.hiding[0].path.startswith("page 1: products.1")


async def test_products_that_are_none_fail() -> None:
    for body in (NOTHING, {"products": [{"info": {"title": "x"}}]}, {"products": "x"}):
        with pytest.raises(BadAnswer):
            await edd(Script([reply(body)])).get_products()


async def test_customers_come_as_subscribers_without_status_and_groups() -> None:
    broken = {"info": {"customer_id": "x", "email": "a@b.example"}}
    script = Script([reply({"customers": [customer(7), broken]}), reply({"error": "No customers found!", **NOTHING})])
    (only,) = [each async for each in edd(script).get_subscribers()]
    (found,) = only.subscribers
    assert (found.id, found.name, found.status, found.group_ids) == ("7", "Ольга", None, None)
    assert [row.path for row in only.broken] == ["page 1: customers.1.info.customer_id"]


async def test_a_key_that_may_not_see_customers_is_told_from_no_customers() -> None:
    with pytest.raises(NotAuthorized, match="customers"):
        [each async for each in edd(Script([reply(NOTHING)])).get_subscribers()]
    assert [each async for each in edd(Script([reply({"error": "No customers found!"})])).get_subscribers()] == []


async def test_what_the_shop_cannot_do_is_refused_and_sends_nothing() -> None:
    script = Script([reply({})])
    shop = edd(script)
    for call in (
        shop.update_subscriber("1", {}),
        shop.add_subscriber_to_group("1", "2"),
        shop.remove_subscriber_from_group("1", "2"),
        shop.get_groups(),
        shop.add_or_update_subscriber("a@b.example", {}),
    ):
        with pytest.raises(UnsupportedOperation):
            await call
    with pytest.raises(UnsupportedOperation):
        [each async for each in shop.get_subscribers(group_id="1")]
    with pytest.raises(UnsupportedOperation):
        [each async for each in shop.get_subscribers(status=SubscriberStatus.ACTIVE)]
    with pytest.raises(UnsupportedOperation):
        [each async for each in shop.get_subscribers(with_groups=True)]
    assert script.requests == []
