"""MailerLite's own Python client as a witness: it was written for the real service, and works on the simulated one.

What it cannot do, and so cannot witness:

- It has no call for `PUT /subscribers/{id}`: its `update` is the upsert, a POST by e-mail.
- It cannot ask for `include=groups`, and it cannot set `resubscribe`.
- It cannot read one group, and it cannot read a subscriber's activity.
- It takes ids as `int` only, although the service sends them as text.
- It shows neither the status nor the headers of a response: 200 and 201 look alike, and the quota is not seen.
- It tries nothing again, whatever the response.
- `forget` and `delete` return `True`, not what the service sent.
"""

from __future__ import annotations

from typing import Any

import mailerlite  # type: ignore[import-untyped]
import pytest
import requests

from tests.simulator.client import Client, Starter


def official(client: Client) -> Any:
    """The official client, pointed at a simulator: the URL is an attribute of its inner client."""
    made = mailerlite.Client({"api_key": client.endpoints.mailerlite_key, "timeout": 20})
    made.api_client.HOST = client.endpoints.mailerlite_url.removesuffix("api")
    return made


def refusal(call: Any, *arguments: Any, **named: Any) -> requests.Response:
    """The response that made the official client raise."""
    with pytest.raises(requests.HTTPError) as raised:
        call(*arguments, **named)
    response = raised.value.response
    assert response is not None
    return response


def test_subscribers_page_by_page(client: Client) -> None:
    subscribers = official(client).subscribers
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = subscribers.list(limit=40, filter={"status": "active"}, **cursor)
        seen += [row["id"] for row in page["data"]]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = {"cursor": page["meta"]["next_cursor"]}
    truth = [
        subscriber["id"] for subscriber in client.control("state")["subscribers"] if subscriber["status"] == "active"
    ]
    assert sorted(seen) == sorted(truth)
    assert subscribers.count() == {"total": len(client.control("state")["subscribers"])}


def test_subscribers_are_created_updated_and_read(started: Starter) -> None:
    client = started(allow_create=True)
    subscribers = official(client).subscribers
    group = client.data("groups", limit=1)[0]
    made = subscribers.create(
        "New.Fan@example.com", fields={"name": "Ada"}, groups=[int(group["id"])], ip_address="192.0.2.7"
    )
    row = made["data"]
    assert (row["email"], row["status"], row["source"]) == ("new.fan@example.com", "active", "api")
    changed = subscribers.update("new.fan@example.com", fields={"last_name": "Rivers"}, groups=[])["data"]
    assert (changed["id"], changed["fields"]["name"], changed["fields"]["last_name"]) == (row["id"], "Ada", "Rivers")
    assert [entry["id"] for entry in changed["groups"]] == [group["id"]]
    assert subscribers.get(int(row["id"])) == subscribers.get("new.fan@example.com") == {"data": changed}


def test_subscribers_join_and_leave_groups(client: Client) -> None:
    subscribers = official(client).subscribers
    subscriber = client.subscriber("buyer in GOLD")
    joined = client.group_id(subscriber["groups"][0] + "_PURCHASE")
    response = subscribers.assign_subscriber_to_group(int(subscriber["id"]), int(joined))
    assert response["data"]["id"] == joined
    assert subscribers.unassign_subscriber_from_group(int(subscriber["id"]), int(subscriber["group_ids"][0])) is True
    assert [group["id"] for group in subscribers.get(int(subscriber["id"]))["data"]["groups"]] == [joined]
    again = refusal(subscribers.unassign_subscriber_from_group, int(subscriber["id"]), int(subscriber["group_ids"][0]))
    assert (again.status_code, again.json()) == (404, {"message": ""})
    assert client.rules_broken() == []


