"""The simulated MailerLite's answers have the shape of the recorded ones: keys, types, status and headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import httpx
import pytest

from tests.recordings.simulator import mailerlite_shapes as shapes
from tests.recordings.simulator.served import Served
from tests.recordings.simulator.shapes import differences


@attrs.frozen
class Case:
    """Recordings of one form, by name, and the request that must be answered in it. `shape` None: an empty body."""

    recordings: str
    status: int
    shape: Any
    ask: Callable[[Served], httpx.Response]


def subscribers(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.client.control("state")["subscribers"]
    return found


def someone(served: Served, status: str = "active") -> dict[str, Any]:
    return next(subscriber for subscriber in subscribers(served) if subscriber["status"] == status)


def in_group(served: Served) -> dict[str, Any]:
    return next(
        subscriber for subscriber in subscribers(served) if subscriber["status"] == "active" and subscriber["groups"]
    )


def group(served: Served) -> str:
    return str(served.client.data("groups", limit=1)[0]["id"])


_names: Iterator[int] = iter(range(1_000_000))


def fresh(word: str) -> str:
    return f"{word} {next(_names)}"


def address() -> str:
    return f"Fan{next(_names)}@Example.com"


def send(method: str, path: str, body: Any = None, **query: Any) -> Callable[[Served], httpx.Response]:
    return lambda served: served.client.mail(method, path, body, **query)


def second_page(served: Served) -> httpx.Response:
    first = served.client.mail("GET", "subscribers", limit=10).json()
    return served.client.mail("GET", "subscribers", limit=10, cursor=first["meta"]["next_cursor"])


def upsert(served: Served, **body: Any) -> httpx.Response:
    fields = {"fields": {"name": "John", "last_name": "Doe"}}
    return served.client.mail("POST", "subscribers", {"email": address(), **fields, **body})


def upsert_again(served: Served, after: Callable[[Served, str], object]) -> httpx.Response:
    made = upsert(served, ip_address="1.1.1.1").json()["data"]
    after(served, f"subscribers/{made['id']}")
    return upsert(served, email=made["email"])


def made_group(served: Served) -> str:
    return str(served.client.mail("POST", "groups", {"name": fresh("Group")}).json()["data"]["id"])


def made_field(served: Served) -> str:
    body = {"name": fresh("Field"), "type": "text"}
    return str(served.client.mail("POST", "fields", body).json()["data"]["id"])


def unassigned(served: Served) -> httpx.Response:
    subscriber = in_group(served)
    return served.client.mail("DELETE", f"subscribers/{subscriber['id']}/groups/{subscriber['group_ids'][0]}")


def refused(served: Served, ask: Callable[[Served], httpx.Response], **switches: Any) -> httpx.Response:
    before = {name: getattr(served.world.switches, name) for name in switches}
    served.client.control("set", switches)
    try:
        return ask(served)
    finally:
        served.client.control("set", before)


LIST, ALONE = shapes.by_cursor(shapes.SUBSCRIBER), {"data": shapes.SUBSCRIBER_WITH_GROUPS}
BATCH_ITEM = {"code": "int", "body": shapes.MESSAGE}
COUNTS = {"total": "int", "successful": "int", "failed": "int"}
AGGREGATED = {"aggregations": dict.fromkeys(("workflows", "drafts", "unsync", "all"), "int")}
UPSERTS_ONLY = {"requests": [{"method": "POST", "path": "api/subscribers", "body": {"email": "u@example.com"}}]}

CASES = [
    Case(
        "subscribers_list_first_page",
        200,
        shapes.by_cursor(shapes.SUBSCRIBER, before="null", after="text"),
        send("GET", "subscribers", limit=10, page=1),
    ),
    Case(
        "subscribers_list_middle_page_cursor",
        200,
        shapes.by_cursor(shapes.SUBSCRIBER, before="text", after="text"),
        second_page,
    ),
    Case(
        "subscribers_list_single_page subscribers_list_all_statuses_2022",
        200,
        shapes.by_cursor(shapes.SUBSCRIBER, before="null", after="null"),
        send("GET", "subscribers", limit=100, filter_status="junk"),
    ),
    Case("subscribers_list_filter_active", 200, LIST, send("GET", "subscribers", filter_status="active")),
    Case("subscribers_count_limit0", 200, {"total": "int"}, send("GET", "subscribers", limit=0)),
    Case("subscriber_get_by_id", 200, ALONE, lambda d: d.client.mail("GET", f"subscribers/{someone(d)['id']}")),
    Case(
        "subscriber_get_by_email subscriber_get_by_email_with_groups",
        200,
        ALONE,
        lambda d: d.client.mail("GET", f"subscribers/{in_group(d)['email']}"),
    ),
    Case("subscriber_upsert_create_201 subscriber_upsert_email_lowercased_201", 201, ALONE, upsert),
    Case(
        "subscriber_upsert_update_200",
        200,
        ALONE,
        lambda d: upsert(d, email=someone(d)["email"]),
    ),
    Case(
        "subscriber_upsert_after_delete_200 subscriber_upsert_deleted_9_months_ago_200",
        200,
        ALONE,
        lambda d: upsert_again(d, lambda served, path: served.client.mail("DELETE", path)),
    ),
    Case(
        "subscriber_upsert_after_forget_200",
        200,
        {"data": shapes.SUBSCRIBER_AFTER_FORGET},
        lambda d: upsert_again(d, lambda served, path: served.client.mail("POST", f"{path}/forget")),
    ),
    Case(
        "subscriber_put_update_200",
        200,
        {"data": shapes.SUBSCRIBER_AFTER_PUT},
        lambda d: d.client.mail("PUT", f"subscribers/{someone(d)['id']}", {"email": address()}),
    ),
    Case(
        "subscriber_forget_200",
        200,
        shapes.FORGOTTEN,
        lambda d: d.client.mail("POST", f"subscribers/{someone(d)['id']}/forget"),
    ),
    Case("subscriber_delete_204", 204, None, lambda d: d.client.mail("DELETE", f"subscribers/{someone(d)['id']}")),
    Case("subscriber_delete_404", 404, shapes.MESSAGE, send("DELETE", "subscribers/123123")),
    Case(
        "subscriber_assign_to_group_200",
        200,
        {"data": shapes.GROUP},
        lambda d: d.client.mail("POST", f"subscribers/{someone(d)['id']}/groups/{group(d)}"),
    ),
    Case("subscriber_unassign_from_group_204", 204, None, unassigned),
    Case("doc_unassign_404", 404, shapes.NO_MESSAGE, send("DELETE", "subscribers/1/groups/2")),
    Case(
        "doc_assign_422",
        422,
        shapes.invalid("id"),
        lambda d: d.client.mail("POST", f"subscribers/{someone(d)['id']}/groups/2"),
    ),
    Case(
        "doc_subscriber_422_validation",
        422,
        shapes.invalid("email"),
        send("POST", "subscribers", {"email": "not-an-address"}),
    ),
    Case(
        "reported_subscriber_422_unsubscribed",
        422,
        shapes.invalid("email", subscriber="digits"),
        lambda d: upsert(d, email=someone(d, "unsubscribed")["email"]),
    ),
    Case(
        "reported_subscriber_422_groups_not_numeric",
        422,
        shapes.invalid("groups.0"),
        lambda d: upsert(d, groups=[{"id": "1"}]),
    ),
    Case("groups_list", 200, shapes.numbered(shapes.GROUP), send("GET", "groups", limit=10, page=1)),
    Case("groups_list_default_2022", 200, shapes.numbered(shapes.GROUP), send("GET", "groups")),
    Case(
        "group_create_201",
        201,
        {"data": shapes.GROUP},
        lambda d: d.client.mail("POST", "groups", {"name": fresh("Group")}),
    ),
    Case(
        "group_update_200",
        200,
        {"data": shapes.GROUP},
        lambda d: d.client.mail("PUT", f"groups/{made_group(d)}", {"name": fresh("Group")}),
    ),
    Case("group_delete_204", 204, None, lambda d: d.client.mail("DELETE", f"groups/{made_group(d)}")),
    Case("group_delete_404", 404, shapes.MESSAGE, send("DELETE", "groups/121212")),
    Case(
        "group_subscribers_empty_cursor",
        200,
        {"data": [], "links": dict.fromkeys(shapes.CURSOR_LINKS, "null"), "meta": shapes.CURSOR_META},
        lambda d: d.client.mail("GET", f"groups/{made_group(d)}/subscribers", limit=5, cursor=1),
    ),
    Case("fields_list", 200, shapes.numbered(shapes.FIELD), send("GET", "fields", limit=10, page=1, sort="name")),
    Case(
        "field_create_201",
        201,
        {"data": shapes.FIELD_ALONE},
        lambda d: d.client.mail("POST", "fields", {"name": fresh("Field"), "type": "text"}),
    ),
    Case(
        "field_update_200",
        200,
        {"data": shapes.FIELD_ALONE},
        lambda d: d.client.mail("PUT", f"fields/{made_field(d)}", {"name": fresh("Field")}),
    ),
    Case("field_delete_204", 204, None, lambda d: d.client.mail("DELETE", f"fields/{made_field(d)}")),
    Case("field_delete_404", 404, shapes.MESSAGE, send("DELETE", "fields/121212")),
    Case("doc_field_422", 422, shapes.invalid("type"), send("POST", "fields", {"name": "x", "type": "bool"})),
    Case(
        "batch_two_failures_200",
        200,
        {**COUNTS, "responses": [BATCH_ITEM]},
        lambda d: d.client.batch(("GET", "subscribers/list"), ("GET", "campaigns/list")),
    ),
    Case(
        "doc_batch_200",
        200,
        {
            **COUNTS,
            "responses": [
                {
                    "code": "int",
                    "body": {
                        "data": [shapes.FIELD_IN_DOCUMENTATION],
                        "links?": shapes.PAGE_LINKS,
                        "meta?": shapes.PAGE_META,
                    },
                }
            ],
        },
        lambda d: d.client.batch(("GET", "fields")),
    ),
    Case(
        "doc_429_global",
        429,
        shapes.MESSAGE,
        lambda d: refused(d, send("GET", "subscribers"), quota=0),
    ),
    Case(
        "doc_429_import_creation",
        429,
        shapes.MESSAGE,
        lambda d: refused(d, send("POST", "batch", UPSERTS_ONLY), import_quota=0),
    ),
    Case(
        "automations_list",
        200,
        shapes.numbered(shapes.AUTOMATION, **AGGREGATED),
        send("GET", "automations"),
    ),
    Case(
        "automation_activity",
        200,
        shapes.numbered({}),
        lambda d: d.client.mail("GET", f"automations/{d.world.automations[0].id}/activity", filter_status="completed"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_has_the_recorded_shape(served: Served, case: Case) -> None:
    answer = case.ask(served)
    assert answer.status_code == case.status, answer.text
    if case.shape is None:
        assert answer.content == b""
        assert "content-type" not in answer.headers
    else:
        assert answer.headers["content-type"] == "application/json"
        assert differences(answer.json(), case.shape) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_has_the_recorded_headers(served: Served, case: Case) -> None:
    headers = case.ask(served).headers
    assert headers["cache-control"] == "no-cache, private"
    always = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-account_id", "x-user_id")
    assert [name for name in always if name in headers] == ([] if case.status == 401 else list(always))
    assert ("x-locale" in headers) == (case.status not in (401, 404))
    assert ("retry-after" in headers) == (case.status == 429)
    assert "x-ratelimit-reset" not in headers
    if case.status != 401:
        assert all(headers[name].isdecimal() for name in always)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.recordings.split()[0])
def test_answer_is_printed_as_recorded(served: Served, case: Case) -> None:
    text = case.ask(served).text
    assert text.isascii()
    assert "/" not in text.replace("\\/", "")
    if case.status in (200, 201, 401, 404):
        assert text.startswith('{\n    "') == (case.status == 404)
        assert case.status == 404 or '": ' not in text[:60]


def test_lists_hold_what_they_are_compared_for(served: Served) -> None:
    """A comparison with an empty list would prove nothing."""
    assert served.client.data("automations")[0]["triggers"][0]["groups"]
    assert len(served.client.data("groups", limit=10)) == 10
    assert served.client.data("subscribers", limit=100, filter_status="junk")
