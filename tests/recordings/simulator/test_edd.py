"""The simulated shop's answers have the shape of the recorded ones: keys, types, status and headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from bema_tui.simulator.world.records import Order
from tests.recordings.simulator import edd_shapes as shapes
from tests.recordings.simulator.served import Served
from tests.recordings.simulator.shapes import differences

JSON, UTF8_JSON, HTML = "application/json", "application/json; charset=UTF-8", "text/html; charset=UTF-8"


@attrs.frozen
class Case:
    """Recordings of one form, by name, and the request that must be answered in it. `shape` None: not JSON."""

    recordings: str
    target: str | Callable[[Served], str]
    shape: Any
    status: int = 200
    content_type: str = JSON
    method: str = "GET"
    body: str | None = None
    role: str = "manager"
    default_version: str = "v2"
    uncached: bool = False
    """Whether a good answer forbids to be kept."""


def ask(served: Served, case: Case) -> httpx.Response:
    """The request of a recording: keys in the address, as far as the recording had them there."""
    at = served.client.endpoints
    target = case.target if isinstance(case.target, str) else case.target(served)
    keys = {"KEY": at.edd_key, "TOKEN": at.edd_token}
    for name, value in keys.items():
        target = target.replace(name, value)
    body = case.body
    for name, value in keys.items():
        body = None if body is None else body.replace(name, value)
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    served.client.control("set", {"edd_role": case.role, "default_version": case.default_version})
    return served.client.http.request(
        case.method, at.edd_url.rstrip("/") + target, content=body, headers=headers if body else {"Accept": JSON}
    )


def v2(endpoint: str, query: str = "") -> str:
    return f"/edd-api/v2/{endpoint}/?key=KEY&token=TOKEN{query}"


def v1(endpoint: str, query: str = "") -> str:
    return v2(endpoint, query).replace("/v2/", "/v1/")


def one(fits: Callable[[Served, Order], bool], make: Callable[[str, str], str] = v2) -> Callable[[Served], str]:
    """The request for one order that fits."""

    def target(served: Served) -> str:
        found = next(order for order in served.world.orders.values() if order.refund_of is None and fits(served, order))
        return make("sales", f"&id={found.row_id}")

    return target


def state(status: str) -> Callable[[Served], str]:
    """The request for an order in a status; where there is none, one gets it."""

    def target(served: Served) -> str:
        orders = [order for order in served.world.orders.values() if order.refund_of is None]
        found = next((order for order in orders if order.status == status), orders[-1])
        served.client.control("change", {"order_status": {"key": found.key, "status": status}})
        return v2("sales", f"&id={found.row_id}")

    return target


def in_status(status: str) -> Callable[[Served, Order], bool]:
    return lambda _, order: order.status == status


def refund_row(make: Callable[[str, str], str]) -> Callable[[Served], str]:
    return lambda served: make(
        "sales", f"&id={next(row_id for row_id, order in served.world.orders.items() if order.refund_of is not None)}"
    )


def by_email(change: Callable[[str], str], holds: str = "@") -> Callable[[Served], str]:
    def target(served: Served) -> str:
        listed = (order.email for order in served.world.orders.values() if order.row_id in served.world.listed)
        plain = next(email for email in listed if email.islower() and holds in email and "'" not in email)
        return v2("sales", f"&email={change(plain)}")

    return target


def customer_with_second_address(served: Served) -> str:
    return str(next(c.second_email for c in served.world.customers.values() if c.second_email is not None))


def customer(change: Callable[[str], str], holds: str) -> Callable[[Served], str]:
    def target(served: Served) -> str:
        emails = (each.email for each in served.world.customers.values())
        found = next(email for email in emails if holds in email and "'" not in email)
        return v2("customers", f"&customer={change(found)}")

    return target


def fee_of(form: str) -> Callable[[Served, Order], bool]:
    """Whether an order's fee is for the whole of it (``null``) or for one product."""
    return lambda _, order: bool(order.fees) and (order.fees[0]["download_id"] is None) == (form == "null")


def withdrawn(served: Served, order: Order) -> bool:
    return any(item.product_id not in served.world.products for item in order.items)


