"""Faults on purpose: each kind strikes as its name says, a seed repeats it, and rough weather lets a client through."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import httpx
import pytest

from bema_tui.simulator import FaultProfile
from bema_tui.simulator.faults.profile import ANSWER_KINDS, WORLD_KINDS
from bema_tui.simulator.world.label_names import TierName, read_group_name
from tests.simulator.conftest import Client, Starter


def strike(client: Client, **profile: Any) -> None:
    client.control("set", {"faults": profile})


def calm(client: Client) -> None:
    client.control("set", {"faults": None})


def group_names(client: Client) -> set[str]:
    return {group["name"] for group in client.control("state")["groups"]}


def faults_of(client: Client) -> list[list[str]]:
    return [row["faults"] for row in client.control("requests")]


def test_too_many_requests_last_as_long_as_they_say(client: Client) -> None:
    strike(client, too_many=1.0, retry_after_seconds=7)
    refused = client.mail("GET", "groups")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.json() == {"message": "Too Many Attempts."}
    assert refused.headers["x-ratelimit-remaining"] == "0"
    shop = client.shop("info")
    assert (shop.status_code, shop.headers["retry-after"]) == (429, "7")
    assert client.control("state")["requests"]["refused_429"] == 0
    calm(client)
    again = client.mail("GET", "groups")
    assert (again.status_code, 5 <= int(again.headers["retry-after"]) <= 7) == (429, True)
    assert client.control("state")["requests"]["refused_429"] == 1


def test_too_many_requests_can_keep_the_time_to_itself(client: Client) -> None:
    strike(client, too_many=1.0, retry_after_seconds=0)
    refused = [client.mail("GET", "groups"), client.shop("info")]
    assert [(answer.status_code, "retry-after" in answer.headers) for answer in refused] == [(429, False)] * 2
    calm(client)
    assert client.mail("GET", "groups").status_code == 200


def test_server_error_does_nothing(client: Client) -> None:
    strike(client, server_error=1.0)
    answer = client.mail("POST", "groups", {"name": "Storm"})
    assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})
    assert "Storm" not in group_names(client)
    assert client.shop("info").status_code == 500


def test_bad_gateway_loses_the_answer_and_sometimes_the_request(client: Client) -> None:
    strike(client, bad_gateway=1.0)
    sent = [f"Storm {number}" for number in range(16)]
    for name in sent:
        answer = client.mail("POST", "groups", {"name": name})
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert 0 < len(group_names(client) & set(sent)) < 16
    assert client.shop("info").status_code == 502


def test_slow_answers_are_late_and_whole(client: Client) -> None:
    strike(client, slow=1.0, slow_seconds=0.15)
    begun = time.monotonic()
    assert client.mail("GET", "groups").status_code == 200
    assert client.shop("info").json()["info"]["permissions"]
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
def test_cut_connections_answer_nothing(client: Client, kind: str, done: bool) -> None:
    strike(client, **{kind: 1.0})
    with pytest.raises(httpx.TransportError):
        client.mail("POST", "groups", {"name": "Storm"})
    with pytest.raises(httpx.TransportError):
        client.shop("info")
    calm(client)
    assert ("Storm" in group_names(client)) is done
    assert [row["status"] for row in client.control("requests")] == [None, None]
    assert client.mail("GET", "groups").status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "invalid_json"])
def test_spoiled_json_hides_what_was_done(client: Client, kind: str) -> None:
    strike(client, **{kind: 1.0})
    answer = client.mail("POST", "groups", {"name": "Storm"})
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    with pytest.raises(ValueError, match=r"char|line"):
        answer.json()
    with pytest.raises(ValueError, match=r"char|line"):
        client.shop("info").json()
    assert "Storm" in group_names(client)


def test_damaged_json_can_be_limited(client: Client) -> None:
    strike(client, truncated=0.5, invalid_json=0.5, most_events=2)
    for _ in range(12):
        client.mail("GET", "fields")
    assert client.control("state")["faults"] == {"truncated": 2, "invalid_json": 2}
    assert len(client.data("fields")) > 8


def test_empty_answers_have_nothing_to_spoil(client: Client) -> None:
    number = client.data("groups", limit=1)[0]["id"]
    strike(client, truncated=1.0)
    answer = client.mail("DELETE", f"groups/{number}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_sale_between_pages_shows_a_row_twice(client: Client) -> None:
    strike(client, shop_sale=1.0)
    first, second = (client.sales(number=20, page=page) for page in (1, 2))
    assert first[-1]["key"] == second[0]["key"]
    newest = client.sales(number=1)[0]
    assert newest["email"] == "late.fan1@example.com"
    assert newest["email"] not in {person["email"] for person in client.control("state")["subscribers"]}
    assert faults_of(client) == [[], ["shop_sale"], []]


def test_a_refund_between_pages_hides_a_row(client: Client) -> None:
    everything = [row["ID"] for row in client.sales(number=0)]
    strike(client, shop_refund=1.0)
    read = [row["ID"] for page in (1, 2) for row in client.sales(number=20, page=page)]
    assert len(set(read)) == 40
    assert set(everything[:41]) - set(read) == {everything[20]}
    assert len(client.sales(number=0)) == len(everything) - 1


def test_a_lost_import_is_never_done(started: Starter) -> None:
    client = started(import_seconds=0.0, allow_create=True)
    number = client.data("groups", limit=1)[0]["id"]
    strike(client, lost_import=1.0, most_events=1)
    rows = {"subscribers": [{"email": "lost@example.com"}]}
    lost = client.mail("POST", f"groups/{number}/import-subscribers", rows).json()["import_progress_url"]
    kept = client.mail("POST", f"groups/{number}/import-subscribers", rows).json()["import_progress_url"]
    seen = {url: client.http.get(url, headers=client.auth).json()["data"] for url in (lost, kept)}
    assert [(seen[url]["done"], seen[url]["percent"]) for url in (lost, kept)] == [(False, 0), (True, 100)]
    assert client.control("state")["faults"] == {"lost_import": 1}


def test_automations_demote_people_who_did_not_buy(client: Client) -> None:
    def memberships() -> dict[str, set[str]]:
        return {person["id"]: set(person["groups"]) for person in client.control("state")["subscribers"]}

    before = memberships()
    strike(client, automation_move=1.0, most_events=5)
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


def test_counters_lag_behind_in_a_struck_listing(started: Starter) -> None:
    client = started(counter_lag=False)
    person, name = client.person("buyer in GOLD"), "Press & radio"
    number = client.group_id(name)

    def shown() -> int:
        return int(next(row for row in client.data("groups", limit=100) if row["id"] == number)["active_count"])

    before = shown()
    strike(client, lagging_counters=1.0, most_events=1)
    client.control("change", {"move": {"email": person["email"], "to": name}})
    assert [shown(), shown()] == [before, before + 1]


def test_an_account_is_full_at_its_limits(client: Client) -> None:
    state = client.control("state")
    strike(client, most_groups=len(state["groups"]) + 1, most_fields=len(state["fields"]) + 1)
    assert [client.mail("POST", "groups", {"name": f"Full {n}"}).status_code for n in (1, 2)] == [201, 422]
    fields = [client.mail("POST", "fields", {"name": f"Full {n}", "type": "text"}) for n in (1, 2)]
    assert [answer.status_code for answer in fields] == [201, 422]
    assert "maximum" in fields[1].json()["message"]


@pytest.mark.parametrize("side", ["mailerlite", "edd"])
def test_a_key_expires_in_mid_run(client: Client, side: str) -> None:
    strike(client, expire_after=2, expire_side=side)
    mailing = [client.mail("GET", "groups") for _ in range(4)]
    shop = [client.shop("info") for _ in range(4)]
    assert [answer.status_code for answer in mailing] == ([200, 200, 401, 401] if side == "mailerlite" else [200] * 4)
    assert [answer.status_code for answer in shop] == ([200, 200, 403, 403] if side == "edd" else [200] * 4)
    if side == "mailerlite":
        assert "x-ratelimit-limit" not in mailing[-1].headers
    else:
        assert shop[-1].json() == {"error": "Invalid API key!"}


def test_faults_can_keep_to_one_side(client: Client) -> None:
    strike(client, server_error=1.0, side="edd")
    assert (client.mail("GET", "groups").status_code, client.shop("info").status_code) == (200, 500)


def weather(client: Client) -> list[list[str]]:
    for number in range(40):
        try:
            client.mail("GET", "groups", limit=number + 1)
            client.sales(number=10, page=2)
        except (httpx.TransportError, AssertionError, ValueError):
            continue
    return faults_of(client)


def test_a_seed_repeats_its_faults(started: Starter) -> None:
    def profile(seed: int) -> FaultProfile:
        return FaultProfile(
            seed=seed, server_error=0.2, cut_after=0.1, truncated=0.1, shop_sale=0.3, automation_move=0.3
        )

    first, again, other = (weather(started(faults=profile(seed))) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    struck = {name for names in first for name in names}
    assert struck == {"server_error", "cut_after", "truncated", "shop_sale", "automation_move"}


@pytest.mark.parametrize("seed", range(3))
def test_rough_weather_lets_three_tries_through(started: Starter, seed: int) -> None:
    profile = attrs.evolve(FaultProfile.rough(0.2, seed), retry_after_seconds=0, slow_seconds=0.01)
    client = started(faults=profile, subscribers=60, orders=80)

    def done(ask: Callable[[], httpx.Response]) -> bool:
        for _ in range(3):
            try:
                ask().raise_for_status().json()
            except (httpx.HTTPError, ValueError):
                continue
            return True
        return False

    names = [f"Calm {number}" for number in range(30)]
    assert all(done(partial(client.shop, "sales", number=5, page=page)) for page in range(1, 40))
    assert all(done(partial(client.mail, "GET", "groups", filter_name=name)) for name in names)
    struck = client.control("state")["faults"]
    assert sum(struck.get(kind, 0) for kind in ANSWER_KINDS) >= 5
    assert max(struck.get(kind, 0) for kind in WORLD_KINDS) <= 3
    assert client.rules_broken() == []
