"""The simulated shop: its credentials, paging, filters and rows, quirk by quirk."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from bema_tui.simulator.edd.local_time import local_time
from bema_tui.simulator.edd.sale_rows import sold_name
from tests.simulator.client import Client, Starter

SALE_KEYS = [
    *("ID", "mode", "status", "transaction_id", "key", "subtotal", "tax", "total", "gateway", "customer_id", "user_id"),
    *("email", "date", "date_utc", "products", "fees", "discounts"),
]
LISTED = {"complete", "partially_refunded", "revoked", "on_hold"}


def orders(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.control("state")["orders"]
    return found


def one(client: Client, status: str) -> dict[str, Any]:
    return next(order for order in orders(client) if order["status"] == status and order["refund_of"] is None)


def test_whole_list_is_newest_row_first_and_only_four_statuses(reading: Client) -> None:
    rows = reading.sales(number=0)
    wanted = [o for o in orders(reading) if o["status"] in LISTED and o["refund_of"] is None]
    wanted.sort(key=lambda order: order["row_id"], reverse=True)
    assert [row["key"] for row in rows] == [order["key"] for order in wanted]
    assert {row["status"] for row in rows} == LISTED
    assert {row["mode"] for row in rows} == {"live", "test"}


def test_row_as_recorded(reading: Client) -> None:
    response = reading.shop("sales", number=1)
    assert response.headers["content-type"] == "application/json"
    assert "cache-control" not in response.headers
    assert response.text.startswith('{\n    "sales": [\n        {\n            "ID": "')
    row = response.json()["sales"][0]
    assert list(row) == SALE_KEYS
    assert list(row["products"][0]) == ["object_id", "id", "quantity", "name", "price", "price_name"]
    assert re.fullmatch(r"\d+\.\d{9}", row["total"])
    assert re.fullmatch(r"[0-9a-f]{32}", row["key"])
    assert all(isinstance(row[key], str) for key in SALE_KEYS[:14])


def test_totals_are_items_and_fees(reading: Client) -> None:
    rows = reading.sales(number=0)
    assert any(row["fees"] for row in rows)
    for row in rows:
        fees = sum(Decimal(fee["amount"]) for fee in row["fees"] or ())
        assert Decimal(row["total"]) == sum(Decimal(item["price"]) for item in row["products"]) + fees


@pytest.mark.parametrize(
    ("params", "start", "count"),
    [
        ({}, 0, 10),
        ({"number": "-1"}, 0, 1),
        ({"number": "-5"}, 0, 5),
        ({"number": "2.7"}, 0, 2),
        ({"number": "1e2"}, 0, 100),
        ({"number": "7", "page": "2"}, 7, 7),
        ({"number": "7", "page": "0"}, 7, 7),
        ({"number": "7", "page": "abc"}, 7, 7),
        ({"number": "7", "page": "-1"}, 0, 7),
        ({"number": "7", "page": "-2"}, 7, 7),
        ({"number": "7", "page": "2.9"}, 7, 7),
        ({"number": "7", "paged": "3", "offset": "9"}, 0, 7),
        ({"number": "7", "status": "refunded", "product": "100", "order": "asc", "mode": "test"}, 0, 7),
    ],
)
def test_paging_quirks(reading: Client, params: dict[str, str], start: int, count: int) -> None:
    everything = [row["key"] for row in reading.sales(number=0)]
    assert [row["key"] for row in reading.sales(**params)] == everything[start : start + count]


def test_past_the_end_there_is_no_sales_key(reading: Client) -> None:
    response = reading.shop("sales", number=100, page=9)
    assert response.status_code == 200
    assert list(response.json()) == ["request_speed"]


def test_number_that_is_none_breaks_php(reading: Client) -> None:
    params = {"edd-api": "v2/sales", "number": "abc", "key": reading.endpoints.edd_key}
    params["token"] = reading.endpoints.edd_token
    asked = reading.http.get(reading.endpoints.edd_url, params=params, headers={"Accept": "application/json"})
    assert (asked.status_code, asked.json()["code"]) == (500, "internal_server_error")
    page = reading.http.get(reading.endpoints.edd_url, params=params)
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=UTF-8")


def test_id_wants_the_row_id_and_shows_any_status(reading: Client) -> None:
    refunded = one(reading, "refunded")
    assert refunded["id"] != str(refunded["row_id"])
    row = reading.sales(id=refunded["row_id"])[0]
    assert (row["key"], row["status"], row["ID"]) == (refunded["key"], "refunded", refunded["id"])
    other = reading.sales(id=refunded["id"])
    assert not other or other[0]["key"] != refunded["key"]
    assert reading.sales(purchasekey=refunded["key"])[0]["status"] == "refunded"
    for text in ("5abc", "5,6", "", "999999"):
        assert reading.sales(id=text) == []


def test_refund_row_is_negative_and_only_shown_by_its_id(reading: Client) -> None:
    refund = next(order for order in orders(reading) if order["refund_of"] is not None)
    row = reading.sales(id=refund["row_id"])[0]
    assert row["status"] == "complete"
    assert Decimal(row["total"]) < 0
    assert row["products"][0]["quantity"] == "-1"
    assert refund["key"] not in [row["key"] for row in reading.sales(number=0)]


def test_email_filter(reading: Client) -> None:
    subscriber = reading.subscriber("odd spelling in the shop")
    rows = reading.sales(email=subscriber["email"].upper(), number=0)
    assert {row["email"].strip().lower() for row in rows} == {subscriber["email"]}
    assert rows[0]["email"] != subscriber["email"]
    assert reading.sales(email=reading.subscriber("apostrophe in the e-mail")["email"]) == []
    assert reading.sales(email="") == []
    plus = reading.subscriber("e-mail with a plus")["email"]
    assert reading.sales(email=plus)
    raw = reading.http.get(
        f"{reading.endpoints.edd_url}?edd-api=v2/sales&key={reading.endpoints.edd_key}"
        f"&token={reading.endpoints.edd_token}&email={plus}"
    )
    assert "sales" not in raw.json()
    refunded = reading.subscriber("refunded, no field")["email"]
    assert "refunded" in {order["status"] for order in orders(reading) if order["email"] == refunded}
    assert {row["status"] for row in reading.sales(email=refunded, number=0)} <= {"complete"}


def test_names_are_escaped_in_sales_and_plain_in_products(reading: Client) -> None:
    product = next(p for p in reading.control("state")["products"] if "&" in p["title"])
    shown = reading.shop("products", product=product["id"]).json()["products"][0]["info"]
    assert (shown["id"], shown["title"]) == (product["id"], product["title"])
    items = [item for row in reading.sales(number=0) for item in row["products"] if item["id"] == str(product["id"])]
    assert items
    assert all(item["name"].startswith("Love &#038; Gravity: Zoë’s &#8220;Live&#8221; Songs — ") for item in items)
    assert {item["price_name"] for item in items} <= {"MP3", "Deluxe FLAC"}
    assert sold_name('A "B" & C') == "A &#8220;B&#8221; &#038; C"


def test_renamed_and_withdrawn_products_keep_their_old_names(reading: Client) -> None:
    items = [item for row in reading.sales(number=0) for item in row["products"]]
    assert {item["name"] for item in items if item["id"] == "100"} >= {"No Better Love", "No Better Love (pre-order)"}
    assert "Withdrawn Single" in {item["name"] for item in items if item["id"] == "90"}
    assert reading.shop("products", product=90).json()["error"] == "Product 90 not found!"


def test_v1_lists_complete_orders_only_without_status(reading: Client) -> None:
    rows = reading.shop("sales", "v1/", number="-1").json()["sales"]
    complete = [o for o in orders(reading) if o["status"] == "complete" and o["refund_of"] is None]
    assert len(rows) == len(complete)
    assert not {"status", "mode", "date_utc"} & set(rows[0])
    assert {row["ID"]: row["date"] for row in rows} == {o["id"]: o["date_utc"] for o in complete}
    assert reading.shop("sales", "v1/", id="999999").json()["sales"][0]["ID"] == 0


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        ({}, 401, "You must specify both a token and API key!"),
        ({"key": "KEY"}, 401, "You must specify both a token and API key!"),
        ({"key": "0" * 32, "token": "TOKEN"}, 403, "Invalid API key!"),
        ({"key": "KEY", "token": "0" * 32}, 403, "Your request could not be authenticated!"),
        ({"edd-api": "v2/orders"}, 400, "Invalid query!"),
        ({"edd-api": "v9/sales"}, 404, "Invalid API version!"),
    ],
)
def test_refusals(reading: Client, params: dict[str, str], status: int, text: str) -> None:
    ends = reading.endpoints
    filled = {k: v.replace("KEY", ends.edd_key).replace("TOKEN", ends.edd_token) for k, v in params.items()}
    response = reading.http.get(ends.edd_url, params={"edd-api": "v2/sales", **filled})
    assert (response.status_code, response.json()) == (status, {"error": text})


def test_capital_key_is_found_but_not_authenticated(reading: Client) -> None:
    ends = reading.endpoints
    params = {"edd-api": "v2/sales", "key": ends.edd_key.upper(), "token": ends.edd_token}
    assert reading.http.get(ends.edd_url, params=params).json()["error"].startswith("Your request")


def test_same_variable_twice_with_other_values_is_400(reading: Client) -> None:
    response = reading.http.post(f"{reading.endpoints.edd_url}?edd-api=v2/sales&number=2", data={"number": "3"})
    assert (response.status_code, response.json()["message"]) == (400, "A variable mismatch has been detected.")


def test_pretty_url_front_page_and_formats(client: Client) -> None:
    creds = {"key": client.endpoints.edd_key, "token": client.endpoints.edd_token}
    pretty = f"{client.endpoints.edd_url}edd-api/v2/sales/"
    assert client.http.get(pretty, params=creds).json()["sales"]
    assert client.http.get(f"{client.endpoints.edd_url}edd-api/").text.startswith("<!DOCTYPE html>")
    assert client.http.head(pretty, params=creds).status_code == 200
    yaml = client.shop("sales", format="yaml")
    assert (yaml.status_code, yaml.text, yaml.headers["content-type"]) == (200, "", "text/html; charset=UTF-8")
    assert client.shop("sales", format="xml", number=2).text.count("<sales><ID>") == 2
    client.control("set", {"pretty_permalinks": False})
    page = client.http.get(pretty, params=creds)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=UTF-8")


def test_rights_by_role(started: Starter) -> None:
    client = started(edd_role="accountant")
    assert client.sales()
    assert client.shop("info").json()["info"]["permissions"] == {"view_shop_reports": True}
    assert list(client.shop("customers").json()) == ["request_speed"]
    client.control("set", {"edd_role": "viewer"})
    assert list(client.shop("sales").json()) == ["request_speed"]
    assert "permissions" not in client.shop("info").json()["info"]
    assert set(client.shop("products").json()["products"][0]) == {"info", "pricing"}


def test_products_are_public_and_list_published_ones_newest_first(reading: Client) -> None:
    url = reading.endpoints.edd_url
    rows = reading.http.get(url, params={"edd-api": "v2/products", "number": "-1"}).json()["products"]
    dates = [row["info"]["create_date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert set(rows[0]) == {"info", "pricing"}
    assert all(row["info"]["status"] == "publish" for row in rows)
    draft = next(p for p in reading.control("state")["products"] if p["status"] == "draft")
    shown = reading.http.get(url, params={"edd-api": "v2/products", "product": str(draft["id"])})
    assert shown.json()["products"][0]["info"]["status"] == "draft"
    assert reading.http.get(url, params={"edd-api": "v2/products", "page": "99"}).json()["products"] == []
    mine = reading.http.get(url, params={"edd-api": "v2/products", "category": "divine-artist"}).json()["products"]
    assert {row["info"]["title"] for row in mine} == {"Elements of Earth", "Split Single"}
    options = next(row for row in rows if "deluxeflac" in row["pricing"])
    assert options["pricing"] == {"mp3": "8.00", "deluxeflac": "14.50"}


def test_customers(reading: Client) -> None:
    rows = reading.shop("customers", number="-1").json()["customers"]
    ids = [int(row["info"]["customer_id"]) for row in rows]
    assert ids == sorted(ids, reverse=True)
    assert len(reading.shop("customers", number=0).json()["customers"]) == 30
    guest = next(row["info"] for row in rows if row["info"]["username"] == "")
    assert guest["user_id"] == 0
    by_mail = reading.shop("customers", customer=guest["email"].upper()).json()["customers"]
    assert [row["info"]["customer_id"] for row in by_mail] == [guest["customer_id"]]
    assert len(reading.shop("customers", customer="abc").json()["customers"]) == 10
    assert reading.shop("customers", customer="99999").json()["error"] == "Customer not found!"
    assert reading.shop("customers", page=999).json()["error"] == "No customers found!"


def test_stats_and_the_empty_endpoints(reading: Client) -> None:
    counted = [o for o in orders(reading) if o["status"] in ("complete", "revoked") and o["refund_of"] is None]
    body = reading.shop("stats").json()
    assert body["stats"]["sales"]["totals"] == len(counted)
    assert "0" in body
    assert reading.shop("discounts").json()["error"] == "No discounts found!"
    assert reading.shop("file-download-logs").json()["error"] == "No download logs found!"


def test_a_shop_may_use_the_old_version_where_none_is_named(started: Starter) -> None:
    client = started()
    client.control("set", {"default_version": "v1"})
    assert "status" not in client.shop("sales", version="").json()["sales"][0]
    assert client.sales(number=1)[0]["status"]


def test_order_numbers_with_a_prefix(started: Starter) -> None:
    assert started(order_prefix="BEMA-").sales(number=1)[0]["ID"].startswith("BEMA-")


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2025-05-29 16:56:33", "2025-05-29 12:56:33"),
        ("2025-03-01 00:10:00", "2025-02-28 19:10:00"),
        ("2025-03-09 06:59:59", "2025-03-09 01:59:59"),
        ("2025-03-09 07:00:00", "2025-03-09 03:00:00"),
        ("2025-11-02 05:59:59", "2025-11-02 01:59:59"),
        ("2025-11-02 06:00:00", "2025-11-02 01:00:00"),
    ],
)
def test_local_time_of_the_shop(utc: str, local: str) -> None:
    assert local_time(utc) == local