IGNORED = (
    ("customer", "customer=3"),
    ("date_range", "date=range&startdate=20250301&enddate=20250305"),
    ("date_today", "date=today"),
    ("mode", "mode=live"),
    ("order_asc", "order=ASC&orderby=id"),
    ("product", "product=11"),
    ("product_name", "product=No+Better+Love"),
    ("status_any", "status=any"),
    ("status_complete", "status=complete"),
    ("status_pending", "status=pending"),
    ("status_refunded", "status=refunded"),
)
SALES, NOTHING = shapes.sales(), shapes.NOTHING

CASES = [
    # Sales: pages
    Case("page_number_absent", v2("sales"), SALES),
    *(Case(f"page_number_{n}", v2("sales", f"&number={n}"), SALES) for n in ("1", "100", "1e2", "-1", "-5", "2.7")),
    *(
        Case(f"page_page_{n}", v2("sales", f"&number=20&page={n}"), SALES)
        for n in ("0", "abc", "1", "-1", "-2", "2", "2.9", "7")
    ),
    *(Case(f"page_page_{n}", v2("sales", f"&number=100&page={n}"), NOTHING) for n in ("8", "9999", "99999999999")),
    Case("page_offset_param", v2("sales", "&number=3&offset=3"), SALES),
    Case("page_paged_param", v2("sales", "&number=3&paged=2"), SALES, uncached=True),
    Case("page_number_abc", v2("sales", "&number=abc"), shapes.CRASH, status=500, content_type=UTF8_JSON),
    Case("page_v1_number_minus1 page_v1_page7", v1("sales", "&number=-1"), shapes.sales(shapes.SALE_V1)),
    Case("page_v1_past_end", v1("sales", "&number=100&page=9"), NOTHING),
    # Sales: filters
    *(Case(f"filter_{name}_ignored", v2("sales", f"&number=5&{query}"), SALES) for name, query in IGNORED),
    Case("filter_email", by_email(str), SALES),
    Case("filter_email_plus_encoded", by_email(lambda mail: mail.replace("+", "%2B"), "+"), SALES),
    Case("filter_email_other_case", by_email(str.upper), SALES),
    Case("filter_email_unknown", v2("sales", "&email=nobody%40example.com"), NOTHING),
    Case("filter_email_wildcard", v2("sales", "&email=%25%40example.com"), NOTHING),
    Case("filter_email_empty", v2("sales", "&email=&number=3"), NOTHING),
    Case("filter_email_plus_raw", v2("sales", "&email=a193+music@example.com"), NOTHING),
    Case("filter_email_apostrophe", v2("sales", "&email=o%27li297%40example.com"), NOTHING),
    Case("filter_email_secondary", lambda d: v2("sales", f"&email={customer_with_second_address(d)}"), NOTHING),
    Case("filter_id", v2("sales", "&id=5"), SALES),
    Case("filter_id_and_email", v2("sales", "&id=5&email=nobody%40example.com"), SALES),
    Case("filter_id_array", v2("sales", "&id[]=5&id[]=6"), NOTHING),
    *(
        Case(f"filter_id_{name}", v2("sales", f"&id={text}"), NOTHING)
        for name, text in (("list", "5%2C6"), ("prefix_number", "5abc"), ("text", "abc"))
    ),
    Case("filter_id_unknown", v2("sales", "&id=999999"), NOTHING),
    Case("filter_id_v1", v1("sales", "&id=5"), shapes.sales(shapes.SALE_V1)),
    Case("filter_id_unknown_v1", v1("sales", "&id=999999"), shapes.sales(shapes.PHANTOM_V1)),
    Case("filter_purchasekey", lambda d: v2("sales", f"&purchasekey={next(iter(d.world.order_by_key))}"), SALES),
    Case("filter_purchasekey_unknown", v2("sales", "&purchasekey=nope"), NOTHING),
    Case("filter_purchasekey_unknown_v1", v1("sales", "&purchasekey=nope"), NOTHING),
    # Sales: kinds
    *(
        Case(names, state(status), SALES)
        for names, status in (
            ("sale_renamed_before", "complete"),
            ("sale_partial_whole_item sale_partial_part_of_item sale_refund_row_parent", "partially_refunded"),
            ("sale_on_hold", "on_hold"),
            ("sale_revoked", "revoked"),
            ("sale_refunded", "refunded"),
        )
    ),
    *(
        Case(f"sale_{status}", one(in_status(status)), shapes.sales(shapes.UNPAID))
        for status in ("pending", "failed", "abandoned", "processing", "trash")
    ),
    Case("sale_registered", one(lambda _, o: o.user_id > 0), shapes.sales({**shapes.SALE, "user_id": "digits"})),
    Case("sale_guest", one(lambda _, o: o.user_id == 0), SALES),
    Case("sale_tax", one(lambda _, o: o.tax > 0), SALES),
    Case("sale_quantity", one(lambda _, o: any(item.quantity > 1 for item in o.items)), SALES),
    Case("sale_backdated", lambda d: v2("sales", f"&id={max(d.world.listed.newest(None))}"), SALES),
    *(
        Case(name, one(fee_of(form)), shapes.sales({**shapes.SALE, "fees": [{**shapes.FEE, "download_id": form}]}))
        for name, form in (("sale_fee", "null"), ("sale_fee_item", "digits"))
    ),
    Case("sale_fee_v1", one(lambda _, o: bool(o.fees), v1), shapes.sales(shapes.SALE_V1)),
    Case(
        "sale_discount_percent",
        one(lambda _, o: bool(o.discounts)),
        shapes.sales({**shapes.SALE, "discounts": {"*": "money"}}),
    ),
    Case("sale_free", one(lambda _, o: o.total == 0), SALES),
    Case("sale_gone", one(withdrawn), SALES),
    Case("sale_gone_v1", one(withdrawn, v1), shapes.sales(shapes.SALE_V1)),
    Case("sale_test_mode", one(lambda _, o: o.mode == "test"), SALES),
    Case("sale_multi_item", one(lambda _, o: len(o.items) > 1), SALES),
    Case("sale_multi_item_v1", one(lambda _, o: len(o.items) > 1, v1), shapes.sales(shapes.SALE_V1)),
    Case("sale_variable", one(lambda _, o: bool(o.items[0].price_name)), SALES),
    Case("sale_variable_v1", one(lambda _, o: bool(o.items[0].price_name), v1), shapes.sales(shapes.SALE_V1)),
    Case("sale_bundle", one(lambda _, o: o.items[0].product_id == 98), SALES),
    Case(
        "sale_pending_v1",
        one(lambda _, o: o.status == "pending", v1),
        shapes.sales({**shapes.SALE_V1, "transaction_id": "int"}),
    ),
    Case(
        "sale_partial_whole_item_v1",
        one(lambda _, o: o.status == "partially_refunded", v1),
        shapes.sales(shapes.SALE_V1),
    ),
    Case("sale_refund_row", refund_row(v2), shapes.sales(shapes.REFUND_ROW)),
    Case("sale_refund_row_v1", refund_row(v1), shapes.sales(shapes.REFUND_ROW_V1)),
    # Ways to ask
    Case("way_pretty_v2", v2("sales", "&number=2"), SALES),
    Case("way_pretty_v2_no_slash", v2("sales", "&number=2").replace("sales/", "sales"), SALES),
    Case("way_pretty_default_version", v2("sales", "&number=2").replace("v2/", ""), SALES),
    Case("way_query_v2", "/?edd-api=v2%2Fsales&key=KEY&token=TOKEN&number=2", SALES),
    Case("way_query_default_version", "/?edd-api=sales&key=KEY&token=TOKEN&number=2&format=json", SALES),
    Case("way_query_v1", "/?edd-api=v1%2Fsales&key=KEY&token=TOKEN&number=2", shapes.sales(shapes.SALE_V1)),
    Case(
        "exp_default_version_missing",
        "/?edd-api=sales&key=KEY&token=TOKEN",
        shapes.sales(shapes.SALE_V1),
        default_version="v1",
    ),
    Case("way_index_php", "/index.php?edd-api=sales&key=KEY&token=TOKEN&number=2&format=json", SALES),
    Case("way_post_body", "/", SALES, method="POST", body="edd-api=v2%2Fsales&key=KEY&token=TOKEN&number=2"),
    Case(
        "way_post_body_creds_only",
        "/edd-api/v2/sales/?number=2&page=2",
        SALES,
        method="POST",
        body="key=KEY&token=TOKEN",
    ),
    Case(
        "way_post_get_conflict",
        "/?edd-api=v2/sales&number=2",
        shapes.CONFLICT,
        status=400,
        content_type=UTF8_JSON,
        method="POST",
        body="key=KEY&token=TOKEN&number=3",
    ),
    Case("way_head", v2("sales", "&number=2"), None, method="HEAD"),
    Case("way_basic_auth_header", "/edd-api/v2/sales/?number=2", shapes.ERROR, status=401),
    # Errors
    *(
        Case(f"err_{name}", f"/edd-api/v2/sales/?{query}", shapes.ERROR, status=401)
        for name, query in (("no_credentials", ""), ("key_only", "key=KEY"), ("token_only", "token=TOKEN"))
    ),
    Case("err_no_credentials_xml", "/edd-api/v2/sales/?format=xml", None, status=401, content_type=HTML),
    Case("err_bad_key", v2("sales").replace("KEY", "0" * 32), shapes.ERROR, status=403),
    Case("err_bad_token err_token_of_other_user", v2("sales").replace("TOKEN", "0" * 32), shapes.ERROR, status=403),
    Case(
        "err_uppercase_key",
        lambda d: v2("sales").replace("KEY", d.client.endpoints.edd_key.upper()),
        shapes.ERROR,
        status=403,
    ),
    Case("err_bad_endpoint", v2("orders"), shapes.ERROR, status=400),
    Case("err_bad_endpoint_logs", v2("logs"), shapes.ERROR, status=400),
    Case("err_bad_endpoint_no_credentials", "/edd-api/v2/orders/", shapes.ERROR, status=400),
    Case("err_bad_version", v2("sales").replace("v2", "v9"), shapes.ERROR, status=404),
    Case("err_v3", v2("sales").replace("v2", "v3"), shapes.ERROR, status=404),
    Case("err_empty_endpoint", "/edd-api/?key=KEY&token=TOKEN", None, content_type=HTML),
    Case("err_format_unknown", v2("sales", "&number=1&format=yaml"), None, content_type=HTML),
    Case("err_format_xml", v2("sales", "&number=1&format=xml"), None, content_type=HTML),
    # Rights
    Case("info", v2("info"), shapes.INFO),
    Case("viewer_info", v2("info"), shapes.SHORT_INFO, role="viewer"),
    *(
        Case(f"viewer_{endpoint}", v2(endpoint), NOTHING, role="viewer")
        for endpoint in ("sales", "customers", "stats", "discounts")
    ),
    Case("viewer_products", v2("products", "&product=100"), shapes.products(), role="viewer"),
    # Customers
    *(
        Case(f"customers{name}", v2("customers", query), shapes.customers())
        for name, query in (
            ("", ""),
            ("_not_an_id", "&customer=abc&number=2"),
            ("_by_email_apostrophe", "&customer=o%27li297%40example.com&number=2"),
            ("_by_email_param", "&email=nobody%40example.com&number=2"),
            ("_number_0", "&number=0"),
            ("_number_1000", "&number=1000"),
            ("_number_minus1", "&number=-1"),
        )
    ),
    Case("customers_by_id", v2("customers", "&customer=1"), shapes.customers()),
    Case(
        "customers_by_secondary_email",
        lambda d: v2("customers", f"&customer={customer_with_second_address(d)}"),
        shapes.customers(),
    ),
    *(
        Case(f"customers_by_email{name}", customer(change, holds), shapes.customers())
        for name, change, holds in (
            ("", str, "@"),
            ("_other_case", str.upper, "@"),
            ("_plus", lambda mail: mail.replace("+", "%2B"), "+"),
        )
    ),
    Case(
        "customers_by_secondary_email_v1",
        lambda d: v1("customers", f"&customer={customer_with_second_address(d)}"),
        shapes.customers(shapes.CUSTOMER_V1),
    ),
    Case("customers_v1", v1("customers", "&number=3"), shapes.customers(shapes.CUSTOMER_V1)),
    Case("customers_unknown_email", v2("customers", "&customer=nobody%40example.com"), shapes.SOFT_ERROR),
    Case("customers_unknown_id", v2("customers", "&customer=99999"), shapes.SOFT_ERROR),
    Case("customers_past_end", v2("customers", "&number=100&page=99"), shapes.SOFT_ERROR),
    # Products
    *(
        Case(name, target, shapes.products(shapes.PRODUCT_WITH_RIGHTS))
        for name, target in (
            ("products", v2("products")),
            ("products_v1", v1("products")),
            ("products_number_minus1", v2("products", "&number=-1")),
            ("products_number_2_page_2", v2("products", "&number=2&page=2")),
        )
    ),
    Case("products_one", v2("products", "&product=100"), shapes.products(shapes.PRODUCT_WITH_RIGHTS)),
    Case("products_public", "/edd-api/v2/products/", shapes.products()),
    Case("products_bad_key_only", "/edd-api/v2/products/?key=" + "0" * 32, shapes.products()),
    Case("products_bad_token", v2("products").replace("TOKEN", "0" * 32), shapes.ERROR, status=403),
    Case("products_category_slug", "/edd-api/v2/products/?category=divine-artist", shapes.products()),
    Case(
        "products_category_slugs",
        "/edd-api/v2/products/?category=divine-artist%2Ceko-the-beat-artist",
        shapes.products(),
    ),
    Case("products_search", "/edd-api/v2/products/?s=Elements", shapes.products()),
    Case("products_orderby_title", "/edd-api/v2/products/?orderby=title&order=ASC", shapes.products()),
    Case("products_draft_public", "/edd-api/v2/products/?product=97", shapes.products()),
    Case("products_past_end", v2("products", "&page=9"), {"products": [], **shapes.SPEED}),
    Case("products_unknown", v2("products", "&product=99999"), shapes.SOFT_ERROR),
    Case("products_deleted", v2("products", "&product=90"), shapes.SOFT_ERROR),
    # The rest
    Case("stats", v2("stats"), shapes.STATS),
    Case("stats_sales", v2("stats", "&type=sales"), {"sales": shapes.COUNTS, **shapes.SPEED}),
    Case("stats_earnings", v2("stats", "&type=earnings"), {"earnings": shapes.COUNTS, **shapes.SPEED}),
    Case("discounts_past_end", v2("discounts", "&page=9"), shapes.SOFT_ERROR),
    Case("file_download_logs_past_end", v2("file-download-logs", "&page=99"), shapes.SOFT_ERROR),
    Case(
        "file_download_logs_customer_email",
        v2("file-download-logs", "&customer=nobody%40example.com"),
        shapes.SOFT_ERROR,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_has_the_recorded_shape(served: Served, case: Case) -> None:
    answer = ask(served, case)
    assert answer.status_code == case.status, answer.text
    assert answer.headers["content-type"] == case.content_type
    if case.shape is not None:
        assert differences(answer.json(), case.shape) == []
        listed = next((value for value in answer.json().values() if isinstance(value, list)), None)
        assert listed is None or listed or "past_end" in case.recordings or case.status != 200
    elif case.method == "HEAD" or "format_unknown" in case.recordings:
        assert answer.content == b""
    else:
        assert answer.text.startswith(("<!DOCTYPE html>", '<?xml version="1.0" encoding="UTF-8"?>'))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_has_the_recorded_headers(served: Served, case: Case) -> None:
    headers = ask(served, case).headers
    assert not {"etag", "last-modified", "retry-after", "x-ratelimit-limit", "link-next"} & set(headers)
    crashed = case.content_type == UTF8_JSON
    assert ("cache-control" in headers) == ("expires" in headers) == (crashed or case.uncached)
    assert headers["x-powered-by"].startswith("PHP/")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_is_printed_as_recorded(served: Served, case: Case) -> None:
    text = ask(served, case).text
    if case.content_type != HTML and case.method != "HEAD":
        assert text.isascii()
        assert "/" not in text.replace("\\/", "")
        assert text.startswith('{\n    "') == (case.content_type == JSON)
