"""MailerLite's groups, fields and automations: lists read to their end, and rows that can't be read named."""

from __future__ import annotations

from typing import Any

import pytest

from bema_tui.errors import BadAnswer, IncompleteRead
from tests.providers.helpers import Script, mailerlite, reply
from tests.providers.rows import custom_field, group, numbered_page, subscriber


async def test_every_group_comes_over_all_pages() -> None:
    script = Script(
        [
            reply(numbered_page([group("1"), group("2")], 1, 2, 3)),
            reply(numbered_page([group("2"), group("3", "a\tb", active_count="4", junk_count=None)], 2, 2, 3)),
        ]
    )
    groups = await mailerlite(script, page_size=2).get_groups()
    assert [each.id for each in groups] == ["1", "2", "3"]
    assert groups[2].name == "a␉b"
    assert (groups[0].members, groups[2].members) == (12, 7)
    assert script.lines() == ["GET /api/groups?page=1&limit=2", "GET /api/groups?page=2&limit=2"]


async def test_a_list_of_groups_shorter_than_its_total_is_incomplete() -> None:
    with pytest.raises(IncompleteRead):
        await mailerlite(Script([reply(numbered_page([group("1"), group("1")], total=2))])).get_groups()


@pytest.mark.fault("E10")
async def test_a_list_of_groups_that_changes_while_it_is_read_is_read_again() -> None:
    first, second = numbered_page([group("1"), group("2")], 1, 3), numbered_page([], 2, 3)
    whole = numbered_page([group("1"), group("2")], 1, 1, 2)
    assert len(await mailerlite(Script([reply(first), reply(second), reply(whole)])).get_groups()) == 2
    script = Script(lambda request: reply(second if request.url.params["page"] == "2" else first))
    with pytest.raises(IncompleteRead, match="nothing came on page 2"):
        await mailerlite(script).get_groups()
    assert len(script.requests) == 3 * 2


