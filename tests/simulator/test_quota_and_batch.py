"""The quota of requests, and batches: what they cost, send and refuse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bema_tui.simulator.mailerlite.paging import Cursor, cursor_page
from bema_tui.simulator.mailerlite.quota import Quota
from bema_tui.simulator.world.sorted_ids import SortedIds
from tests.simulator.client import Client, Starter
from tests.support.clock import SetTimer


def test_window_starts_with_the_first_request_after_the_last_one() -> None:
    clock = SetTimer()
    window = Quota(lambda: 2, lambda: 60.0, clock)
    assert window.retry_after == 1
    clock.forward(17)
    assert window.take()
    assert window.remaining == 1
    clock.forward(40)
    assert window.take()
    clock.forward(15)
    assert not window.take()
    assert window.retry_after == 5
    clock.forward(5)
    assert window.take()
    assert window.remaining == 1
    clock.forward(59)
    assert window.take()
    assert not window.take()


@given(st.lists(st.floats(0.1, 90.0), max_size=60), st.integers(1, 7))
def test_no_window_ever_lets_more_through_than_its_limit(pauses: list[float], limit: int) -> None:
    clock = SetTimer()
    window = Quota(lambda: limit, lambda: 60.0, clock)
    begun, taken = -1e9, 0
    for pause in pauses:
        clock.forward(pause)
        if clock.at >= begun + 60.0:
            begun, taken = clock.at, 0
        assert window.take() == (taken < limit)
        taken = min(limit, taken + 1)
        assert window.remaining == limit - taken


@given(st.sets(st.integers(1, 10**18), max_size=60), st.integers(1, 12))
def test_cursors_read_every_id_once_and_back_again(numbers: set[int], limit: int) -> None:
    ids = SortedIds(numbers)
    forward: list[int] = []
    page = cursor_page(ids, limit, None)
    pages = [page.ids]
    forward += page.ids
    while page.next_cursor is not None:
        page = cursor_page(ids, limit, page.next_cursor)
        pages.append(page.ids)
        forward += page.ids
    assert forward == sorted(numbers, reverse=True)
    for wanted in reversed(pages[:-1]):
        assert page.prev_cursor is not None
        page = cursor_page(ids, limit, page.prev_cursor)
        assert page.ids == wanted


@given(st.integers(0, 10**18), st.booleans())
def test_cursor_text_comes_back_as_the_same_cursor(number: int, forward: bool) -> None:
    assert Cursor.decode(Cursor(number, forward).encode()) == Cursor(number, forward)


def test_recorded_cursor_is_built_exactly() -> None:
    recorded = "eyJpZCI6MTM5ODAyNDM1NjQxMTQ4ODg1LCJfcG9pbnRzVG9OZXh0SXRlbXMiOnRydWV9"
    assert Cursor(139802435641148885, forward=True).encode() == recorded


def test_quota_counts_down_refuses_and_opens_again(started: Starter) -> None:
    clock = SetTimer()
    client = started(quota=3, window_seconds=60.0, clock=clock)
    left = [client.mail("GET", path).headers["x-ratelimit-remaining"] for path in ("groups", "groups/1", "nowhere")]
    assert left == ["2", "1", "0"]
    refused = client.mail("GET", "groups")
    assert refused.status_code == 429
    assert refused.json() == {"message": "Too Many Attempts."}
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["retry-after"] == "60"
    assert client.http.get(f"{client.endpoints.mailerlite_url}/groups").status_code == 401
    clock.forward(59)
    assert client.mail("GET", "groups").headers["retry-after"] == "1"
    clock.forward(1)
    assert client.mail("GET", "groups").status_code == 200
    assert client.control("state")["requests"]["refused_429"] == 2


def test_retry_after_can_be_chosen_or_left_out(started: Starter) -> None:
    client = started(quota=0)
    client.control("set", {"retry_after": 119})
    assert client.mail("GET", "groups").headers["retry-after"] == "119"
    client.control("set", {"retry_after": 0})
    assert "retry-after" not in client.mail("GET", "groups").headers


def test_batch_of_two_failures_as_recorded(started: Starter) -> None:
    client = started(quota=120)
    response = client.batch(("GET", "subscribers/list"), ("GET", "campaigns/list"))
    assert response.status_code == 200
    assert response.headers["x-ratelimit-remaining"] == "118"
    assert response.json() == {
        "total": 2,
        "successful": 0,
        "failed": 2,
        "responses": [
            {"code": 404, "body": {"message": "No query results for model [App\\Models\\Subscriber\\Subscriber]."}},
            {"code": 404, "body": {"message": "The route api/campaigns/list could not be found."}},
        ],
    }


def test_batch_items_can_be_free(started: Starter) -> None:
    client = started(quota=120, batch_item_cost=0)
    assert client.batch(*[("GET", "fields?limit=1")] * 10).headers["x-ratelimit-remaining"] == "119"


def test_batch_applies_items_in_order_and_goes_on_after_a_failure(client: Client) -> None:
    subscriber = client.subscriber("buyer in GOLD")
    gold, purchased = subscriber["group_ids"][0], client.group_id(subscriber["groups"][0] + "_PURCHASE")
    root = f"subscribers/{subscriber['id']}"
    response = client.batch(
        ("POST", f"{root}/groups/{purchased}"),
        ("DELETE", f"{root}/groups/2"),
        ("PUT", root, {"fields": {"name": "Set"}}),
        ("GET", f"{root}?x=1"),
        ("DELETE", f"{root}/groups/{gold}"),
    ).json()
    assert [response["code"] for response in response["responses"]] == [200, 404, 200, 200, 204]
    assert (response["total"], response["successful"], response["failed"]) == (5, 4, 1)
    read = response["responses"][3]["body"]["data"]
    assert read["fields"]["name"] == "Set"
    assert {group["id"] for group in read["groups"]} == {gold, purchased}
    assert response["responses"][4]["body"] is None
    logged = client.control("requests")[-1]
    assert (logged["cost"], logged["write"], len(logged["items"])) == (6, True, 5)
    done = {"method": "DELETE", "path": f"api/{root}/groups/2", "code": 404, "changed": False, "sequence": 2}
    assert logged["items"][1] == done


def test_batch_refuses_too_many_and_malformed_items(client: Client) -> None:
    assert client.batch(*[("GET", "fields?limit=1")] * 51).status_code == 422
    assert client.mail("POST", "batch", {"requests": []}).status_code == 422
    bad = client.mail("POST", "batch", {"requests": [{"method": "LOOK", "path": "subscribers"}]})
    assert set(bad.json()["errors"]) == {"requests.0.method", "requests.0.path"}


def test_batch_of_upserts_only_counts_as_an_import(started: Starter) -> None:
    client = started(import_quota=5, allow_create=True)
    upsert = ("POST", "subscribers", {"email": "one@example.com"})
    codes = [client.batch(upsert).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    refused = client.batch(upsert)
    assert refused.json() == {"message": "You're being rate limited on import creation."}
    assert int(refused.headers["retry-after"]) >= 1
    assert client.batch(upsert, ("GET", "fields?limit=1")).status_code == 200


def test_items_beyond_the_quota_can_be_refused(started: Starter) -> None:
    client = started(quota=4)
    client.control("set", {"batch_overdraw": "refuse_items"})
    response = client.batch(*[("GET", "fields?limit=1")] * 5).json()
    assert [response["code"] for response in response["responses"]] == [200, 200, 200, 429, 429]


def test_batch_within_the_quota_may_overdraw_it(started: Starter) -> None:
    client = started(quota=4)
    response = client.batch(*[("GET", "fields?limit=1")] * 9)
    assert response.json()["successful"] == 9
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert client.mail("GET", "groups").status_code == 429