def test_subscribers_are_deleted_and_forgotten(client: Client) -> None:
    subscribers = official(client).subscribers
    first, second = (client.subscriber(role) for role in ("non-buyer in WOOD", "non-buyer in GOLD"))
    assert subscribers.delete(int(first["id"])) is True
    assert subscribers.forget(int(second["id"])) is True
    assert refusal(subscribers.get, int(first["id"])).status_code == 404
    assert refusal(subscribers.delete, int(second["id"])).status_code == 404


def test_refused_subscribers_say_why(client: Client) -> None:
    subscribers = official(client).subscribers
    response = refusal(subscribers.create, "no@domain")
    assert (response.status_code, set(response.json()["errors"])) == (422, {"email"})


def test_groups(client: Client) -> None:
    groups = official(client).groups
    made = groups.create("Witness")["data"]
    assert groups.list(filter={"name": "witn"}, limit=5, page=1, sort="-name")["data"] == [made]
    assert groups.update(int(made["id"]), "Witnesses")["data"]["name"] == "Witnesses"
    assert refusal(groups.create, "Witnesses").json()["errors"] == {"name": ["The name has already been taken."]}
    assert groups.get_group_subscribers(int(made["id"]), limit=5, filter={"status": "active"})["data"] == []
    assert groups.delete(int(made["id"])) is True
    assert refusal(groups.delete, int(made["id"])).status_code == 404


def test_members_of_a_group(client: Client) -> None:
    number = client.group_id("Newsletter")
    truth = {p["id"] for p in client.control("state")["subscribers"] if number in p["group_ids"]}
    groups = official(client).groups
    read = {
        row["id"]
        for status in ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
        for row in groups.get_group_subscribers(int(number), limit=1000, filter={"status": status})["data"]
    }
    assert read == truth


def test_fields(client: Client) -> None:
    fields = official(client).fields
    made = fields.create("2031_A_B_PURCHASE", "number")["data"]
    assert (made["key"], made["type"], made["is_default"]) == ("2031_a_b_purchase", "number", False)
    assert fields.update(int(made["id"]), "Renamed")["data"]["key"] == made["key"]
    listed = fields.list(limit=100, page=1, sort="name", filter={"keyword": "renam", "type": "number"})["data"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert fields.delete(int(made["id"])) is True
    assert refusal(fields.delete, int(made["id"])).status_code == 404


def test_batch(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    field = next(row for row in client.data("fields", limit=100) if row["key"].endswith("_purchase"))
    items = [
        {"method": "PUT", "path": f"api/subscribers/{subscriber['id']}", "body": {"fields": {field["key"]: 42}}},
        {"method": "GET", "path": "api/subscribers/list"},
        {"method": "GET", "path": "api/campaigns/list"},
    ]
    response = official(client).batches.request(items)
    assert (response["total"], response["successful"], response["failed"]) == (3, 1, 2)
    assert [item["code"] for item in response["responses"]] == [200, 404, 404]
    assert response["responses"][0]["body"]["data"]["fields"][field["key"]] == 42
    assert refusal(official(client).batches.request, items * 20).status_code == 422


def test_what_it_cannot_do(started: Starter) -> None:
    client = started(quota=2, window_seconds=60.0)
    subscribers = official(client).subscribers
    subscriber = client.subscriber("buyer in GOLD")
    with pytest.raises(TypeError, match="include"):
        subscribers.list(include="groups")
    with pytest.raises(TypeError, match="resubscribe"):
        subscribers.create(subscriber["email"], resubscribe=True)
    with pytest.raises(TypeError):
        subscribers.get(subscriber["id"])
    assert not hasattr(official(client).groups, "get")
    subscribers.update(subscriber["email"], fields={})
    subscribers.count()
    assert refusal(subscribers.count).status_code == 429
    asked = [(row["method"], row["path"], row["status"]) for row in client.control("requests")]
    assert asked == [
        ("POST", "/api/subscribers", 200),
        ("GET", "/api/subscribers?limit=0", 200),
        ("GET", "/api/subscribers?limit=0", 429),
    ]
