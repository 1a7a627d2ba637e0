"""The four generations of the shop's sales, as real shops of four versions gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bema_tui.simulator import SimulatorServer
from bema_tui.simulator.edd.versions import EDD_VERSIONS
from tests.recordings.simulator.edd_shapes import SALE
from tests.recordings.simulator.shapes import differences
from tests.simulator.client import SETTINGS, Client, Starter

OLD, LATER = ("2.11", "3.0"), ("3.2", "3.3.9", "3.6")
ROW_OF_2 = {
    "ID": "int",
    "mode": "text",
    "status": "text",
    "transaction_id": "text|null",
    "key": "hex",
    "subtotal": "number",
    "tax": "text",
    "fees": ("null", [{"*": "any"}]),
    "total": "text",
    "gateway": "text",
    "customer_id": "digits",
    "user_id": "digits",
    "email": "text",
    "date": "time",
    "discounts": ("null", {"*": "number"}),
    "products": [
        {"id": "int", "quantity": "int", "name": "text|empty", "price": "number", "price_name": "text|empty"},
    ],
}
"""A row of a real 2.11.7."""
ITEM_OF_3_0 = {name: kind for name, kind in SALE["products"][0].items() if name != "object_id"} | {"name": "text|empty"}
ROW_OF_3_0 = {name: kind for name, kind in SALE.items() if name != "date_utc"} | {"products": [ITEM_OF_3_0]}


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with SimulatorServer(SETTINGS) as server:
        client = Client(server)
        yield client
        client.close()


@pytest.fixture
def client(shared: Client) -> Client:
    shared.control("set", {"edd_version": "3.6", "edd_role": "manager"})
    return shared


def of(client: Client, version: str) -> Client:
    client.control("set", {"edd_version": version})
    return client


def asked(client: Client, accept: str | None = None, **params: str) -> httpx.Response:
    creds = {"key": client.endpoints.edd_key, "token": client.endpoints.edd_token}
    headers = {} if accept is None else {"Accept": accept}
    return client.http.post(
        client.endpoints.edd_url, params={"edd-api": "v2/sales", **params}, data=creds, headers=headers
    )


def truth(client: Client) -> list[dict[str, Any]]:
    return [order for order in client.control("state")["orders"] if order["refund_of"] is None]


def test_the_usual_shop_is_of_today(started: Starter) -> None:
    assert EDD_VERSIONS[0] == "3.6"
    assert started().shop("info").json()["info"]["site"]["edd_version"] == "3.6.5"


@pytest.mark.parametrize(
    ("version", "statuses", "shown"),
    [
        ("2.11", {"complete"}, {"publish"}),
        ("3.0", {"complete"}, {"complete"}),
        *((later, {"complete", "partially_refunded", "revoked", "on_hold"}, None) for later in LATER),
    ],
)
def test_statuses_that_are_listed(client: Client, version: str, statuses: set[str], shown: set[str] | None) -> None:
    rows = of(client, version).sales(number=0)
    assert {row["key"] for row in rows} == {order["key"] for order in truth(client) if order["status"] in statuses}
    assert {row["status"] for row in rows} == (shown or statuses)


@pytest.mark.parametrize(("version", "shape"), [("2.11", ROW_OF_2), ("3.0", ROW_OF_3_0), *((v, SALE) for v in LATER)])
def test_rows(client: Client, version: str, shape: dict[str, Any]) -> None:
    for row in of(client, version).sales(number=0):
        assert differences(row, shape) == []
        assert list(row) == [name for name in shape if name in row]


def test_whole_numbers_of_2_have_no_point(client: Client) -> None:
    rows = of(client, "2.11").sales(number=0)
    prices = [item["price"] for row in rows for item in row["products"]]
    assert {type(price) for price in prices} == {int, float}
    assert all(price != int(price) for price in prices if isinstance(price, float))
    assert {len(row["total"].partition(".")[2]) for row in rows} == {2}


@pytest.mark.parametrize("version", EDD_VERSIONS)
def test_names_and_prices_are_todays_or_as_sold(client: Client, version: str) -> None:
    items = [item for row in of(client, version).sales(number=0) for item in row["products"]]
    renamed = {item["name"] for item in items if str(item["id"]) == "100"}
    deleted = {item["name"] for item in items if str(item["id"]) == "90"}
    free = [order for order in truth(client) if order["products"][0]["price"] == "0.00"]
    row = next(row for row in client.sales(number=0) if row["key"] == free[0]["key"])
    price = Decimal(str(row["products"][0]["price"]))
    if version in OLD:
        assert (renamed, deleted) == ({"No Better Love"}, {""})
        assert price in {Decimal("9.99"), Decimal("8.00"), Decimal("14.50")}, "what was free looks paid"
        assert Decimal(row["total"]) == 0
    else:
        assert renamed >= {"No Better Love", "No Better Love (pre-order)"}
        assert deleted == {"Withdrawn Single"}
        assert price == 0


def test_an_unknown_id_of_2_is_a_phantom(client: Client) -> None:
    (row,) = of(client, "2.11").sales(id="999999")
    assert (row["ID"], row["key"], row["status"]) == ("", "", "pending")
    page = asked(client, purchasekey="no such key")
    assert "WordPress › Error" in page.text


@pytest.mark.parametrize("name", ["id", "purchasekey"])
def test_what_is_unknown_breaks_3_2(client: Client, name: str) -> None:
    page = asked(of(client, "3.2"), **{name: "999999"})
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=UTF-8")
    assert "<title>WordPress › Error</title>" in page.text
    told = asked(client, "application/json", **{name: "999999"})
    assert (told.status_code, told.headers["content-type"].partition(";")[0]) == (500, "application/json")
    assert told.json() == {
        "code": "internal_server_error",
        "message": "<p>There has been a critical error on this website.</p>",
        "data": {"status": 500},
        "additional_errors": [],
    }
    known = truth(client)[0]
    right = {"id": str(known["row_id"]), "purchasekey": known["key"]}[name]
    assert [row["key"] for row in client.sales(**{name: right})] == [known["key"]]


@pytest.mark.parametrize("version", ["3.3.9", "3.6"])
@pytest.mark.parametrize("name", ["id", "purchasekey"])
def test_what_is_unknown_is_not_shown_since_3_3_9(client: Client, version: str, name: str) -> None:
    response = asked(of(client, version), "application/json", **{name: "999999"})
    assert (response.status_code, list(response.json())) == (200, ["request_speed"])


@pytest.mark.parametrize("version", EDD_VERSIONS)
def test_the_end_of_the_list_and_a_stranger_are_the_same_in_all(client: Client, version: str) -> None:
    for params in ({"page": "99"}, {"email": "nobody@example.org"}):
        response = asked(of(client, version), **params)
        assert (response.status_code, list(response.json())) == (200, ["request_speed"])


@pytest.mark.parametrize(("version", "full"), [("2.11", "2.11.7"), ("3.2", "3.2.12"), ("3.3.9", "3.3.9")])
def test_the_version_is_for_keys_that_see_sensitive_data(client: Client, version: str, full: str) -> None:
    assert of(client, version).shop("info").json()["info"]["site"]["edd_version"] == full
    client.control("set", {"edd_role": "accountant"})
    info = client.shop("info").json()["info"]
    assert info["permissions"] == {"view_shop_reports": True}
    assert not {"wp_version", "edd_version"} & set(info["site"])
    assert info["site"]["currency"] == "USD"


def twice(client: Client, role: str) -> list[dict[str, Any]]:
    """The two orders of one key of the subscriber in a scenario, the older first."""
    own = [order for order in truth(client) if order["email"].lower() == client.subscriber(role)["email"]]
    keys = Counter(order["key"] for order in own)
    return [order for order in own if keys[order["key"]] == 2]


def test_by_a_key_of_several_the_oldest_row_is_given(started: Starter) -> None:
    client = started(renewals=True)
    first, second = twice(client, "two orders of one key")
    assert first["row_id"] < second["row_id"]
    assert first["date_utc"] <= second["date_utc"]
    assert [row["ID"] for row in client.sales(purchasekey=first["key"])] == [first["id"]]
    assert [row["ID"] for row in client.sales(number=0) if row["key"] == first["key"]] == [second["id"], first["id"]]
    assert [row["ID"] for row in client.sales(id=second["row_id"])] == [second["id"]]


def test_a_plugin_may_list_its_renewals(started: Starter) -> None:
    client = started(renewals=True)
    key = twice(client, "a renewal that a plugin may list")[0]["key"]

    def statuses() -> list[str]:
        return [row["status"] for row in client.sales(number=0) if row["key"] == key]

    assert statuses() == ["complete"]
    client.control("set", {"also_listed": ["edd_subscription"]})
    assert statuses() == ["edd_subscription", "complete"]
    client.control("set", {"also_listed": [], "edd_version": "2.11"})
    assert statuses() == ["publish"]
