"""Broken records, requests that are answered as a test wants it, changes that come later, and what stands in front."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bema_tui.simulator.world.broken_records import Break
from tests.simulator.conftest import Client, Starter


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
    client.control("change", {"break": {"kind": "order", "id": order["row_id"], **change}})
    rows = [row for row in client.sales(number=0) if row.get("key") == order["key"]]
    for shown in (*rows, *client.sales(id=order["row_id"]), *client.sales(purchasekey=order["key"])):
        at: Any = shown
        for part in path.split("."):
            at = at[int(part)] if isinstance(at, list) else at.get(part, "left out")
        assert at == value
    assert len(rows) == 1
    assert client.sales(id=other["row_id"]) == whole
    assert orders(client)[0] == order, "the order itself is as it was"
    client.control("change", {"mend": {"kind": "order", "id": order["row_id"]}})
    assert client.sales(id=order["row_id"])[0]["mode"] == "live"


def test_a_whole_row_may_be_something_else(client: Client) -> None:
    order = orders(client)[0]
    client.control("change", {"break": {"kind": "order", "id": order["row_id"], "set": {"": None}}})
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
    client.control("change", {"break": {"kind": kind, "id": number, "set": {path: ["odd"]}, "where": where}})

    def broken(rows: list[Any]) -> int:
        return sum("['odd']" in repr(one) for one in rows)

    assert broken(listed(client, number)) == (where != "alone")
    assert broken(alone(client, number)) == (where != "lists" and kind != "field")


def test_a_broken_group_is_whole_inside_of_a_person(client: Client) -> None:
    person = client.person("buyer in GOLD")
    client.control("change", {"break": {"kind": "group", "id": person["group_ids"][0], "set": {"": "odd"}}})
    assert "odd" in client.data("groups", limit=1000)
    assert [group["id"] for group in client.data(f"subscribers/{person['id']}")["groups"]] == person["group_ids"]


def test_what_can_not_be_broken() -> None:
    with pytest.raises(ValueError, match="kind"):
        Break(kind="campaign", id=1)
    with pytest.raises(ValueError, match="where"):
        Break(kind="order", id=1, where="nowhere")  # type: ignore[arg-type]


def test_an_answer_can_be_scripted_for_both_sides(client: Client) -> None:
    person = client.person("buyer in GOLD")
    path, order = f"subscribers/{person['id']}", orders(client)[0]
    refusal = {"message": "The given data was invalid.", "errors": {"fields": ["odd"]}}
    client.control("change", {"answer": {"method": "PUT", "path": path, "status": 422, "body": refusal, "times": 2}})
    client.control("change", {"answer": {"path": path, "status": 500, "body": {"message": "Server Error"}, "times": 1}})
    put = ("PUT", path, {"fields": {"name": "Set"}})
    answers = client.batch(put, ("GET", path), ("GET", path)).json()["responses"]
    assert [answer["code"] for answer in answers] == [422, 500, 200]
    assert answers[0]["body"] == refusal
    assert answers[2]["body"]["data"]["fields"]["name"] != "Set"
    assert [client.mail(*put).status_code for _ in range(2)] == [422, 200]

    asked = f"sales?id={order['row_id']}"
    client.control("change", {"answer": {"side": "edd", "path": asked, "status": 500, "body": "<html>PHP</html>"}})
    assert [client.shop("sales", id=order["row_id"]).text for _ in range(2)] == ["<html>PHP</html>"] * 2
    assert client.shop("sales", purchasekey=order["key"]).status_code == 200
    client.control("change", {"answer": None})
    assert client.sales(id=order["row_id"])


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
    name = client.person("buyer in GOLD")["groups"][0]
    client.control("change", {"create_automation": {"name": "Welcome", "groups": [name]}})
    made = client.data("automations", limit=100)[-1]
    assert (made["name"], made["enabled"]) == ("Welcome", True)
    assert [group["name"] for group in made["triggers"][0]["groups"]] == [name]


@pytest.mark.parametrize(("of", "seen"), [("items", [False, True]), ("writes", [True, True]), ("requests", [True] * 2)])
def test_a_change_may_wait_for_an_item_or_a_request(client: Client, of: str, seen: list[bool]) -> None:
    person = client.person("buyer in GOLD")
    gold = person["groups"][0]
    silver = gold.replace("GOLD", "SILVER")
    move = {"move": {"email": person["email"], "from": gold, "to": silver}}
    client.control("later", {"at": 2 if of == "items" else 1, "of": of, "do": move})
    path, number = f"subscribers/{person['id']}", client.group_id("Newsletter")
    answers = client.batch(("POST", f"{path}/groups/{number}"), ("GET", path)).json()["responses"]
    shown = [silver in [group["name"] for group in answers[1]["body"]["data"]["groups"]]]
    in_group = {row["id"] for row in client.data(f"groups/{client.group_id(silver)}/subscribers", limit=1000)}
    assert [of != "items", person["id"] in in_group] == seen
    assert shown == [True]
    assert client.rules_broken() == ["foreign_group"], "only what the request itself did"


def test_a_later_change_waits_for_the_shop_and_can_be_taken_back(client: Client) -> None:
    client.control("later", {"of": "shop", "at": 2, "do": {"create_group": "2031_A_B_GOLD"}})

    def there() -> bool:
        return any(group["name"] == "2031_A_B_GOLD" for group in client.control("state")["groups"])

    seen = []
    for _ in range(2):
        client.shop("info")
        seen.append(there())
    assert seen == [False, True]
    client.control("later", {"of": "shop", "do": {"delete_group": "2031_A_B_GOLD"}})
    client.control("later", {})
    client.shop("info")
    assert there()
    for wrong in ({"do": {"explode": 1}}, {"at": 0, "do": {}}, {"of": "tides", "do": {}}):
        assert client.http.post(client.control_url + "later", json=wrong).status_code == 400


@pytest.mark.parametrize(("form", "plain", "encoded"), [("both", 200, 200), ("plain", 200, 404), ("encoded", 404, 200)])
def test_addresses_in_the_paths_of_a_batch(client: Client, form: str, plain: int, encoded: int) -> None:
    client.control("set", {"batch_paths": form})
    email = client.person("plus address")["email"]
    number = client.person("buyer in GOLD")["id"]
    paths = [f"subscribers/{email}", f"subscribers/{quote(email, safe='')}", f"subscribers/{number}"]
    answers = client.batch(*(("GET", path) for path in paths)).json()["responses"]
    assert [answer["code"] for answer in answers] == [plain, encoded, 200]
    assert [client.mail("GET", path).status_code for path in paths] == [200, 200, 200], "outside of a batch all do"


@pytest.mark.parametrize("way", ["switch", "fault"])
def test_the_maintenance_page_of_wordpress(client: Client, way: str) -> None:
    client.control("set", {"maintenance": True} if way == "switch" else {"faults": {"maintenance": 1.0}})
    page = client.shop("info")
    assert (page.status_code, page.headers["retry-after"]) == (503, "600")
    assert page.headers["content-type"].startswith("text/html")
    assert "Briefly unavailable for scheduled maintenance" in page.text
    assert client.mail("GET", "groups").status_code == 200


def test_text_around_the_json_of_the_shop(client: Client) -> None:
    client.control("set", {"text_before_json": "Notice: odd in x.php\n", "text_after_json": "<!-- cached -->"})
    answer = client.shop("info")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.text.startswith("Notice: odd in x.php\n{")
    assert answer.text.endswith("}<!-- cached -->")
    client.control("set", {"text_before_json": "\ufeff\ufeff", "text_after_json": None})
    assert client.sales_text().startswith("\ufeff\ufeff{")
    assert client.mail("GET", "groups").json()["data"]


def test_an_edit_between_pages_shows_an_order_under_another_address(client: Client) -> None:
    before = {row["key"]: row["email"] for row in client.sales(number=20)}
    client.control("set", {"faults": {"shop_edit": 1.0, "most_events": 1}})
    client.sales(number=20, page=2)
    client.sales(number=20, page=2)
    changed = {
        key: email for key, email in ((r["key"], r["email"]) for r in client.sales(number=20)) if before[key] != email
    }
    assert len(changed) == 1
    (key, email), *_ = changed.items()
    assert email == f"corrected.{before[key].strip().lower()}"


def demoted(client: Client, **faults: Any) -> list[tuple[set[str], set[str]]]:
    before = {person["id"]: set(person["groups"]) for person in client.control("state")["subscribers"]}
    client.control("set", {"faults": faults})
    number = next(iter(before))
    for _ in range(6):
        answer: httpx.Response = client.batch(*[("GET", f"subscribers/{number}")] * 50)
        assert answer.status_code == 200
    people = client.control("state")["subscribers"]
    return [(before[one["id"]], set(one["groups"])) for one in people if before[one["id"]] != set(one["groups"])]


def test_automations_may_act_between_the_items_of_a_batch(client: Client) -> None:
    moved = demoted(client, automation_in_batch=0.2)
    assert len(moved) > 20
    assert client.control("state")["faults"]["automation_in_batch"] >= len(moved)
    assert client.rules_broken() == []


@pytest.mark.parametrize("spares", [True, False])
def test_automations_may_not_spare_buyers(started: Starter, spares: bool) -> None:
    client = started(subscribers=100, orders=100, campaigns=1)
    moved = demoted(client, automation_in_batch=1.0, automation_spares_buyers=spares)
    buyers = [before for before, _ in moved if any("PURCHASE" in name.upper() for name in before)]
    assert (buyers == []) is spares
