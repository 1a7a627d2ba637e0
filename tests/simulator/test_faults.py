"""Faults of responses: each kind happens as its name says, a seed repeats it, and a careful client gets through."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import attrs
import httpx
import pytest

from bema_tui.simulator import FaultProfile
from bema_tui.simulator.faults.kinds import RESPONSE_FAULTS, WORLD_FAULTS
from tests.simulator.client import Client, Starter, clear_faults, faults_of, inject_faults


def group_names(client: Client) -> set[str]:
    return {group["name"] for group in client.control("state")["groups"]}


def test_too_many_requests_last_as_long_as_they_say(client: Client) -> None:
    inject_faults(client, too_many=1.0, retry_after_seconds=7)
    refused = client.mail("GET", "groups")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.json() == {"message": "Too Many Attempts."}
    assert refused.headers["x-ratelimit-remaining"] == "0"
    shop = client.shop("info")
    assert (shop.status_code, shop.headers["retry-after"]) == (429, "7")
    assert client.control("state")["requests"]["refused_429"] == 0
    clear_faults(client)
    again = client.mail("GET", "groups")
    assert (again.status_code, 5 <= int(again.headers["retry-after"]) <= 7) == (429, True)
    assert client.control("state")["requests"]["refused_429"] == 1


def test_too_many_requests_can_keep_the_time_to_itself(client: Client) -> None:
    inject_faults(client, too_many=1.0, retry_after_seconds=0)
    refused = [client.mail("GET", "groups"), client.shop("info")]
    assert [(response.status_code, "retry-after" in response.headers) for response in refused] == [(429, False)] * 2
    clear_faults(client)
    assert client.mail("GET", "groups").status_code == 200


def test_server_error_does_nothing(client: Client) -> None:
    inject_faults(client, server_error=1.0)
    response = client.mail("POST", "groups", {"name": "Made"})
    assert (response.status_code, response.json()) == (500, {"message": "Server Error"})
    assert "Made" not in group_names(client)
    assert client.shop("info").status_code == 500


def test_bad_gateway_loses_the_response_and_sometimes_the_request(client: Client) -> None:
    inject_faults(client, bad_gateway=1.0)
    sent = [f"Made {number}" for number in range(16)]
    for name in sent:
        response = client.mail("POST", "groups", {"name": name})
        assert (response.status_code, response.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert 0 < len(group_names(client) & set(sent)) < 16
    assert client.shop("info").status_code == 502


def test_slow_responses_are_late_and_whole(client: Client) -> None:
    inject_faults(client, slow=1.0, slow_seconds=0.15)
    begun = time.monotonic()
    assert client.mail("GET", "groups").status_code == 200
    assert client.shop("info").json()["info"]["permissions"]
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
def test_cut_connections_send_nothing(client: Client, kind: str, done: bool) -> None:
    inject_faults(client, **{kind: 1.0})
    with pytest.raises(httpx.TransportError):
        client.mail("POST", "groups", {"name": "Made"})
    with pytest.raises(httpx.TransportError):
        client.shop("info")
    clear_faults(client)
    assert ("Made" in group_names(client)) is done
    assert [row["status"] for row in client.control("requests")] == [None, None]
    assert client.mail("GET", "groups").status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "invalid_json"])
def test_damaged_json_hides_what_was_done(client: Client, kind: str) -> None:
    inject_faults(client, **{kind: 1.0})
    response = client.mail("POST", "groups", {"name": "Made"})
    assert (response.status_code, response.headers["content-type"]) == (201, "application/json")
    with pytest.raises(ValueError, match=r"char|line"):
        response.json()
    with pytest.raises(ValueError, match=r"char|line"):
        client.shop("info").json()
    assert "Made" in group_names(client)


def test_damaged_json_can_be_limited(client: Client) -> None:
    inject_faults(client, truncated=0.5, invalid_json=0.5, most_events=2)
    for _ in range(12):
        client.mail("GET", "fields")
    assert client.control("state")["faults"] == {"truncated": 2, "invalid_json": 2}
    assert len(client.data("fields")) > 8


def test_empty_responses_have_nothing_to_damage(client: Client) -> None:
    number = client.data("groups", limit=1)[0]["id"]
    inject_faults(client, truncated=1.0)
    response = client.mail("DELETE", f"groups/{number}")
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("side", ["mailerlite", "edd"])
def test_a_key_expires_in_mid_run(client: Client, side: str) -> None:
    inject_faults(client, expire_after=2, expire_side=side)
    mailing = [client.mail("GET", "groups") for _ in range(4)]
    shop = [client.shop("info") for _ in range(4)]
    assert [response.status_code for response in mailing] == (
        [200, 200, 401, 401] if side == "mailerlite" else [200] * 4
    )
    assert [response.status_code for response in shop] == ([200, 200, 403, 403] if side == "edd" else [200] * 4)
    if side == "mailerlite":
        assert "x-ratelimit-limit" not in mailing[-1].headers
    else:
        assert shop[-1].json() == {"error": "Invalid API key!"}


def test_faults_can_keep_to_one_side(client: Client) -> None:
    inject_faults(client, server_error=1.0, side="edd")
    assert (client.mail("GET", "groups").status_code, client.shop("info").status_code) == (200, 500)


def faults_of_many_requests(client: Client) -> list[list[str]]:
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

    first, again, other = (faults_of_many_requests(started(faults=profile(seed))) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    happened = {name for names in first for name in names}
    assert happened == {"server_error", "cut_after", "truncated", "shop_sale", "automation_move"}


@pytest.mark.parametrize("seed", range(3))
def test_a_rough_line_lets_three_tries_through(started: Starter, seed: int) -> None:
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
    happened = client.control("state")["faults"]
    assert sum(happened.get(kind, 0) for kind in RESPONSE_FAULTS) >= 5
    assert max(happened.get(kind, 0) for kind in WORLD_FAULTS) <= 3
    assert client.rules_broken() == []
