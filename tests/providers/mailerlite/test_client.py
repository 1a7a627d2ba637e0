"""MailerLite: lists read to a proven end, writes by id only, and creates that look first."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bema_tui.errors import (
    BadAnswer,
    ConfigurationError,
    IncompleteRead,
    NotAuthorized,
    ProviderError,
    RequestRefused,
    WriteUnknown,
)
from bema_tui.interfaces import Provider
from bema_tui.model import Subscriber, SubscriberStatus
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter, Unlimited
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import Answer, Script, cut, mailerlite, reply
from tests.providers.rows import cursor_page, custom_field, group, numbered_page, subscriber

GONE = reply({"message": ""}, 404)
TAKEN = reply({"message": "The name has already been taken.", "errors": {"name": ["taken"]}}, 422)


async def subscribers(script: Script, **wanted: object) -> list[Subscriber]:
    async with mailerlite(script, page_size=2) as service:
        pages = service.get_subscribers(**wanted)  # type: ignore[arg-type]
        return [found async for each in pages for found in each.subscribers]


def test_it_is_a_provider() -> None:
    assert isinstance(mailerlite(Script([GONE])), Provider)


@pytest.mark.parametrize(("url", "key"), [("http://api.example", "key"), ("https://api.example", "")])
def test_a_bad_address_or_key_is_refused_before_anything_is_sent(url: str, key: str) -> None:
    with pytest.raises(ConfigurationError):
        MailerLite(url, Secret(key), gate=Unlimited(), interrupt=NoInterrupt(), meter=NoMeter())


async def test_the_connection_test_names_the_account() -> None:
    named = httpx.Response(200, json=numbered_page([]), headers={"x-account_id": "12345"})
    service = mailerlite(Script([named]))
    before = service.account_id
    report = await service.validate_connection()
    assert (before, service.account_id, report.identity) == (None, "12345", "account 12345")
    with pytest.raises(NotAuthorized):
        await mailerlite(Script([reply({"message": "Unauthenticated."}, 401)])).validate_connection()


# Lists of people


async def test_a_list_is_read_by_its_cursor_with_our_own_parameters() -> None:
    script = Script(
        [
            reply(cursor_page([subscriber(1, groups=["7"]), subscriber(2, groups=[])], "abc+/=")),
            reply(cursor_page([subscriber(3, groups=["7", "8"])], "def")),
            reply(cursor_page([], "ghi")),
        ]
    )
    found = await subscribers(script, status=SubscriberStatus.BOUNCED, with_groups=True)
    assert [subscriber.group_ids for subscriber in found] == [frozenset("7"), frozenset(), frozenset("78")]
    wanted = "filter%5Bstatus%5D=bounced&include=groups"
    assert script.lines() == [
        f"GET /api/subscribers?{wanted}&limit=2",
        f"GET /api/subscribers?{wanted}&cursor=abc%2B%2F%3D&limit=2",
        f"GET /api/subscribers?{wanted}&cursor=def&limit=2",
    ]


async def test_a_short_page_is_no_end_and_a_null_cursor_is_one() -> None:
    script = Script([reply(cursor_page([subscriber(1)], "a")), reply(cursor_page([subscriber(2), subscriber(3)]))])
    assert len(await subscribers(script)) == 3


async def test_all_members_of_a_group_take_one_pass_per_status() -> None:
    script = Script([reply(cursor_page([]))])
    await subscribers(script, group_id="42")
    assert [httpx.QueryParams(line.split("?")[1])["filter[status]"] for line in script.lines()] == [
        status.value for status in SubscriberStatus
    ]
    assert all(line.startswith("GET /api/groups/42/subscribers?") for line in script.lines())


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ([cursor_page([subscriber(1)], "a"), cursor_page([subscriber(2)], "a")], "meta.next_cursor"),
        ([cursor_page([subscriber(1)], 5)], "meta.next_cursor"),
        ([{"data": [subscriber(1)], "meta": []}], "meta.next_cursor"),
        ([{"meta": {"next_cursor": None}}], "data"),
        ([{"data": {}, "meta": {"next_cursor": None}}], "data"),
        pytest.param(
            [{"data": [subscriber(1)], "meta": {"last_page": 10**9}}], "meta.next_cursor", marks=pytest.mark.fault("E5")
        ),
    ],
)
async def test_a_list_whose_end_cannot_be_known_fails(answers: list[object], path: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        await subscribers(Script([reply(answer) for answer in answers]))
    assert caught.value.path == path


@pytest.mark.parametrize("row", [subscriber(2), subscriber(2, groups=None)])
async def test_a_row_without_groups_is_broken_in_a_read_that_asked_for_them(row: dict[str, Any]) -> None:
    script = Script([reply(cursor_page([subscriber(1, groups=[]), row]))])
    (page,) = [each async for each in mailerlite(script).get_subscribers(with_groups=True)]
    assert [one.id for one in page.subscribers] == [subscriber(1)["id"]]
    assert [(one.path, one.subscriber_id) for one in page.broken] == [("page 1: data.1.groups", row["id"])]
    with pytest.raises(IncompleteRead):
        await subscribers(Script([reply(cursor_page([row, subscriber(3)]))]), with_groups=True)


async def test_a_broken_row_is_named_and_the_others_come() -> None:
    rows = [
        subscriber(1),
        subscriber(2, status="zombie"),
        subscriber(3, fields={"a": [1]}),
        5,
        subscriber(4, email="a\x1b@b.c"),
    ]
    pages = [each async for each in mailerlite(Script([reply(cursor_page(rows))])).get_subscribers()]
    assert [found.email for found in pages[0].subscribers] == ["person1@example.com"]
    assert [(row.path, row.subscriber_id) for row in pages[0].broken] == [
        ("page 1: data.1.status", subscriber(2)["id"]),
        ("page 1: data.2.fields.a", subscriber(3)["id"]),
        ("page 1: data.3", ""),
        ("page 1: data.4.email", subscriber(4)["id"]),
    ]


@pytest.mark.parametrize("fields", [None, "absent"])
async def test_a_row_without_fields_is_broken_and_not_somebody_without_values(fields: str | None) -> None:
    row = {key: value for key, value in subscriber(1, fields=None).items() if key != "fields" or fields is None}
    pages = [each async for each in mailerlite(Script([reply(cursor_page([row]))])).get_subscribers()]
    assert (pages[0].subscribers, pages[0].broken[0].path) == ((), "page 1: data.0.fields")


async def test_odd_values_are_accepted() -> None:
    odd = {**subscriber(1, id=139802435642197001, fields=[], surprise={"x": 1}), "groups": [{"id": 7}]}
    (found,) = await subscribers(Script([reply(cursor_page([odd]))]))
    active = SubscriberStatus.ACTIVE
    assert found == Subscriber("139802435642197001", "person1@example.com", active, {}, frozenset("7"), source="import")


async def test_foreign_text_is_clean_and_numbers_stay_numbers() -> None:
    fields = {"name": "[/red]\x1b[2J", "age": 7, "share": 0.5, "order": "121", "x": None}
    (found,) = await subscribers(Script([reply(cursor_page([subscriber(1, fields=fields)]))]))
    assert found.fields == {**fields, "name": "[/red]␛[2J"}


async def test_a_refused_page_size_falls_back_to_a_hundred() -> None:
    def answer(request: httpx.Request) -> Answer:
        small = request.url.params["limit"] == "100"
        return reply(cursor_page([])) if small else reply({"message": "The limit is too high."}, 422)

    script = Script(answer)
    service = mailerlite(script, page_size=1000)
    for _ in range(2):
        assert [each async for each in service.get_subscribers()]
    assert [line.split("limit=")[1] for line in script.lines()] == ["1000", "100", "100"]


async def test_a_list_that_refuses_a_hundred_is_asked_for_what_it_gives_by_itself() -> None:
    def answer(request: httpx.Request) -> Answer:
        if "limit" in request.url.params:
            return reply({"message": "The limit is too high."}, 422)
        return reply(cursor_page([subscriber(1)]))

    script = Script(answer)
    service = mailerlite(script, page_size=1000)
    for _ in range(2):
        assert [each.subscribers for each in [page async for page in service.get_subscribers()]]
    assert [line.partition("?")[2] for line in script.lines()] == ["limit=1000", "limit=100", "", ""]
    assert service.page_cap() == 2
    with pytest.raises(RequestRefused):
        await subscribers(Script([reply({"message": "No."}, 422)]))


async def test_members_that_come_by_number_are_read_to_the_last_page() -> None:
    first, last = (numbered_page([subscriber(number)], number, 2, total=2) for number in (1, 2))
    script = Script([reply(first), reply(last)])
    found = await subscribers(script, group_id="42", status=SubscriberStatus.ACTIVE)
    assert [one.email for one in found] == ["person1@example.com", "person2@example.com"]
    assert [httpx.QueryParams(line.split("?")[1]).get("page") for line in script.lines()] == [None, "2"]
    changed = numbered_page([subscriber(2)], 2, 2, total=1)
    with pytest.raises(IncompleteRead):
        await subscribers(Script([reply(first), reply(changed)]), group_id="42", status=SubscriberStatus.ACTIVE)


async def test_the_count_of_subscribers() -> None:
    script = Script([reply({"total": 1004}), reply({"total": "7"})])
    service = mailerlite(script)
    assert await service.count_subscribers() == 1004
    assert await service.count_subscribers(SubscriberStatus.JUNK) == 7
    assert script.lines()[1] == "GET /api/subscribers?limit=0&filter%5Bstatus%5D=junk"
    for bad in ({}, {"total": "many"}, {"total": -1}):
        with pytest.raises(BadAnswer):
            await mailerlite(Script([reply(bad)])).count_subscribers()


# One person


async def test_a_subscriber_is_found_by_address_with_every_sign_encoded() -> None:
    script = Script([reply({"data": subscriber(1, groups=["7"])})])
    found = await mailerlite(script).find_subscriber(" o'hara+a/b@x.example ")
    assert found is not None
    assert found.group_ids == frozenset("7")
    assert script.lines() == ["GET /api/subscribers/o%27hara%2Ba%2Fb%40x.example"]


async def test_nobody_is_none() -> None:
    assert await mailerlite(Script([GONE])).find_subscriber("a@b.example") is None
    script = Script([GONE])
    assert await mailerlite(script).find_subscriber("") is None
    assert script.requests == []


@pytest.mark.parametrize("bad", ["", "12a", "1/groups", "..", "١٢"])
async def test_what_is_no_id_is_never_put_into_an_address(bad: str) -> None:
    script = Script([GONE])
    service = mailerlite(script)
    for call in (
        service.update_subscriber(bad, {}),
        service.add_subscriber_to_group("1", bad),
    ):
        with pytest.raises(ValueError, match="not an id"):
            await call
    assert script.requests == []


# Writes


async def test_an_update_sends_fields_alone_and_shows_the_after_state() -> None:
    script = Script([reply({"data": subscriber(1, fields={"p": 121}, groups=[])})])
    shown = await mailerlite(script).update_subscriber("139802435642197001", {"p": 121, "q": None})
    assert shown.fields == {"p": 121}
    assert script.lines() == ["PUT /api/subscribers/139802435642197001"]
    assert script.bodies() == [{"fields": {"p": 121, "q": None}}]


async def test_an_update_that_shows_nothing_is_unknown() -> None:
    for body in ({}, {"data": None}, {"data": {"id": "1"}}):
        with pytest.raises(WriteUnknown):
            await mailerlite(Script([reply(body)])).update_subscriber("1", {"p": 1})


async def test_assign_and_unassign() -> None:
    script = Script([reply({"data": group("7")}), httpx.Response(204), GONE])
    service = mailerlite(script)
    await service.add_subscriber_to_group("1", "7")
    await service.remove_subscriber_from_group("1", "7")
    await service.remove_subscriber_from_group("1", "7")
    assert script.lines() == ["POST /api/subscribers/1/groups/7", *["DELETE /api/subscribers/1/groups/7"] * 2]
    assert script.bodies() == [None, None, None]
    with pytest.raises(RequestRefused):
        await mailerlite(Script([GONE])).add_subscriber_to_group("1", "7")
    with pytest.raises(RequestRefused):
        await mailerlite(Script([TAKEN])).remove_subscriber_from_group("1", "7")


async def test_adding_a_buyer_sends_no_status() -> None:
    script = Script([reply({"data": subscriber(1, groups=["7"])}, 201)])
    await mailerlite(script).add_or_update_subscriber("a@b.example", {"p": 1}, ["7"])
    assert script.bodies() == [{"email": "a@b.example", "fields": {"p": 1}, "groups": ["7"]}]


@pytest.mark.parametrize("value", ["121", 121, "121.00", 121.0, "0121"])
async def test_a_lost_creation_is_looked_up_and_never_repeated(value: str | float) -> None:
    shown = subscriber(1, fields={"p": value}, groups=["7"])
    script = Script([cut(), reply({"data": shown})])
    found = await mailerlite(script).add_or_update_subscriber("a@b.example", {"p": 121}, ["7"])
    assert found.group_ids == frozenset("7")
    assert [line.split()[0] for line in script.lines()] == ["POST", "GET"]
    without_group, with_another = subscriber(1, fields={"p": 121}), subscriber(1, fields={"p": "1210"}, groups=["7"])
    without_field = subscriber(1, fields={}, groups=["7"])
    for answer in (GONE, *(reply({"data": row}) for row in (without_field, without_group, with_another))):
        with pytest.raises(WriteUnknown):
            await mailerlite(Script([cut(), answer])).add_or_update_subscriber("a@b.example", {"p": 121}, ["7"])


async def test_an_existing_group_is_adopted_whatever_its_capitals() -> None:
    rows = [group("1", "2024_etb_nbl_gold"), group("2", "2024_ETB_NBL_GOLD")]
    script = Script([reply(numbered_page(rows))])
    assert (await mailerlite(script).ensure_group("2024_ETB_NBL_GOLD")).row.id == "2"
    assert (await mailerlite(script).ensure_group("2024_Etb_Nbl_Gold")).row.id == "1"
    assert all(line.startswith("GET") for line in script.lines())


async def test_a_missing_group_and_a_missing_field_are_created_once() -> None:
    script = Script([reply(numbered_page([])), reply({"data": group("5")}, 201)])
    assert (await mailerlite(script).ensure_group("2024_ETB_NBL_GOLD")).row.id == "5"
    assert script.bodies() == [None, {"name": "2024_ETB_NBL_GOLD"}]
    script = Script([reply(numbered_page([])), reply({"data": custom_field(5)}, 201)])
    assert (await mailerlite(script).ensure_field("2024_ETB_NBL_PURCHASE")).row.key == "2024_etb_nbl_purchase"
    assert script.bodies() == [None, {"name": "2024_ETB_NBL_PURCHASE", "type": "number"}]


@pytest.mark.parametrize("answer", [cut(), TAKEN, reply({"data": "?"}, 201), reply({}, 500)])
async def test_after_a_lost_or_taken_creation_it_looks_again(answer: Answer) -> None:
    script = Script([reply(numbered_page([])), answer, reply(numbered_page([group("5")]))])
    assert (await mailerlite(script).ensure_group("2024_ETB_NBL_GOLD")).row.id == "5"
    assert [line.split()[0] for line in script.lines()] == ["GET", "POST", "GET"]


@pytest.mark.fault("E1")
@pytest.mark.parametrize(
    ("answers", "ours"),
    [
        ([reply(numbered_page([group("5")]))], False),
        ([reply(numbered_page([])), reply({"data": group("5")}, 201)], True),
        ([reply(numbered_page([])), TAKEN, reply(numbered_page([group("5")]))], False),  # others were quicker
        ([reply(numbered_page([])), cut(), reply(numbered_page([group("5")]))], True),  # may be ours
    ],
)
async def test_it_is_said_whether_a_group_was_made_by_us(answers: list[Answer], ours: bool) -> None:
    found = await mailerlite(Script(answers)).ensure_group("2024_ETB_NBL_GOLD")
    assert (found.row.id, found.ours) == ("5", ours)


@pytest.mark.parametrize(("answer", "kind"), [(cut(), WriteUnknown), (TAKEN, RequestRefused)])
async def test_a_creation_that_left_nothing_behind_says_so(answer: Answer, kind: type[ProviderError]) -> None:
    script = Script([reply(numbered_page([])), answer, reply(numbered_page([]))])
    with pytest.raises(kind):
        await mailerlite(script).ensure_field("2024_ETB_NBL_PURCHASE")
    assert len(script.requests) == 3


async def test_a_lost_creation_stays_unknown_when_looking_again_fails() -> None:
    trouble = reply({}, 500)
    with pytest.raises(WriteUnknown):
        await mailerlite(Script([reply(numbered_page([])), cut(), trouble])).ensure_group("2024_ETB_NBL_GOLD")
    with pytest.raises(WriteUnknown):
        await mailerlite(Script([cut(), trouble])).add_or_update_subscriber("a@b.example", {})


async def test_no_call_sends_a_status_or_moves_groups_by_put() -> None:
    """Every body that ever leaves, from every call that writes."""

    def answer(request: httpx.Request) -> Answer:
        if request.method == "GET":
            return reply(numbered_page([]))
        if request.url.path.endswith("/fields"):
            return reply({"data": custom_field()}, 201)
        return reply({"data": group() if "groups" in request.url.path else subscriber(1, groups=[])})

    script = Script(answer)
    service = mailerlite(script)
    await service.update_subscriber("1", {"status": "x"})
    await service.add_subscriber_to_group("1", "2")
    await service.remove_subscriber_from_group("1", "2")
    await service.add_or_update_subscriber("a@b.example", {}, ["2"])
    await service.ensure_group("A")
    await service.ensure_field("A")
    sent = [body for body in script.bodies() if body is not None]
    assert [sorted(body) for body in sent if isinstance(body, dict)] == [
        ["fields"],
        ["email", "fields", "groups"],
        ["name"],
        ["name", "type"],
    ]


async def test_groups_that_are_there_and_cant_be_read_are_broken_rows_and_no_list_without_groups() -> None:
    odd = [{**subscriber(number, groups=[]), "groups": "x"} for number in (1, 2)]
    page = await anext(mailerlite(Script([reply(cursor_page(odd))])).get_subscribers(with_groups=True))
    assert [row.row for row in page.broken] == ["page 1: data.0", "page 1: data.1"]
    left_out = [subscriber(number) | {"email": None} for number in (1, 2)]
    with pytest.raises(IncompleteRead, match="left the groups out"):
        await anext(mailerlite(Script([reply(cursor_page(left_out))])).get_subscribers(with_groups=True))
