"""Changes by others: edits of orders, automations, and changes that wait for a request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.client import Client


def orders(client: Client) -> list[dict[str, Any]]:
    found = client.control("state")["orders"]
    return [order for order in found if order["status"] == "complete" and order["refund_of"] is None]


def test_an_order_can_be_edited_and_deleted(client: Client) -> None:
    order = orders(client)[0]
    edited = {"order": order["row_id"], "email": "New@Example.org", "product": 102}
    client.control("change", {"edit_order": edited})
    (row,) = client.sales(id=order["row_id"])
    assert (row["email"], row["products"][0]["id"], row["key"]) == ("New@Example.org", "102", order["key"])
    assert [found["key"] for found in client.sales(email="new@example.org")] == [order["key"]]
    assert order["key"] not in [found["key"] for found in client.sales(email=order["email"], number=0)]
    assert order["key"] in [found["key"] for found in client.sales(number=0)]
    client.control("change", {"delete_order": order["key"]})
    assert client.sales(id=order["row_id"]) == client.sales(purchasekey=order["key"]) == []
    assert order["key"] not in [found["key"] for found in client.sales(number=0)]


def test_an_automation_can_be_made(client: Client) -> None:
    name = client.subscriber("buyer in GOLD")["groups"][0]
    client.control("change", {"create_automation": {"name": "Welcome", "groups": [name]}})
    made = client.data("automations", limit=100)[-1]
    assert (made["name"], made["enabled"]) == ("Welcome", True)
    assert [group["name"] for group in made["triggers"][0]["groups"]] == [name]


@pytest.mark.parametrize(
    ("before", "seen"), [("batch_items", [False, True]), ("writes", [True, True]), ("requests", [True, True])]
)
def test_a_change_may_wait_for_an_item_or_a_request(client: Client, before: str, seen: list[bool]) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    gold = subscriber["groups"][0]
    silver = gold.replace("GOLD", "SILVER")
    move = {"move": {"email": subscriber["email"], "from": gold, "to": silver}}
    client.control("schedule", {"at": 2 if before == "batch_items" else 1, "before": before, "change": move})
    path, number = f"subscribers/{subscriber['id']}", client.group_id("Newsletter")
    responses = client.batch(("POST", f"{path}/groups/{number}"), ("GET", path)).json()["responses"]
    shown = [silver in [group["name"] for group in responses[1]["body"]["data"]["groups"]]]
    in_group = {row["id"] for row in client.data(f"groups/{client.group_id(silver)}/subscribers", limit=1000)}
    assert [before != "batch_items", subscriber["id"] in in_group] == seen
    assert shown == [True]
    assert client.rules_broken() == ["foreign_group"], "only what the request itself did"


def test_a_scheduled_change_waits_for_the_shop_and_can_be_taken_back(client: Client) -> None:
    client.control("schedule", {"before": "shop_requests", "at": 2, "change": {"create_group": "2031_A_B_GOLD"}})

    def there() -> bool:
        return any(group["name"] == "2031_A_B_GOLD" for group in client.control("state")["groups"])

    seen = []
    for _ in range(2):
        client.shop("info")
        seen.append(there())
    assert seen == [False, True]
    client.control("schedule", {"before": "shop_requests", "change": {"delete_group": "2031_A_B_GOLD"}})
    client.control("schedule", {})
    client.shop("info")
    assert there()
    for wrong in ({"change": {"explode": 1}}, {"at": 0, "change": {}}, {"before": "tides", "change": {}}):
        assert client.http.post(client.control_url + "schedule", json=wrong).status_code == 400