@pytest.mark.fault("E5")
@pytest.mark.parametrize("absurd", [10**9 + 1, 10**400])
async def test_numbers_beyond_all_reason_end_no_list_and_start_no_endless_one(absurd: int) -> None:
    counted = numbered_page([group("1")], total=absurd)
    with pytest.raises(IncompleteRead, match="has 1000000000 rows, and 1 of them came"):
        await mailerlite(Script([reply(counted)])).get_groups()
    with pytest.raises(BadAnswer) as caught:
        await mailerlite(Script([reply(numbered_page([group("1")], 1, absurd, total=1))])).get_groups()
    assert caught.value.path == "meta.last_page"
    sized = {"data": [subscriber(1)], "meta": {"next_cursor": None, "per_page": absurd}}
    service = mailerlite(Script([reply(sized)]))
    assert [page.subscribers for page in [page async for page in service.get_subscribers()]]
    assert service.page_cap() is None


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (numbered_page([{"name": "x"}]), "page 1: data.0.id"),
        (numbered_page([group(), *[{"name": "x"}] * 21]), "page 1: data.1.id"),
        ({"data": [group()]}, "meta.last_page"),
        ({"meta": {"last_page": 1}}, "data"),
    ],
)
async def test_a_list_of_groups_that_cannot_be_read_fails(body: object, path: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        await mailerlite(Script([reply(body)])).get_groups()
    assert caught.value.path == path


@pytest.mark.fault("A1")
@pytest.mark.parametrize(
    ("bad", "path", "number", "name"),
    [
        ({**group("7"), "name": 17.5}, "", "7", "17.5"),
        ({**group("7"), "name": ["x"]}, "name", "7", ""),
        ({**group("7"), "name": None}, "name", "7", ""),
        ({**group("7", "2024_ETB_NBL_WOOD"), "id": "7a"}, "id", "", "2024_ETB_NBL_WOOD"),
        ({"name": "x"}, "id", "", "x"),
        (None, "", "", ""),
        ("odd", "", "", ""),
    ],
)
async def test_a_group_that_cannot_be_read_is_named_and_the_others_come(
    bad: object, path: str, number: str, name: str
) -> None:
    script = Script([reply(numbered_page([group("1"), bad, group("2")], total=3))])
    groups = await mailerlite(script).get_groups()
    assert {each.id for each in groups} >= {"1", "2"}
    if name == "17.5":
        assert [each.name for each in groups][1] == "17.5", "a number is a name"
        return
    assert [each.id for each in groups] == ["1", "2"]
    (row,) = groups.hiding
    assert (row.path, row.id, row.name) == (f"page 1: data.1.{path}".rstrip("."), number, name)
    assert row.problem


async def test_a_group_is_there_without_counts_that_cannot_be_read() -> None:
    body = numbered_page([group("1", active_count="many", junk_count=2)])
    groups = await mailerlite(Script([reply(body)])).get_groups()
    assert [(each.id, each.counts) for each in groups] == [("1", {})]
    assert groups.hiding == ()
    assert [(row.path, row.usable) for row in groups.broken] == [("page 1: data.0.active_count", True)]


@pytest.mark.fault("A1")
async def test_a_row_that_cannot_be_read_counts_for_the_lists_total() -> None:
    rows = [group("1"), {"name": "x"}]
    assert len(await mailerlite(Script([reply(numbered_page(rows, total=2))])).get_groups()) == 1
    with pytest.raises(IncompleteRead):
        await mailerlite(Script([reply(numbered_page(rows, total=3))])).get_groups()


@pytest.mark.fault("A1")
@pytest.mark.parametrize("bad", [{"key": None}, {"key": ""}, {"type": 3.5}, {"id": None}, {"name": {}}])
async def test_a_field_that_cannot_be_read_is_named_and_the_others_come(bad: dict[str, Any]) -> None:
    rows = [custom_field(5, "2025_ETB_EOE_PURCHASE"), {**custom_field(6, "City"), **bad}]
    fields = await mailerlite(Script([reply(numbered_page(rows))])).get_fields()
    assert [each.id for each in fields] == ["5"]
    assert [row.path for row in fields.hiding] == [f"page 1: data.1.{next(iter(bad))}"]


@pytest.mark.parametrize("hidden", [{"name": None}, {"id": "x", "name": "2024_ETB_NBL_WOOD"}])
async def test_what_may_be_there_unread_is_not_created(hidden: dict[str, Any]) -> None:
    script = Script([reply(numbered_page([group("1", "Other"), {**group("7"), **hidden}]))])
    with pytest.raises(IncompleteRead, match="not created"):
        await mailerlite(script).ensure_group("2024_ETB_NBL_WOOD")
    assert script.lines() == ["GET /api/groups?page=1&limit=1000"]


async def test_a_fields_key_is_the_answers_and_not_the_names() -> None:
    row = custom_field(5, "2025_ETB_EOE_PURCHASED", key="2025__e_t_b__e_o_e__p", used_in_automations=False)
    (found,) = await mailerlite(Script([reply(numbered_page([row]))])).get_fields()
    assert (found.id, found.key, found.type) == ("5", "2025__e_t_b__e_o_e__p", "number")


async def test_an_automation_names_the_groups_that_set_it_off() -> None:
    rows = [
        {
            "id": "1",
            "name": "Welcome",
            "enabled": True,
            "triggers": [
                {"type": "subscriber_joins_group", "group_ids": ["7"], "groups": [{"id": "8", "name": "x"}]},
                {"type": "date", "group_ids": ["9"]},
            ],
        },
        {"id": "2", "name": "Old", "enabled": 0, "triggers": []},
    ]
    welcome, old = await mailerlite(Script([reply(numbered_page(rows))])).get_automations()
    assert (welcome.enabled, welcome.group_ids) == (True, frozenset("78"))
    assert (old.enabled, old.group_ids) == (False, frozenset())


@pytest.mark.parametrize(
    ("bad", "enabled", "groups"),
    [
        ({"name": ["x"]}, True, {"7"}),
        ({"enabled": "maybe"}, True, {"7"}),
        ({"id": None}, True, {"7"}),
        ({"triggers": "all"}, True, None),
        ({"triggers": [{"type": "subscriber_joins_group", "group_ids": ["x"]}], "enabled": False}, False, None),
    ],
)
async def test_of_an_automation_that_cannot_be_read_the_worst_is_assumed(
    bad: dict[str, Any], enabled: bool, groups: set[str] | None
) -> None:
    whole = {"id": "1", "name": "Welcome", "enabled": True}
    triggers = [{"type": "subscriber_joins_group", "group_ids": ["7"]}]
    rows = [{**whole, "triggers": triggers, **bad}, {"id": "2", "name": "Old"}]
    listing = await mailerlite(Script([reply(numbered_page(rows))])).get_automations()
    odd, old = listing
    assert (odd.enabled, odd.groups_known) == (enabled, groups is not None)
    assert odd.group_ids == frozenset(groups or ())
    assert odd.name == ("Welcome" if "name" not in bad else "without a readable name (1)")
    assert (old.name, old.groups_known) == ("Old", True)
    assert [row.path.startswith("page 1: data.0") for row in listing.broken] == [True]
