"""What the simulated MailerLite sends for reads, compared with the recorded shapes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.simulator.client import Client

SUBSCRIBER_KEYS = [
    "id",
    "email",
    "status",
    "source",
    "sent",
    "opens_count",
    "clicks_count",
    "open_rate",
    "click_rate",
    "ip_address",
    "subscribed_at",
    "unsubscribed_at",
    "created_at",
    "updated_at",
    "fields",
    "opted_in_at",
    "optin_ip",
]
GROUP_KEYS = [
    "id",
    "name",
    "active_count",
    "sent_count",
    "opens_count",
    "open_rate",
    "clicks_count",
    "click_rate",
    "unsubscribed_count",
    "unconfirmed_count",
    "bounced_count",
    "junk_count",
    "created_at",
]
DEFAULT_KEYS = ["name", "last_name", "company", "country", "city", "phone", "state", "z_i_p"]


def test_wrong_key_is_401_without_rate_headers(reading: Client) -> None:
    response = reading.http.get(f"{reading.endpoints.mailerlite_url}/groups", headers={"Authorization": "Bearer no"})
    assert response.status_code == 401
    assert response.text == '{"message":"Unauthenticated."}'
    assert not {"x-ratelimit-limit", "x-ratelimit-remaining", "x-account_id", "x-locale"} & set(response.headers)


def test_headers_of_an_authenticated_response(reading: Client) -> None:
    response = reading.mail("GET", "groups", limit=1)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-ratelimit-limit"] == "10000"
    assert response.headers["x-account_id"] == "12345"
    assert response.headers["x-locale"] == "en"
    assert "retry-after" not in response.headers
    assert "\\/" in response.text


def test_first_page_of_subscribers_as_recorded(reading: Client) -> None:
    body = reading.mail("GET", "subscribers", limit=10).json()
    rows = body["data"]
    assert list(rows[0]) == SUBSCRIBER_KEYS
    assert list(rows[0]["fields"])[:8] == DEFAULT_KEYS
    ids = [int(row["id"]) for row in rows]
    assert ids == sorted(ids, reverse=True)
    assert all(len(row["id"]) in (17, 18) for row in rows)
    raw = json.dumps({"id": ids[-1], "_pointsToNextItems": True}, separators=(",", ":")).encode()
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert body["meta"]["next_cursor"] == cursor
    assert body["meta"]["prev_cursor"] is None
    assert body["links"]["next"] == f"{reading.endpoints.mailerlite_url}/subscribers?cursor={cursor}"
    assert body["meta"]["per_page"] == 10


def test_following_cursors_reads_everybody_once_and_ends(reading: Client) -> None:
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(20):
        body = reading.mail("GET", "subscribers", limit=40, include="groups", **cursor).json()
        seen += [row["id"] for row in body["data"]]
        if body["meta"]["next_cursor"] is None:
            break
        cursor = {"cursor": body["meta"]["next_cursor"]}
    assert sorted(seen) == sorted({subscriber["id"] for subscriber in reading.control("state")["subscribers"]})


def test_previous_cursor_leads_back(reading: Client) -> None:
    first = reading.mail("GET", "subscribers", limit=7).json()
    second = reading.mail("GET", "subscribers", limit=7, cursor=first["meta"]["next_cursor"]).json()
    back = reading.mail("GET", "subscribers", limit=7, cursor=second["meta"]["prev_cursor"]).json()
    assert back["data"] == first["data"]
    assert back["meta"]["prev_cursor"] is None


def test_garbage_cursor_is_the_first_page(reading: Client) -> None:
    assert reading.data("subscribers", limit=3, cursor="1") == reading.data("subscribers", limit=3)


def test_page_size_default_and_cap(reading: Client) -> None:
    assert reading.mail("GET", "subscribers").json()["meta"]["per_page"] == 25
    capped = reading.mail("GET", "subscribers", limit=1000).json()
    assert capped["meta"]["per_page"] == len(capped["data"]) == 100


def test_count_alone(reading: Client) -> None:
    assert reading.mail("GET", "subscribers", limit=0).json() == {"total": 150}
    bounced = sum(subscriber["status"] == "bounced" for subscriber in reading.control("state")["subscribers"])
    assert reading.mail("GET", "subscribers", limit=0, filter_status="bounced").json() == {"total": bounced}


def test_status_filter_of_all_subscribers(reading: Client) -> None:
    assert {row["status"] for row in reading.data("subscribers", limit=100)} > {"active"}
    assert {row["status"] for row in reading.data("subscribers", filter_status="unsubscribed")} == {"unsubscribed"}


def test_groups_come_only_when_included(reading: Client) -> None:
    assert "groups" not in reading.data("subscribers", limit=1)[0]
    subscriber = reading.subscriber("two unpurchased tiers")
    rows = reading.data("subscribers", limit=100, include="groups") + reading.data(
        "subscribers",
        limit=100,
        include="groups",
        cursor=reading.mail("GET", "subscribers", limit=100).json()["meta"]["next_cursor"],
    )
    row = next(row for row in rows if row["id"] == subscriber["id"])
    assert [group["name"] for group in row["groups"]] == subscriber["groups"]
    assert list(row["groups"][0]) == GROUP_KEYS


def test_subscriber_by_id_and_by_any_spelling_of_the_email(reading: Client) -> None:
    subscriber = reading.subscriber("e-mail with a plus")
    by_id = reading.data(f"subscribers/{subscriber['id']}")
    encoded = subscriber["email"].upper().replace("+", "%2B").replace("@", "%40")
    assert reading.data(f"subscribers/{encoded}") == by_id
    assert [group["id"] for group in by_id["groups"]] == subscriber["group_ids"]
    assert list(by_id) == [*SUBSCRIBER_KEYS[:15], "groups", *SUBSCRIBER_KEYS[15:]]


def test_unknown_subscriber_is_the_recorded_404(reading: Client) -> None:
    response = reading.mail("GET", "subscribers/123123")
    assert response.status_code == 404
    assert (
        response.text
        == '{\n    "message": "No query results for model [App\\\\Models\\\\Subscriber\\\\Subscriber]."\n}'
    )
    assert "x-locale" not in response.headers
    assert "x-ratelimit-remaining" in response.headers


@pytest.mark.parametrize(("wording", "text"), [("resource", "Resource not found."), ("empty", "")])
def test_a_404_has_several_wordings(client: Client, wording: str, text: str) -> None:
    client.control("set", {"not_found": wording})
    response = client.mail("GET", "subscribers/1")
    assert (response.status_code, response.json()) == (404, {"message": text})
    assert [item["body"] for item in client.batch(("GET", "groups/1")).json()["responses"]] == [{"message": text}]


def test_the_last_page_may_lead_to_an_empty_one(client: Client) -> None:
    client.control("set", {"cursor_past_end": True})
    group = client.group_id("Newsletter")
    last = client.mail("GET", f"groups/{group}/subscribers", limit=1000).json()
    beyond = client.mail("GET", f"groups/{group}/subscribers", limit=1000, cursor=last["meta"]["next_cursor"]).json()
    assert last["data"]
    assert (beyond["data"], beyond["meta"]["next_cursor"]) == ([], None)


def test_groups_list_by_name_in_pages(reading: Client) -> None:
    body = reading.mail("GET", "groups", limit=5, page=2).json()
    everything = reading.mail("GET", "groups", limit=1000).json()
    names = [group["name"] for group in everything["data"]]
    assert names == sorted(names, key=str.casefold)
    assert [group["name"] for group in body["data"]] == names[5:10]
    meta = body["meta"]
    assert (meta["current_page"], meta["from"], meta["to"], meta["total"]) == (2, 6, 10, len(names))
    assert meta["links"][0] == {"url": body["links"]["prev"], "label": "&laquo; Previous", "active": False}
    assert body["links"]["next"].endswith("/groups?page=3")
    assert everything["links"]["next"] is None


def test_group_filter_and_sort(reading: Client) -> None:
    found = [group["name"] for group in reading.data("groups", filter_name="etb", sort="-name")]
    assert found == sorted(found, key=str.casefold, reverse=True)
    assert "ETB-2019-FIRSTLIGHT GOLD" in found
    assert all("etb" in name.lower() for name in found)


def test_members_default_to_active_and_counters_agree(reading: Client) -> None:
    group = next(row for row in reading.data("groups", limit=1000) if row["name"].endswith("NBL_GOLD"))
    path = f"groups/{group['id']}/subscribers"
    members = reading.data(path, limit=1000, include="groups")
    assert {row["status"] for row in members} == {"active"}
    assert len(members) == group["active_count"]
    assert all(group["id"] in [own["id"] for own in row["groups"]] for row in members)
    truth = sum(group["id"] in subscriber["group_ids"] for subscriber in reading.control("state")["subscribers"])
    statuses = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
    assert sum(len(reading.data(path, limit=1000, filter_status=status)) for status in statuses) == truth
    assert reading.mail("GET", path).json()["meta"]["per_page"] == 50


def test_empty_group_has_no_cursors(client: Client) -> None:
    group_id = client.mail("POST", "groups", {"name": "Empty"}).json()["data"]["id"]
    body = client.mail("GET", f"groups/{group_id}/subscribers", limit=5, cursor=1).json()
    path = f"{client.endpoints.mailerlite_url}/groups/{group_id}/subscribers"
    assert body == {
        "data": [],
        "links": {"first": None, "last": None, "prev": None, "next": None},
        "meta": {"path": path, "per_page": 5, "next_cursor": None, "prev_cursor": None},
    }


def test_fields_as_recorded(reading: Client) -> None:
    rows = reading.data("fields", sort="name", limit=100)
    assert {
        "id": "8",
        "name": "Zip",
        "key": "z_i_p",
        "type": "text",
        "is_default": True,
        "used_in_automations": False,
    } in rows
    numbers = {row["name"]: row["key"] for row in reading.data("fields", filter_type="number")}
    assert numbers
    assert all(key == name.lower() for name, key in numbers.items())


def test_automations_name_their_groups(reading: Client) -> None:
    body = reading.mail("GET", "automations").json()
    assert [row["enabled"] for row in body["data"]] == [True, False]
    trigger = body["data"][0]["triggers"][0]
    assert trigger["type"] == "subscriber_joins_group"
    assert trigger["groups"][0]["name"].endswith("_GOLD_PURCHASE")
    assert trigger["group_ids"] == [trigger["groups"][0]["id"]]
    assert body["meta"]["aggregations"]["all"] == 2
    assert len(reading.data("automations", filter_enabled="true")) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "campaigns/list", 404), ("PUT", "groups", 405), ("GET", "groups/121212", 404), ("GET", "groups/x", 404)],
)
def test_paths_without_a_route(reading: Client, method: str, path: str, status: int) -> None:
    response = reading.mail(method, path)
    assert response.status_code == status
    assert response.text.startswith('{\n    "message"')


def test_numbers_may_come_as_text(started: Any) -> None:
    client = started(number_values="string")
    subscriber = client.subscriber("up to date in GOLD_PURCHASE")
    values = client.data(f"subscribers/{subscriber['id']}")["fields"]
    key, number = next(
        (key, value) for key, value in subscriber["fields"].items() if key.endswith("_purchase") and value
    )
    assert values[key] == str(number)
