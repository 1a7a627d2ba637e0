"""Faults that change the data between requests, or hide what an account holds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bema_tui.simulator.world.label_names import TierName, read_group_name
from tests.simulator.client import Client, Starter, faults_of, inject_faults


def test_a_sale_between_pages_shows_a_row_twice(client: Client) -> None:
    inject_faults(client, shop_sale=1.0)
    first, second = (client.sales(number=20, page=page) for page in (1, 2))
    assert first[-1]["key"] == second[0]["key"]
    newest = client.sales(number=1)[0]
    assert newest["email"] == "late.fan1@example.com"
    assert newest["email"] not in {subscriber["email"] for subscriber in client.control("state")["subscribers"]}
    assert faults_of(client) == [[], ["shop_sale"], []]


def test_a_refund_between_pages_hides_a_row(client: Client) -> None:
    everything = [row["ID"] for row in client.sales(number=0)]
    inject_faults(client, shop_refund=1.0)
    read = [row["ID"] for page in (1, 2) for row in client.sales(number=20, page=page)]
    assert len(set(read)) == 40
    assert set(everything[:41]) - set(read) == {everything[20]}
    assert len(client.sales(number=0)) == len(everything) - 1


def test_an_edit_between_pages_shows_an_order_under_another_email(client: Client) -> None:
    before = {row["key"]: row["email"] for row in client.sales(number=20)}
    inject_faults(client, shop_edit=1.0, most_events=1)
    client.sales(number=20, page=2)
    client.sales(number=20, page=2)
    changed = {
        key: email for key, email in ((r["key"], r["email"]) for r in client.sales(number=20)) if before[key] != email
    }
    assert len(changed) == 1
    (key, email), *_ = changed.items()
    assert email == f"corrected.{before[key].strip().lower()}"


def test_automations_demote_members_who_did_not_buy(client: Client) -> None:
    def memberships() -> dict[str, set[str]]:
        return {subscriber["id"]: set(subscriber["groups"]) for subscriber in client.control("state")["subscribers"]}

    before = memberships()
    inject_faults(client, automation_move=1.0, most_events=5)
    moves = []
    for _ in range(8):
        assert client.mail("GET", "fields").status_code == 200
        after = memberships()
        moves += [(old, new) for one in after for old in before[one] - after[one] for new in after[one] - before[one]]
        before = after
    lower = {"OPT-IN": "SILVER", "GOLD": "SILVER", "SILVER": "BRONZE", "BRONZE": "WOOD"}
    assert moves
    for name, new in moves:
        tier = read_group_name(name)
        assert tier is not None
        assert read_group_name(new) == TierName(tier.campaign, lower[tier.suffix])
    assert client.control("state")["faults"] == {"automation_move": 5}
    assert client.rules_broken() == []


def demoted(client: Client, **faults: Any) -> list[tuple[set[str], set[str]]]:
    before = {subscriber["id"]: set(subscriber["groups"]) for subscriber in client.control("state")["subscribers"]}
    inject_faults(client, **faults)
    number = next(iter(before))
    for _ in range(6):
        response: httpx.Response = client.batch(*[("GET", f"subscribers/{number}")] * 50)
        assert response.status_code == 200
    subscribers = client.control("state")["subscribers"]
    return [(before[one["id"]], set(one["groups"])) for one in subscribers if before[one["id"]] != set(one["groups"])]


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


def test_counters_lag_behind_in_a_list_with_the_fault(started: Starter) -> None:
    client = started(counter_lag=False)
    subscriber, name = client.subscriber("buyer in GOLD"), "Press & radio"
    number = client.group_id(name)

    def shown() -> int:
        return int(next(row for row in client.data("groups", limit=100) if row["id"] == number)["active_count"])

    before = shown()
    inject_faults(client, lagging_counters=1.0, most_events=1)
    client.control("change", {"move": {"email": subscriber["email"], "to": name}})
    assert [shown(), shown()] == [before, before + 1]


def test_an_account_is_full_at_its_limits(client: Client) -> None:
    state = client.control("state")
    inject_faults(client, most_groups=len(state["groups"]) + 1, most_fields=len(state["fields"]) + 1)
    assert [client.mail("POST", "groups", {"name": f"Full {n}"}).status_code for n in (1, 2)] == [201, 422]
    fields = [client.mail("POST", "fields", {"name": f"Full {n}", "type": "text"}) for n in (1, 2)]
    assert [response.status_code for response in fields] == [201, 422]
    assert "maximum" in fields[1].json()["message"]
