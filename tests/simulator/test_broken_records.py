"""Records that are shown broken, and responses that a test puts in the place of the services' own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bema_tui.simulator.world.broken_records import BrokenRecord
from tests.simulator.client import Client


def orders(client: Client) -> list[dict[str, Any]]:
    found = client.control("state")["orders"]
    return [order for order in found if order["status"] == "complete" and order["refund_of"] is None]


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"set": {"date_utc": "0000-00-00 00:00:00"}}, "date_utc", "0000-00-00 00:00:00"),
        ({"set": {"email": None}}, "email", None),
        ({"set": {"products.0.price": "12,50"}}, "products.0.price", "12,50"),
        ({"set": {"products.0.id": ""}}, "products.0.id", ""),
        ({"drop": ["mode"]}, "mode", "left out"),
        ({"drop": ["products.0"]}, "products", []),
    ],
)
def test_a_broken_order(client: Client, change: dict[str, Any], path: str, value: Any) -> None:
    order, other = orders(client)[:2]
    whole = client.sales(id=other["row_id"])
    client.control("change", {"break_record": {"kind": "order", "id": order["row_id"], **change}})
    rows = [row for row in client.sales(number=0) if row.get("key") == order["key"]]
    for shown in (*rows, *client.sales(id=order["row_id"]), *client.sales(purchasekey=order["key"])):
        at: Any = shown
        for part in path.split("."):
            at = at[int(part)] if isinstance(at, list) else at.get(part, "left out")
        assert at == value
    assert len(rows) == 1
    assert client.sales(id=other["row_id"]) == whole
    assert orders(client)[0] == order, "the order itself is as it was"
    client.control("change", {"restore_record": {"kind": "order", "id": order["row_id"]}})
    assert client.sales(id=order["row_id"])[0]["mode"] == "live"


def test_a_whole_row_may_be_something_else(client: Client) -> None:
    order = orders(client)[0]
    client.control("change", {"break_record": {"kind": "order", "id": order["row_id"], "set": {"": None}}})
    assert client.sales(id=order["row_id"]) == [None]


Look = Callable[[Client, str], list[Any]]


LISTS: dict[str, tuple[Look, Look]] = {
    "subscriber": (
        lambda client, _: client.data("subscribers", limit=100),
        lambda client, number: [client.data(f"subscribers/{number}")],
    ),
    "group": (
        lambda client, _: client.data("groups", limit=1000),
        lambda client, number: [client.data(f"groups/{number}")],
    ),
    "field": (lambda client, _: client.data("fields", limit=100), lambda client, _: []),
    "automation": (
        lambda client, _: client.data("automations", limit=100),
        lambda client, number: [client.data(f"automations/{number}")],
    ),
    "product": (
        lambda client, _: client.shop("products", number=100).json()["products"],
        lambda client, number: client.shop("products", product=number).json()["products"],
    ),
}


@pytest.mark.parametrize("where", ["everywhere", "lists", "alone"])
@pytest.mark.parametrize("kind", LISTS)
def test_records_of_every_kind_break_in_lists_and_alone(client: Client, kind: str, where: str) -> None:
    listed, alone = LISTS[kind]
    row = listed(client, "")[0]
    number = str(row["info"]["id"] if kind == "product" else row["id"])
    path = "info.title" if kind == "product" else "status" if kind == "subscriber" else "name"
    client.control("change", {"break_record": {"kind": kind, "id": number, "set": {path: ["odd"]}, "where": where}})

    def broken(rows: list[Any]) -> int:
        return sum("['odd']" in repr(one) for one in rows)

    assert broken(listed(client, number)) == (where != "alone")
    assert broken(alone(client, number)) == (where != "lists" and kind != "field")


def test_a_broken_group_is_whole_in_a_subscriber(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    client.control("change", {"break_record": {"kind": "group", "id": subscriber["group_ids"][0], "set": {"": "odd"}}})
    assert "odd" in client.data("groups", limit=1000)
    assert [group["id"] for group in client.data(f"subscribers/{subscriber['id']}")["groups"]] == subscriber[
        "group_ids"
    ]


def test_what_can_not_be_broken() -> None:
    with pytest.raises(ValueError, match="kind"):
        BrokenRecord(kind="campaign", id=1)
    with pytest.raises(ValueError, match="where"):
        BrokenRecord(kind="order", id=1, where="nowhere")  # type: ignore[arg-type]


def test_a_response_can_be_scripted_for_both_sides(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    path, order = f"subscribers/{subscriber['id']}", orders(client)[0]
    refusal = {"message": "The given data was invalid.", "errors": {"fields": ["odd"]}}
    client.control(
        "change", {"script_response": {"method": "PUT", "path": path, "status": 422, "body": refusal, "times": 2}}
    )
    client.control(
        "change", {"script_response": {"path": path, "status": 500, "body": {"message": "Server Error"}, "times": 1}}
    )
    put = ("PUT", path, {"fields": {"name": "Set"}})
    responses = client.batch(put, ("GET", path), ("GET", path)).json()["responses"]
    assert [response["code"] for response in responses] == [422, 500, 200]
    assert responses[0]["body"] == refusal
    assert responses[2]["body"]["data"]["fields"]["name"] != "Set"
    assert [client.mail(*put).status_code for _ in range(2)] == [422, 200]

    asked = f"sales?id={order['row_id']}"
    client.control(
        "change", {"script_response": {"side": "edd", "path": asked, "status": 500, "body": "<html>PHP</html>"}}
    )
    assert [client.shop("sales", id=order["row_id"]).text for _ in range(2)] == ["<html>PHP</html>"] * 2
    assert client.shop("sales", purchasekey=order["key"]).status_code == 200
    client.control("change", {"script_response": None})
    assert client.sales(id=order["row_id"])
