"""MailerLite's own answers, through its client: what each of them must become."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from bema_tui.errors import BadAnswer, BemaError, RateLimited, RequestRefused
from bema_tui.model import Group, Subscriber, SubscriberStatus
from bema_tui.providers.mailerlite.batch import BatchItem
from bema_tui.providers.mailerlite.client import MailerLite
from tests.providers.helpers import Answer, Notes, Script, Time, mailerlite, reply
from tests.providers.rows import cursor_page, numbered_page
from tests.recordings.clients.recordings import MAILERLITE
from tests.recordings.clients.recordings import mailerlite as recorded

# Name → the rows' ids, whether more follow, and the rows that a full page holds.
LISTS: dict[str, tuple[list[str], bool, int]] = {
    "subscribers_list_first_page": (["141058359475269666", "139937148514715385", "139937148517062126"], True, 10),
    "subscribers_list_middle_page_cursor": (
        ["139937148517062123", "139937148517062156", "139937148517062159"],
        True,
        10,
    ),
    "subscribers_list_single_page": (["107510860278906946", "58738316096363853"], False, 10),
    "subscribers_list_filter_active": (["75043545510600914", "75036939426101778", "75036939422402327"], False, 25),
    "subscribers_list_all_statuses_2022": (
        ["75043545510600914", "75043892694260764", "75043703949752273"],
        False,
        10,
    ),
}
SUBSCRIBERS = {
    "subscriber_get_by_email": ("165659957775610262", "test5@example.com", []),
    "subscriber_get_by_email_with_groups": (
        "75036939426101778",
        "second@example.com",
        ["75000116423118448", "75149949863076507"],
    ),
    "subscriber_get_by_id": ("165659957775610262", "test5@example.com", []),
    "subscriber_put_update_200": ("98107191067763557", "updated@example.com", []),
    "subscriber_upsert_after_delete_200": ("165659957775610262", "test5@example.com", []),
    "subscriber_upsert_after_forget_200": ("139263151188931167", "test5@example.com", []),
    "subscriber_upsert_create_201": ("165659957775610262", "test5@example.com", []),
    "subscriber_upsert_deleted_9_months_ago_200": ("139263158835122453", "grouptest@example.com", []),
    "subscriber_upsert_email_lowercased_201": ("165659951902627232", "mnmnxyovfs@example.com", []),
    "subscriber_upsert_no_change_200_2023": ("75032218488102844", "test5@example.com", []),
    "subscriber_upsert_update_200": ("165659957775610262", "test5@example.com", []),
}
ONE = "75000116423118448"
Call = Callable[[MailerLite], Awaitable[object]]
REFUSALS: dict[str, tuple[Call, type[BemaError], str]] = {
    "doc_429_global": (lambda service: service.count_subscribers(), RateLimited, "119 seconds more"),
    "doc_429_import_creation": (lambda s: s.batch([BatchItem.read("1")]), RateLimited, "60 seconds more"),
    "doc_assign_422": (lambda s: s.add_subscriber_to_group("1", "2"), RequestRefused, "The selected id is invalid"),
    "doc_field_422": (lambda s: s.ensure_field("A", "odd"), RequestRefused, "The selected type is invalid"),
    "doc_subscriber_422_validation": (
        lambda s: s.add_or_update_subscriber("a@b", {}),
        RequestRefused,
        "must be a valid email address",
    ),
    "reported_subscriber_422_groups_not_numeric": (
        lambda s: s.add_or_update_subscriber("a@b.example", {}),
        RequestRefused,
        r"The groups\.0 field must be a number",
    ),
    "reported_subscriber_422_unsubscribed": (
        lambda s: s.add_or_update_subscriber("a@b.example", {}),
        RequestRefused,
        "unsubscribed and cannot be imported",
    ),
}
REST = [
    "automations_list",
    "batch_two_failures_200",
    "doc_batch_200",
    "doc_unassign_404",
    "field_create_201",
    "fields_list",
    "group_create_201",
    "group_subscribers_empty_cursor",
    "group_subscribers_old_page_form_2022",
    "groups_list",
    "groups_list_default_2022",
    "subscriber_assign_to_group_200",
    "subscriber_unassign_from_group_204",
    "subscribers_count_limit0",
]


def test_every_recorded_answer_is_played() -> None:
    assert sorted([*LISTS, *SUBSCRIBERS, *REFUSALS, *REST]) == sorted(MAILERLITE)


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_of_subscribers_is_whole_and_its_cursor_followed(name: str) -> None:
    ids, more, per_page = LISTS[name]
    script = Script([recorded(name), reply(cursor_page([]))])
    service = mailerlite(script)
    came = [found async for page in service.get_subscribers() for found in page.subscribers if not page.broken]
    assert [found.id for found in came] == ids
    assert {found.group_ids for found in came} == {None}
    assert [found.email for found in came] == [row["email"] for row in MAILERLITE[name]["body"]["data"]]
    assert [found.status for found in came] == [row["status"] for row in MAILERLITE[name]["body"]["data"]]
    assert len(script.requests) == (2 if more else 1)
    if more:
        cursor = MAILERLITE[name]["body"]["meta"]["next_cursor"]
        assert script.requests[1].url.params["cursor"] == cursor
        assert script.requests[1].url.params["limit"] == "1000"
    else:
        assert service.page_cap() == per_page


@pytest.mark.parametrize("name", SUBSCRIBERS)
async def test_a_single_subscriber_comes_with_fields_and_groups(name: str) -> None:
    number, email, groups = SUBSCRIBERS[name]
    row = MAILERLITE[name]["body"]["data"]
    script = Script([recorded(name)])
    service = mailerlite(script)
    shown: Subscriber | None
    if "put" in name:
        shown = await service.update_subscriber(number, {"name": "x"})
    elif "upsert" in name:
        shown = await service.add_or_update_subscriber(email, {"name": "x"})
    else:
        shown = await service.find_subscriber(email)
    active = SubscriberStatus.ACTIVE
    assert shown == Subscriber(number, email, active, row["fields"], frozenset(groups), row["source"])
    assert len(script.requests) == 1


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_called_by_its_name(name: str) -> None:
    call, kind, words = REFUSALS[name]

    def answer(request: httpx.Request) -> Answer:
        if request.method == "GET" and name != "doc_429_global":
            return reply(numbered_page([]))
        return recorded(name)

    time = Time()
    with pytest.raises(kind, match=words):
        await call(mailerlite(Script(answer), time))
    if kind is RateLimited:
        asked = float(MAILERLITE[name]["headers"]["retry-after"])
        assert time.slept == [asked] * len(time.slept)
        assert 600 - asked <= sum(time.slept) <= 600


async def test_the_quota_and_the_account_are_taken_from_the_headers() -> None:
    notes = Notes()
    service = mailerlite(Script([recorded("subscribers_count_limit0")]), notes=notes)
    assert await service.count_subscribers() == 1004
    assert notes.learned == [(120, 73, 1)]
    assert service.account_id == "12345"


async def test_groups_with_the_services_own_counts() -> None:
    service = mailerlite(Script([recorded("groups_list")]))
    groups = await service.get_groups()
    assert [group.name for group in groups] == ["Grupa 1", "Grupa2", "Test group"]
    assert [group.members for group in groups] == [
        sum(row[f"{status.value}_count"] for status in SubscriberStatus)
        for row in MAILERLITE["groups_list"]["body"]["data"]
    ]
    assert service.page_cap("/groups") == 10
    assert len(await mailerlite(Script([recorded("groups_list_default_2022")])).get_groups()) == 3


async def test_fields_and_automations() -> None:
    fields = await mailerlite(Script([recorded("fields_list")])).get_fields()
    assert [(field.id, field.name, field.key, field.type) for field in fields] == [
        ("5", "City", "city", "text"),
        ("3", "Company", "company", "text"),
        ("4", "Country", "country", "text"),
    ]
    (automation,) = await mailerlite(Script([recorded("automations_list")])).get_automations()
    assert (automation.enabled, automation.group_ids) == (False, frozenset({"100364588060072597"}))


async def test_members_of_a_group_in_both_forms() -> None:
    empty = mailerlite(Script([recorded("group_subscribers_empty_cursor")]))
    assert [page.subscribers async for page in empty.get_subscribers(group_id=ONE)] == [()] * 5
    assert empty.page_cap("/groups/*/subscribers") == 5
    old = mailerlite(Script([recorded("group_subscribers_old_page_form_2022")]))
    (page,) = [page async for page in old.get_subscribers(group_id=ONE, status=SubscriberStatus.ACTIVE)]
    assert [subscriber.email for subscriber in page.subscribers] == ["reader1@example.org"]


async def test_groups_and_fields_are_made_and_subscribers_moved() -> None:
    made = await mailerlite(Script([reply(numbered_page([])), recorded("group_create_201")])).ensure_group("Test group")
    assert made.row == Group("165620085138474525", "Test group", dict.fromkeys(SubscriberStatus, 0))
    field = await mailerlite(Script([reply(numbered_page([])), recorded("field_create_201")])).ensure_field("My Field")
    assert (field.row.id, field.row.key) == ("947147", "my_field")
    script = Script(
        [
            recorded("subscriber_assign_to_group_200"),
            recorded("subscriber_unassign_from_group_204"),
            recorded("doc_unassign_404"),
        ]
    )
    service = mailerlite(script)
    await service.add_subscriber_to_group("139263158835122453", "165659954907499907")
    await service.remove_subscriber_from_group("165659951902627232", "165659958368918897")
    await service.remove_subscriber_from_group("1", "2")
    recordings = ("subscriber_assign_to_group_200", "subscriber_unassign_from_group_204", "doc_unassign_404")
    assert [line.replace(" /api", " ") for line in script.lines()] == [
        MAILERLITE[name]["request"] for name in recordings
    ]


async def test_a_batch_is_a_success_with_failures_inside() -> None:
    items = [BatchItem.read("1"), BatchItem.read("2")]
    answers = await mailerlite(Script([recorded("batch_two_failures_200")])).batch(items)
    assert [(answer.ok, answer.gone, answer.retryable) for answer in answers] == [(False, True, False)] * 2
    assert answers[1].message == "The route api/campaigns/list could not be found."
    (good,) = await mailerlite(Script([recorded("doc_batch_200")])).batch(items[:1])
    assert good.ok
    with pytest.raises(BadAnswer):
        good.subscriber()
