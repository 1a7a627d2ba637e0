"""Campaigns found in the shop and the account. Domain rules, section 2, discovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.listing import UnreadRow
from bema_tui.model import Campaign, CustomField, FindingRule, Group, Product, Severity, Tier
from bema_tui.rules.discovery import Discovery, discover
from bema_tui.rules.groups_and_field import check_campaign
from bema_tui.rules.naming import group_name, is_code
from tests.rules.builders import found

ETB = ("eko-the-beat-artist", "Eko The Beat")
ALBUMS = ("albums", "Albums")
CREATED = datetime(2024, 5, 1, tzinfo=UTC)
START = datetime(2024, 6, 1, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def product(
    number: str = "11",
    title: str = "No Better Love",
    *categories: tuple[str, str],
    created: datetime | None = CREATED,
) -> Product:
    return Product(number, title, created, categories or (ALBUMS, ETB))


def run(
    *products: Product,
    groups: Sequence[str] = (),
    starts: Mapping[str, datetime] | None = None,
    sold: Sequence[str] = (),
    existing: Sequence[Campaign] = (),
) -> Discovery:
    account = [Group(str(index), name) for index, name in enumerate(groups)]
    return discover(products, account, [], starts or {}, sold, existing, TODAY)


def test_a_clear_product_becomes_a_campaign() -> None:
    result = run(product(), starts={"11": START}, sold=["11"])
    assert result.proposals == (
        Campaign(code="2024_ETB_NBL", album="No Better Love", product_ids=("11",), start=START),
    )
    assert result.findings == ()


def test_an_album_that_was_never_sold_is_proposed_without_a_start() -> None:
    assert [one.start for one in run(product()).proposals] == [None]


def test_the_year_comes_from_the_account_first() -> None:
    assert [one.code for one in run(product(), groups=["2023 etb nbl gold"]).proposals] == ["2023_ETB_NBL"]
    other = run(product(), groups=["2023_ETB_XYZ_GOLD", "2022_OTHER_NBL_GOLD"])
    assert [one.code for one in other.proposals] == ["2024_ETB_NBL"]


def test_several_years_in_the_account_are_unclear() -> None:
    result = run(product(), groups=["2023_ETB_NBL_GOLD", "2024_ETB_NBL_GOLD"])
    assert result.proposals == ()
    assert found(result.findings) == [FindingRule.CODE_COLLISION]
    assert "2023, 2024" in result.findings[0].message


@pytest.mark.parametrize("created", [None, datetime(1980, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)])
def test_without_a_usable_year_there_is_no_code(created: datetime | None) -> None:
    result = run(product(created=created))
    assert result.proposals == ()
    assert found(result.findings) == [FindingRule.PRODUCT_UNCLAIMED]


def test_two_albums_with_one_code_collide_and_neither_is_proposed() -> None:
    result = run(product("11"), product("12", "Never Been Lost"), product("13", "Divine"))
    assert [one.code for one in result.proposals] == ["2024_ETB_DIVINE"]
    assert found(result.findings) == [FindingRule.CODE_COLLISION] * 2
    assert [one.subject for one in result.findings] == ["product 11", "product 12"]
    assert "product 12, 'Never Been Lost'" in result.findings[0].message


@pytest.mark.fault("D9")
def test_twin_titles_name_each_others_id() -> None:
    result = run(product("11"), product("12"), product("13"))
    assert [one.message for one in result.findings][1] == (
        "Product 12, 'No Better Love', gets the code 2024_ETB_NBL, and so does product 11, 'No Better Love' and "
        "product 13, 'No Better Love'."
    )
    taken = run(product("11"), existing=[Campaign("2024_ETB_NBL", "No Better Love", ("12",))])
    assert "the campaign of 'No Better Love' (product 12)" in taken.findings[0].message


def test_a_code_of_another_campaign_is_taken() -> None:
    existing = Campaign("2024_ETB_NBL", "Never Been Lost", ("12",))
    result = run(product("11"), existing=[existing])
    assert result.proposals == ()
    assert found(result.findings) == [FindingRule.CODE_COLLISION]
    assert "Never Been Lost" in result.findings[0].message


def test_running_it_again_adds_nothing() -> None:
    first = run(product(), sold=["11"])
    again = run(product(), sold=["11"], existing=first.proposals)
    assert (again.proposals, again.findings) == ((), ())
    pinned = run(product(), sold=["11"], existing=[Campaign("2024_OTHER_CODE", "Any", ("11",))])
    assert (pinned.proposals, pinned.findings) == ((), ())


def test_several_artists_are_unclear() -> None:
    result = run(product("11", "Both", ETB, ("zoe-artist", "Zoë")))
    assert (result.proposals, found(result.findings)) == ((), [FindingRule.ARTIST_UNCLEAR])
    assert result.findings[0].severity is Severity.WARNING


@pytest.mark.fault("D9")
def test_products_without_an_artist_are_counted_in_one_finding() -> None:
    shirts = [product(str(number), f"Shirt {number}", ("merch", "Merch")) for number in range(20, 130)]
    result = run(*shirts, product("11"), sold=["77", "11"])
    assert len(result.proposals) == 1
    (only,) = result.findings
    assert (only.rule, only.subject) == (FindingRule.ARTIST_UNCLEAR, "products without an artist")
    assert only.message.startswith("110 products have no artist")
    assert "of which 1 sold: 'Shirt 77' (77), 'Shirt 20' (20)" in only.message
    assert only.message.endswith(" and 105 more.")
    assert "discover --without-artist" in only.advice
    assert result.without_artist == tuple(sorted(shirts, key=lambda one: (len(one.id), one.id)))
    assert run(shirts[0]).findings[0].message.startswith("1 product has no artist")


def test_a_name_of_which_nothing_is_left_needs_a_pinned_code() -> None:
    result = run(product("11", "Ночь", ("kino-artist", "Кино")))
    assert (result.proposals, found(result.findings)) == ((), [FindingRule.ARTIST_UNCLEAR])
    assert "campaigns add" in result.findings[0].advice


@pytest.mark.fault("D9")
def test_the_word_bundle_alone_holds_nothing_back_and_asks() -> None:
    joy = product("14", "Bundle of Joy", ETB)
    result = run(joy)
    assert [one.album for one in result.proposals] == ["Bundle of Joy"]
    (asks,) = result.findings
    assert asks.rule is FindingRule.BUNDLE_UNCLAIMED
    assert "has the word bundle in its name: the shop does not say which products are bundles" in asks.message
    assert run(joy, groups=["2024_ETB_BOJ_GOLD"]).findings == (), "its groups say that it is an album"
    assert run(joy, existing=result.proposals).findings == ()
    assert run(joy, existing=[Campaign("2024_ETB_NBL", "No Better Love", ("11", "14"))]).findings == ()


def test_a_bundle_without_an_artist_is_told_until_a_campaign_lists_it() -> None:
    bundle = product("14", "Complete Bundle", ALBUMS)
    assert found(run(bundle).findings) == [FindingRule.BUNDLE_UNCLAIMED]
    assert run(bundle).proposals == ()
    assert run(bundle, existing=[Campaign("2024_ETB_NBL", "No Better Love", ("11", "14"))]).findings == ()


def test_a_sold_product_that_nobody_lists_is_told_once() -> None:
    result = run(product(), sold=["11", "99", "99", "7"], existing=[Campaign("2020_A_B", "B", ("7",))])
    assert found(result.findings) == [FindingRule.PRODUCT_UNCLAIMED]
    assert result.findings[0].subject == "product 99"


@pytest.mark.fault("D9")
def test_what_the_shop_does_not_list_is_called_as_its_sales_call_it() -> None:
    result = discover([], [], [], {}, ["98", "99"], [], TODAY, (), {"99": "Old Roses"})
    assert [one.message.partition(" and neither")[0] for one in result.findings] == [
        "Product 98 was sold,",
        "Product 99, 'Old Roses' in its sales, was sold,",
    ]
    assert all("draft, private, or deleted" in one.message for one in result.findings)


def test_legacy_names_are_shown() -> None:
    result = run(groups=["ETB-2019-FIRSTLIGHT GOLD", "ETB-2019-FIRSTLIGHT SILVER", "Newsletter"])
    (only,) = result.findings
    assert (only.rule, only.severity, only.subject) == (FindingRule.LEGACY_NAME, Severity.INFO, "ETB_2019_FIRSTLIGHT")


def test_a_nearly_full_account_is_told() -> None:
    assert found(run(groups=[f"Fans {n}" for n in range(900)]).findings) == [FindingRule.ACCOUNT_NEARLY_FULL]


def test_rows_that_can_not_be_read_fill_the_account_as_they_do_for_a_sync() -> None:
    groups = [Group(str(n), f"Fans {n}") for n in range(895)]
    fields = [CustomField(str(n), f"x{n}", f"x{n}", "text") for n in range(89)]
    rows = [UnreadRow(f"data.{n}", "name: null") for n in range(5)]
    campaign = Campaign("2024_ETB_NBL", "No Better Love", ("11",))
    synced = [
        one
        for one in check_campaign(campaign, groups, fields, rows, rows[:1]).findings
        if one.rule is FindingRule.ACCOUNT_NEARLY_FULL
    ]
    told = discover([], groups, fields, {}, [], [], TODAY, unread_groups=rows, unread_fields=rows[:1]).findings
    assert len(told) == 2
    assert list(told) == synced


@given(
    st.lists(
        st.builds(
            product,
            st.sampled_from([str(n) for n in range(1, 9)]),
            st.sampled_from(["No Better Love", "Never Been Lost", "Divine", "Кино", "", "The Bundle"]),
            st.sampled_from([ETB, ALBUMS, ("x-artist", "X")]),
            st.sampled_from([ETB, ALBUMS]),
            created=st.sampled_from([None, CREATED]),
        ),
        unique_by=lambda one: one.id,
    ),
    st.lists(st.sampled_from(["2023_ETB_NBL", "2024_ETB_NBL", "2022_X_DIVINE"])),
)
def test_what_is_proposed_is_clear_and_every_album_is_accounted_for(products: list[Product], codes: list[str]) -> None:
    groups = [group_name(code, Tier.GOLD) for code in codes]
    result = run(*products, groups=groups, sold=[one.id for one in products])
    assert all(is_code(one.code) for one in result.proposals)
    assert len({one.code for one in result.proposals}) == len(result.proposals)
    proposed = {one.product_ids[0] for one in result.proposals}
    told = {one.subject.removeprefix("product ") for one in result.findings} - {"products without an artist"}
    asked = {one.subject.removeprefix("product ") for one in result.findings if "is proposed" in one.message}
    without = {one.id for one in result.without_artist}
    assert asked <= proposed | told
    assert sorted([*proposed, *(told - proposed), *without]) == sorted(one.id for one in products)
    again = run(*products, groups=groups, sold=[one.id for one in products], existing=result.proposals)
    assert not proposed & {pid for one in again.proposals for pid in one.product_ids}


@pytest.mark.fault("A1")
def test_a_product_that_cannot_be_read_is_named_and_holds_nothing_else_back() -> None:
    unread = [
        UnreadRow("page 1: products.3.info.title", "a list is not text", "12"),
        UnreadRow("page 1: products.4.info.id", "'x' is not an id of digits", "", "Some Roses"),
        UnreadRow("page 1: products.5", "an empty row"),
    ]
    result = discover([product()], [], [], {}, ["11", "12"], [], TODAY, unread)
    assert [one.code for one in result.proposals] == ["2024_ETB_NBL"]
    assert found(result.findings) == [FindingRule.PRODUCT_UNCLAIMED] * 3
    assert [one.subject for one in result.findings] == [
        "product 12",
        "product Some Roses",
        "product page 1: products.5",
    ]
    assert "page 1: products.3.info.title: a list is not text" in result.findings[0].message


def test_a_claimed_product_that_cannot_be_read_is_no_matter() -> None:
    mine = Campaign(code="2024_ETB_NBL", album="No Better Love", product_ids=("12",))
    unread = [UnreadRow("page 1: products.3.info.title", "a list is not text", "12")]
    assert discover([], [], [], {}, ["12"], [mine], TODAY, unread) == Discovery((), ())
