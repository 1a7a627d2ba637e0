"""The control paths: the truth, held requests, switches, small edits, and the rules that no request may break."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.simulator.client import Client, Starter
from tests.support.until import until


def in_background(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except httpx.HTTPError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_requests_are_logged_without_secrets(client: Client) -> None:
    client.mail("GET", "groups", limit=1)
    client.http.get(
        client.endpoints.edd_url,
        params={"edd-api": "v2/sales", "key": client.endpoints.edd_key, "token": client.endpoints.edd_token},
    )
    logged = client.control("requests?since=0")
    assert [(row["number"], row["side"], row["status"]) for row in logged] == [(1, "mailerlite", 200), (2, "edd", 200)]
    text = repr(logged)
    assert not any(
        secret in text
        for secret in (client.endpoints.mailerlite_key, client.endpoints.edd_key, client.endpoints.edd_token)
    )
    assert [row["number"] for row in client.control("requests?since=1")] == [2]
    assert client.control("state")["requests"] == {"read": 1, "write": 0, "refused_429": 0, "shop": 1}


@pytest.mark.parametrize("when", ["before", "after"])
def test_held_write_goes_on_after_the_release(client: Client, when: str) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    group_id = client.group_id(subscriber["groups"][0] + "_PURCHASE")
    client.control("hold", {"at": 2, "when": when, "side": "mailerlite", "only": "writes"})
    path = f"subscribers/{subscriber['id']}"
    assert client.mail("PUT", path, {"fields": {}}).status_code == 200
    assert client.mail("GET", path).status_code == 200
    thread, results = in_background(lambda: client.mail("POST", f"{path}/groups/{group_id}"))
    until("a request is held", lambda: client.control("held")["holding"])
    now = next(p for p in client.control("state")["subscribers"] if p["id"] == subscriber["id"])
    assert (group_id in now["group_ids"]) == (when == "after")
    assert client.mail("GET", path).status_code == 200
    client.control("release", {})
    thread.join(60)
    assert results[0].status_code == 200
    assert client.control("held")["holding"] is False
    after = next(p for p in client.control("state")["subscribers"] if p["id"] == subscriber["id"])
    assert group_id in after["group_ids"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_client_that_goes_away_ends_the_hold(client: Client, when: str) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    group_id = client.group_id(subscriber["groups"][0] + "_PURCHASE")
    client.control("hold", {"at": 1, "when": when, "only": "writes"})
    url = f"{client.endpoints.mailerlite_url}/subscribers/{subscriber['id']}/groups/{group_id}"
    script = f"import httpx; httpx.post({url!r}, headers={client.auth!r}, timeout=60)"
    process = subprocess.Popen([sys.executable, "-c", script])
    until("a request is held", lambda: client.control("held")["holding"])
    process.kill()
    process.wait()
    until("no request is held", lambda: not client.control("held")["holding"])
    now = next(p for p in client.control("state")["subscribers"] if p["id"] == subscriber["id"])
    assert (group_id in now["group_ids"]) == (when == "after")
    assert client.control("requests")[-1]["status"] is None


def test_shop_requests_can_be_held(client: Client) -> None:
    client.control("hold", {"at": 1, "side": "edd"})
    assert client.mail("GET", "groups").status_code == 200
    thread, results = in_background(lambda: client.sales(number=1))
    until("a request is held", lambda: client.control("held")["holding"])
    client.control("release", {})
    thread.join(60)
    assert len(results[0]) == 1


def test_switches(client: Client) -> None:
    client.control("set", {"page_cap": 10, "drop_groups_key": True})
    rows = client.data("subscribers", limit=50, include="groups")
    assert len(rows) == 10
    assert "groups" not in rows[0]
    client.control("set", {"expire_key": True})
    assert client.mail("GET", "groups").status_code == 401
    client.control("set", {"expire_key": "edd"})
    assert client.mail("GET", "groups").status_code == 200
    assert client.shop("info").json() == {"error": "Invalid API key!"}
    client.control("set", {"expire_key": False, "down": "mailerlite"})
    assert (client.mail("GET", "groups").status_code, client.shop("info").status_code) == (503, 200)
    client.control("set", {"down": "edd"})
    assert (client.mail("GET", "groups").status_code, client.shop("info").status_code) == (200, 503)
    client.control("set", {"down": None, "html_200_edd": True})
    assert client.shop("sales").text.startswith("<!DOCTYPE")
    client.control("set", {"html_200_edd": False, "truncate_after_page": 2})
    assert [client.shop("sales", page=page).status_code for page in (1, 2, 3)] == [200, 200, 500]


@pytest.mark.parametrize(
    "wanted",
    [{"no_such_switch": 1}, {"page_cap": "many"}, {"down": "both"}],
)
def test_what_no_switch_takes_changes_nothing(client: Client, wanted: dict[str, Any]) -> None:
    before = client.control("set", {})
    refused = client.http.post(client.control_url + "set", json={"quota": 1, **wanted})
    assert refused.status_code == 400
    assert next(iter(wanted)) in refused.json()["error"]
    assert client.control("set", {}) == before


def test_faults_bring_their_switches(client: Client) -> None:
    assert client.control("set", {"faults": {"switches": {"page_cap": 7}}})["page_cap"] == 7


def test_changes_by_control_are_no_violations(client: Client) -> None:
    state = client.control("state")
    order = next(order for order in state["orders"] if order["status"] == "complete" and order["refund_of"] is None)
    client.control("change", {"refund": order["key"]})
    assert order["key"] not in [row["key"] for row in client.sales(number=0)]
    assert client.sales(purchasekey=order["key"])[0]["status"] == "refunded"
    client.control("change", {"complete": order["key"]})
    assert order["key"] in [row["key"] for row in client.sales(number=0)]
    subscriber = client.subscriber("buyer in GOLD")
    lower = subscriber["groups"][0].replace("GOLD", "SILVER")
    move = {"email": subscriber["email"], "from": subscriber["groups"][0], "to": lower}
    assert client.control("change", {"move": move})["move"] == [lower]
    client.control("change", {"delete_subscriber": subscriber["id"]})
    assert client.mail("GET", f"subscribers/{subscriber['id']}").status_code == 404
    made = client.control("change", {"add_order": {"email": "late@example.com", "product": 100, "price": "5"}})
    assert client.sales(number=1)[0]["key"] == made["add_order"]["key"]
    client.control("change", {"create_group": "2031_A_B_GOLD"})
    client.control("change", {"create_field": {"name": "2031_A_B_PURCHASE"}})
    client.control("change", {"delete_group": "2031_A_B_GOLD"})
    assert client.rules_broken() == []
    assert client.http.post(client.control_url + "change", json={"refund": "nothing"}).status_code == 400


def broken_by(client: Client, role: str, write: Callable[[dict[str, Any]], Any]) -> list[str]:
    write(client.subscriber(role))
    return client.rules_broken()


def test_losing_the_last_tier_is_a_violation(client: Client) -> None:
    def unassign(subscriber: dict[str, Any]) -> None:
        client.mail("DELETE", f"subscribers/{subscriber['id']}/groups/{subscriber['group_ids'][0]}")

    assert broken_by(client, "buyer in GOLD", unassign) == ["unproved_remove", "lost_last_tier"]


def test_remove_in_the_request_of_its_add_is_a_violation(client: Client) -> None:
    def swap(subscriber: dict[str, Any]) -> None:
        root, new = f"subscribers/{subscriber['id']}/groups", client.group_id(subscriber["groups"][0] + "_PURCHASE")
        client.batch(("POST", f"{root}/{new}"), ("DELETE", f"{root}/{subscriber['group_ids'][0]}"))

    assert broken_by(client, "buyer in GOLD", swap) == ["unproved_remove"]


def test_proved_move_breaks_nothing(client: Client) -> None:
    def move(subscriber: dict[str, Any]) -> None:
        root, new = f"subscribers/{subscriber['id']}/groups", client.group_id(subscriber["groups"][0] + "_PURCHASE")
        client.batch(("POST", f"{root}/{new}"))
        client.batch(("DELETE", f"{root}/{subscriber['group_ids'][0]}"))

    assert broken_by(client, "buyer in GOLD", move) == []


def test_what_others_do_during_a_request_is_not_held_against_it(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    root, gold = f"subscribers/{subscriber['id']}/groups", subscriber["groups"][0]
    silver = client.group_id(gold.removesuffix("GOLD") + "SILVER")
    client.control("schedule", {"before": "batch_items", "at": 2, "change": {"demote": subscriber["email"]}})
    client.control("schedule", {"before": "batch_items", "at": 4, "change": {"delete_subscriber": subscriber["id"]}})
    client.batch(
        ("POST", f"{root}/{client.group_id(gold + '_PURCHASE')}"),
        ("DELETE", f"{root}/{subscriber['group_ids'][0]}"),
        ("POST", f"{root}/{silver}"),
        ("GET", f"subscribers/{subscriber['id']}"),
    )
    (logged,) = [row for row in client.control("requests") if row["items"]]
    assert [(item["code"], item["changed"]) for item in logged["items"]] == [
        (200, True),
        (404, False),  # others had taken them out
        (200, False),  # and put them in here
        (404, False),
    ]
    others = client.control("state")["changes_by_others"]
    assert [(other["change"], other["value"]) for other in others] == [
        ("demote", subscriber["email"]),
        ("delete_subscriber", subscriber["id"]),
    ]
    places = [item["sequence"] for item in logged["items"]]
    assert places[0] < others[0]["sequence"] < places[1]
    assert places[2] < others[1]["sequence"] < places[3]
    assert client.rules_broken() == []


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ({"groups": []}, {"unproved_remove", "lost_last_tier"}),
        ({"email": "other@example.com"}, {"email_changed"}),
        ({"status": "unsubscribed"}, {"status_changed"}),
        ({"fields": {"city": "Rome"}}, {"foreign_field"}),
        ({"fields": {"2026_etb_nbl_purchase": 5}}, set()),
    ],
)
def test_what_a_put_may_break(client: Client, body: dict[str, Any], rules: set[str]) -> None:
    active = client.subscriber("buyer in OPT-IN")
    client.mail("PUT", f"subscribers/{active['id']}", body)
    assert set(client.rules_broken()) == rules


def test_foreign_group_creation_and_deletion_are_violations(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    client.mail("POST", f"subscribers/{subscriber['id']}/groups/{client.group_id('ETB-2019-FIRSTLIGHT GOLD')}")
    client.mail("POST", "subscribers", {"email": "new@example.com"})
    client.mail("DELETE", f"groups/{client.group_id('Press & radio')}")
    field = next(field for field in client.data("fields", limit=100) if field["name"] == "Favourite record")
    client.mail("DELETE", f"fields/{field['id']}")
    other = client.subscriber("non-buyer in WOOD")
    client.mail("DELETE", f"subscribers/{other['id']}")
    rules = client.rules_broken()
    assert rules == ["foreign_group", "created", "group_deleted", "field_deleted", "subscriber_deleted"]
    first = client.control("violations")[0]
    assert client.control("requests")[first["request"] - 1]["path"].endswith(
        client.group_id("ETB-2019-FIRSTLIGHT GOLD")
    )
    assert client.control("state")["created"] == 1


def test_a_new_name_for_a_group_or_a_field_is_a_violation(client: Client) -> None:
    tier = client.subscriber("buyer in GOLD")["groups"][0]
    field = next(field for field in client.data("fields", limit=100) if field["name"].endswith("_PURCHASE"))
    client.mail("PUT", f"groups/{client.group_id(tier)}", {"name": "Something else"})
    client.mail("PUT", f"fields/{field['id']}", {"name": "Something else"})
    assert client.rules_broken() == ["group_renamed", "field_renamed"]


def test_a_deleted_subscriber_who_comes_back_is_a_violation(client: Client) -> None:
    subscriber = client.subscriber("non-buyer in WOOD")
    client.control("change", {"delete_subscriber": subscriber["id"]})
    client.mail("POST", "subscribers", {"email": subscriber["email"]})
    assert client.rules_broken() == ["created"]


def test_creation_can_be_expected(started: Starter) -> None:
    client = started(allow_create=True)
    client.mail("POST", "subscribers", {"email": "new@example.com"})
    assert client.rules_broken() == []


def test_latency_of_the_shop(started: Starter) -> None:
    client = started(page_seconds=0.2)
    begun = time.monotonic()
    client.sales(number=1)
    assert time.monotonic() - begun >= 0.2
