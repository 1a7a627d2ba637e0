"""What writes do to the simulated MailerLite."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.client import Client, Starter


def test_upsert_creates_with_a_lower_cased_email(client: Client) -> None:
    response = client.mail("POST", "subscribers", {"email": "New.One@Example.com", "fields": {"name": "Jo", "none": 1}})
    assert response.status_code == 201
    data = response.json()["data"]
    assert (data["email"], data["status"], data["source"]) == ("new.one@example.com", "active", "api")
    assert data["fields"]["name"] == "Jo"
    assert "none" not in data["fields"]
    assert data["groups"] == []


def test_upsert_adds_and_never_takes_away(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    group_id = client.group_id("Newsletter")
    response = client.mail("POST", "subscribers", {"email": subscriber["email"], "groups": [group_id]})
    assert response.status_code == 200
    data = response.json()["data"]
    assert data["id"] == subscriber["id"]
    assert {group["id"] for group in data["groups"]} == {*subscriber["group_ids"], group_id}
    assert data["fields"]["last_name"] == subscriber["fields"]["last_name"]


def test_upsert_that_changes_nothing_keeps_updated_at(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    before = client.data(f"subscribers/{subscriber['id']}")["updated_at"]
    body = {"email": subscriber["email"], "fields": {"name": subscriber["fields"]["name"]}}
    assert client.mail("POST", "subscribers", body).json()["data"]["updated_at"] == before
    body["fields"]["name"] = "Another"
    assert client.mail("POST", "subscribers", body).json()["data"]["updated_at"] != before


def test_upsert_of_an_unsubscribed_email_is_422(client: Client) -> None:
    subscriber = client.subscriber("unsubscribed buyer")
    response = client.mail("POST", "subscribers", {"email": subscriber["email"], "fields": {"name": "A"}})
    assert response.status_code == 422
    assert response.json() == {
        "message": "The given data was invalid.",
        "errors": {"email": ["This subscriber is unsubscribed and cannot be imported"]},
        "subscriber": subscriber["id"],
    }
    again = client.mail("POST", "subscribers", {"email": subscriber["email"], "resubscribe": True})
    assert again.json()["data"]["status"] == "active"


@pytest.mark.parametrize(
    ("body", "key", "text"),
    [
        ({}, "email", "The email field is required."),
        ({"email": "not-an-address"}, "email", "The email must be a valid email address."),
        ({"email": "a@example.com", "status": "gone"}, "status", "The selected status is invalid."),
        ({"email": "a@example.com", "groups": [5]}, "groups.0", "The selected groups.0 is invalid."),
        (
            {"email": "a@example.com", "subscribed_at": "2025-01-01T10:00:00Z"},
            "subscribed_at",
            "The subscribed at does not match the format Y-m-d H:i:s.",
        ),
    ],
)
def test_upsert_refusals(client: Client, body: dict[str, Any], key: str, text: str) -> None:
    response = client.mail("POST", "subscribers", body)
    assert response.status_code == 422
    assert response.json()["errors"] == {key: [text]}
    assert client.control("state")["created"] == 0


def test_groups_that_are_objects_are_refused_in_the_newer_wording(client: Client) -> None:
    response = client.mail("POST", "subscribers", {"email": "a@example.com", "groups": [{"id": "1"}]})
    assert response.status_code == 422
    assert response.json()["message"] == "The groups.0 field must be a number. (and 1 more error)"


def test_deleted_subscriber_comes_back_with_the_same_id(client: Client) -> None:
    subscriber = client.subscriber("non-buyer in WOOD")
    assert client.mail("DELETE", f"subscribers/{subscriber['id']}").status_code == 204
    assert client.mail("GET", f"subscribers/{subscriber['id']}").status_code == 404
    assert client.mail("DELETE", f"subscribers/{subscriber['id']}").status_code == 404
    response = client.mail("POST", "subscribers", {"email": subscriber["email"]})
    assert (response.status_code, response.json()["data"]["id"]) == (200, subscriber["id"])
    assert response.json()["data"]["groups"] == []


def test_forget(client: Client) -> None:
    subscriber = client.subscriber("non-buyer in WOOD")
    response = client.mail("POST", f"subscribers/{subscriber['id']}/forget")
    assert response.status_code == 200
    assert response.json()["message"].startswith("Subscriber data will be completely deleted")
    assert response.json()["data"]["forget_at"] > response.json()["data"]["deleted_at"]


def test_put_merges_fields_and_leaves_groups_alone(client: Client) -> None:
    subscriber = client.subscriber("buyer in SILVER")
    key = next(key for key in subscriber["fields"] if key.endswith("_purchase"))
    response = client.mail("PUT", f"subscribers/{subscriber['id']}", {"fields": {key: 4711, "last_name": None}})
    assert response.status_code == 200
    data = response.json()["data"]
    assert data["fields"][key] == 4711
    assert data["fields"]["last_name"] is None
    assert data["fields"]["name"] == subscriber["fields"]["name"]
    assert [group["id"] for group in data["groups"]] == subscriber["group_ids"]
    assert data["location"] is None
    assert client.rules_broken() == ["foreign_field"]


def test_put_with_groups_replaces_the_membership(client: Client) -> None:
    subscriber = client.subscriber("purchased and lower tier")
    kept = subscriber["group_ids"][0]
    data = client.mail("PUT", f"subscribers/{subscriber['id']}", {"groups": [kept]}).json()["data"]
    assert [group["id"] for group in data["groups"]] == [kept]


def test_put_of_an_unsubscribed_subscriber_stores_the_field(client: Client) -> None:
    subscriber = client.subscriber("unsubscribed buyer")
    key = next(key for key in subscriber["fields"] if key.endswith("_purchase"))
    response = client.mail("PUT", f"subscribers/{subscriber['id']}", {"fields": {key: 12}})
    assert (response.status_code, response.json()["data"]["fields"][key]) == (200, 12)
    refused = client.mail("PUT", f"subscribers/{subscriber['id']}", {"status": "active"})
    assert refused.status_code == 422


def test_put_may_change_the_email_but_not_to_a_taken_one(client: Client) -> None:
    subscriber, other = client.subscriber("buyer in SILVER"), client.subscriber("buyer in GOLD")
    assert client.mail("PUT", f"subscribers/{subscriber['id']}", {"email": other["email"]}).status_code == 422
    data = client.mail("PUT", f"subscribers/{subscriber['id']}", {"email": "Moved@example.com"}).json()["data"]
    assert data["email"] == "moved@example.com"
    assert client.rules_broken() == ["email_changed"]


def test_assign_and_unassign(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    group_id = client.group_id(subscriber["groups"][0] + "_PURCHASE")
    path = f"subscribers/{subscriber['id']}/groups/{group_id}"
    for _ in range(2):
        response = client.mail("POST", path)
        assert (response.status_code, response.json()["data"]["id"]) == (200, group_id)
    left = client.mail("DELETE", f"subscribers/{subscriber['id']}/groups/{subscriber['group_ids'][0]}")
    assert (left.status_code, left.content, "content-type" in left.headers) == (204, b"", False)
    again = client.mail("DELETE", f"subscribers/{subscriber['id']}/groups/{subscriber['group_ids'][0]}")
    assert (again.status_code, again.text) == (404, '{\n    "message": ""\n}')
    assert client.mail("POST", f"subscribers/{subscriber['id']}/groups/2").json()["errors"] == {
        "id": ["The selected id is invalid."]
    }
    assert client.rules_broken() == []


def test_counters_are_old_until_the_groups_are_listed(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    group_id = client.mail("POST", "groups", {"name": "2031_A_B_GOLD"}).json()["data"]["id"]
    response = client.mail("POST", f"subscribers/{subscriber['id']}/groups/{group_id}")
    assert response.json()["data"]["active_count"] == 0
    assert client.data(f"groups/{group_id}")["active_count"] == 0
    client.data("groups", limit=1)
    assert client.data(f"groups/{group_id}")["active_count"] == 1


def test_groups_are_made_once_per_name(client: Client) -> None:
    made = client.mail("POST", "groups", {"name": "2031_A_B_GOLD"})
    assert made.status_code == 201
    again = client.mail("POST", "groups", {"name": "2031_A_B_GOLD"})
    assert again.status_code == 422
    assert again.json()["errors"] == {"name": ["The name has already been taken."]}
    path = f"groups/{made.json()['data']['id']}"
    assert client.mail("PUT", path, {"name": "Other"}).json()["data"]["name"] == "Other"
    assert client.mail("DELETE", path).status_code == 204
    assert "[App\\Models\\Group\\Group]" in client.mail("DELETE", path).json()["message"]


@pytest.mark.parametrize(
    ("rule", "name", "key"),
    [
        ("lower", "2031_A_B_PURCHASE", "2031_a_b_purchase"),
        ("snake", "2031_A_B_PURCHASE", "2031__a__b__p_u_r_c_h_a_s_e"),
        ("snake", "My Field", "my_field"),
        ("lower", "My Field", "my_field"),
    ],
)
def test_field_keys_follow_the_rule_and_never_change(started: Starter, rule: str, name: str, key: str) -> None:
    client = started(field_key_rule=rule)
    made = client.mail("POST", "fields", {"name": name, "type": "number"})
    assert made.status_code == 201
    row = made.json()["data"]
    assert row == {"id": row["id"], "name": name, "key": key, "type": "number", "is_default": False}
    renamed = client.mail("PUT", f"fields/{row['id']}", {"name": "Else"}).json()["data"]
    assert (renamed["name"], renamed["key"]) == ("Else", key)
    assert client.mail("POST", "fields", {"name": "x", "type": "bool"}).json()["errors"] == {
        "type": ["The selected type is invalid."]
    }


def test_unknown_field_may_be_refused(client: Client) -> None:
    body = {"fields": {"no_such_field": "x"}}
    path = f"subscribers/{client.subscriber('buyer in GOLD')['id']}"
    assert client.mail("PUT", path, body).status_code == 200
    client.control("set", {"unknown_field": "422"})
    assert set(client.mail("PUT", path, body).json()["errors"]) == {"fields.no_such_field"}


def test_new_subscribers_may_have_to_confirm(client: Client) -> None:
    client.control("set", {"double_opt_in": True})
    made = client.mail("POST", "subscribers", {"email": "new@example.com"})
    assert (made.status_code, made.json()["data"]["status"]) == (201, "unconfirmed")


def test_who_joins_a_group_starts_its_automation_once(client: Client) -> None:
    subscriber, state = client.subscriber("buyer in GOLD"), client.control("state")
    assert [(each["enabled"], each["started"]) for each in state["automations"]] == [(True, 0), (False, 0)]
    for automation in state["automations"]:
        for _ in range(2):
            number = client.group_id(automation["groups"][0])
            client.mail("POST", f"subscribers/{subscriber['id']}/groups/{number}")
    assert [each["started"] for each in client.control("state")["automations"]] == [1, 0]
    assert client.data("automations")[0]["stats"]["subscribers_in_queue_count"] == 1
