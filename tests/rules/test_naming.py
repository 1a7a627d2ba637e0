"""Names: the generous reader, the strict writer, folding, twins. Domain rules, section 2."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import RuleError
from bema_tui.model import CustomField, Group, Tier
from bema_tui.rules.naming import (
    abbreviate,
    field_name,
    group_name,
    is_code,
    legacy_groups,
    make_code,
    match_field,
    match_groups,
    read_field_name,
    read_group_name,
)

CODES = st.from_regex(re.compile(r"[0-9]{4}_[A-Z0-9]{1,12}_[A-Z0-9]{1,12}", re.ASCII), fullmatch=True)
SEPARATORS = st.sampled_from(["_", " ", "-", " - "])
TIERS = st.sampled_from(list(Tier))


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Eko The Beat", "ETB"),
        ("Divine", "DIVINE"),
        ("No Better Love", "NBL"),
        ("Jay-Z", "JZ"),
        ("Jay–Z", "JZ"),
        ("  Holy   Ground ", "HG"),
        ("Don't Look Back", "DLB"),
        ("Don’t", "DONT"),
        ("The 1975", "T1"),
        ("AC/DC", "ACDC"),
        ("... & Justice", "JUSTICE"),
        ("Straße", "STRASSE"),
        ("Ærøskøbing", "AEROSKOBING"),
        ("Œuvre", "OEUVRE"),
        ("Đorđe", "DORDE"),
        ("Łódź", "LODZ"),
        ("Þór", "THOR"),
        ("Ægir Øst ßa", "AOS"),
        ("Zoë Núñez", "ZN"),
        ("Кино", ""),
        ("東京", ""),
        ("Кино Live", "LIVE"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_abbreviations(name: str, short: str) -> None:
    assert abbreviate(name) == short


@given(st.text())
def test_an_abbreviation_is_plain_and_stays_what_it_is(name: str) -> None:
    short = abbreviate(name)
    assert re.fullmatch(r"[A-Z0-9]*", short)
    assert abbreviate(short) == short


@given(st.lists(st.sampled_from(["eko", "The", "BEAT", "no", "Łove", "1975"]), min_size=2, max_size=5))
def test_several_words_give_one_letter_each(words: list[str]) -> None:
    assert len(abbreviate(" ".join(words))) == len(words)


def test_a_code_is_made_of_year_artist_and_album() -> None:
    assert make_code(2024, "Eko The Beat", "No Better Love") == "2024_ETB_NBL"
    assert make_code(2024, "Eko The Beat", "Never Been Lost") == "2024_ETB_NBL"


@pytest.mark.parametrize(
    ("year", "artist", "album", "word"),
    [(2024, "Кино", "Ночь", "artist"), (2024, "Divine", "夜", "album"), (24, "Divine", "Night", "year")],
)
def test_no_code_where_nothing_is_left(year: int, artist: str, album: str, word: str) -> None:
    with pytest.raises(RuleError, match=word) as caught:
        make_code(year, artist, album)
    assert "Pin" in caught.value.advice


@pytest.mark.parametrize(
    "text",
    [
        "2024_ETB_NBL\n",
        "2024_etb_NBL",
        "24_ETB_NBL",
        "٢٠٢٤_ETB_NBL",
        "2024_ETB",
        "2024_ETB_NBL_X",
        "2024__NBL",
        "2024_ÉTB_NBL",
    ],
)
def test_what_is_not_a_code(text: str) -> None:
    assert not is_code(text)
    with pytest.raises(RuleError):
        group_name(text, Tier.GOLD)
    with pytest.raises(RuleError):
        field_name(text)


@given(CODES, TIERS)
def test_what_is_written_is_read_back(code: str, tier: Tier) -> None:
    assert is_code(code)
    assert read_group_name(group_name(code, tier)) == (code, tier)
    assert read_field_name(field_name(code)) == code


@given(CODES, TIERS, SEPARATORS, st.booleans(), st.booleans())
def test_names_are_read_generously(code: str, tier: Tier, separator: str, lower: bool, past: bool) -> None:
    ending = "PURCHASED" if past else "PURCHASE"
    group = re.sub("[_-]", separator, group_name(code, tier).replace("PURCHASE", ending))
    field = re.sub("[_-]", separator, field_name(code).replace("PURCHASE", ending))
    if "PURCHASE" not in code:
        assert read_group_name(group.lower() if lower else group) == (code, tier)
        assert read_field_name(field.lower() if lower else field) == code


@given(CODES, TIERS, st.sampled_from(["X", "2", "EXTRA", "GOLD", "PURCHASE"]), st.booleans())
def test_left_over_words_make_a_name_foreign(code: str, tier: Tier, extra: str, first: bool) -> None:
    whole = group_name(code, tier)
    name = f"{extra}_{whole}" if first else f"{whole}_{extra}"
    read = read_group_name(name)
    # "<code>_GOLD" + "PURCHASE" is a whole name again, of another tier.
    assert read is None or name == group_name(*read)
    assert read_field_name(f"{extra} {field_name(code)}") is None
    assert read_field_name(f"{field_name(code)} {extra}") is None


@given(st.text(alphabet="24ABGOLDPTINURCHSEWXé _-", max_size=30))
def test_whatever_is_read_means_what_was_written(name: str) -> None:
    def plain(text: str) -> str:
        return re.sub("[_ -]+", "_", text.strip(" ").upper()).replace("PURCHASED", "PURCHASE")

    read = read_group_name(name)
    assert read is None or plain(name) == plain(group_name(*read))
    code = read_field_name(name)
    assert code is None or plain(name) == plain(field_name(code))


@pytest.mark.parametrize(
    "name",
    [
        "Newsletter",
        "2024_ETB_NBL",
        "2024_ETB_NBL_OPTIN",
        "2024_ETB_NBL_ſILVER",
        "2024_ETB_ıBL_GOLD",
        "2024_ETB_GOLD",
        "2024_ETB_NBL_GOLD_",
        "2024_ETB_NBL_PURCHASE",
        "2024_ETB_NBL_GOLD_2",
        "",
    ],
)
def test_foreign_groups(name: str) -> None:
    assert read_group_name(name) is None


def test_the_reader_takes_the_older_spelling() -> None:
    assert read_group_name("2024 etb nbl Gold Purchased") == ("2024_ETB_NBL", Tier.GOLD_PURCHASED)
    assert read_group_name("2024-ETB-NBL-Opt In") == ("2024_ETB_NBL", Tier.OPT_IN)
    assert read_field_name("2024_ETB_NBL_Purchased") == "2024_ETB_NBL"
    assert read_field_name("2024_ETB_NBL_GOLD_PURCHASE") is None


def test_legacy_is_a_prefix_that_two_groups_share() -> None:
    names = [
        "ETB-2019-FIRSTLIGHT GOLD",
        "ETB 2019 firstlight silver purchased",
        "VIP Gold",
        "2024_ETB_NBL_GOLD",
        "Gold",
        "Beyoncé Wood",
        "beyoncé opt-in",
    ]
    assert dict(legacy_groups(names)) == {
        "ETB_2019_FIRSTLIGHT": ("ETB-2019-FIRSTLIGHT GOLD", "ETB 2019 firstlight silver purchased"),
        "BEYONCÉ": ("Beyoncé Wood", "beyoncé opt-in"),
    }


def test_twins_are_told_and_the_written_form_is_used() -> None:
    groups = [
        Group("1", "2024 etb nbl gold"),
        Group("2", "2024_ETB_NBL_GOLD"),
        Group("30", "2024 ETB NBL WOOD"),
        Group("4", "2024-ETB-NBL-WOOD"),
        Group("5", "2024_ETB_XXX_SILVER"),
    ]
    match = match_groups(groups, "2024_ETB_NBL")
    assert {tier: group.id for tier, group in match.by_tier.items()} == {Tier.GOLD: "2", Tier.WOOD: "4"}
    assert {tier: [g.id for g in others] for tier, others in match.twins.items()} == {
        Tier.GOLD: ["1"],
        Tier.WOOD: ["30"],
    }


def test_the_field_and_its_twins() -> None:
    fields = [
        CustomField("7", "2024_etb_nbl_purchased", "a", "number"),
        CustomField("9", "2024_ETB_NBL_PURCHASE", "b", "number"),
    ]
    match = match_field(fields, "2024_ETB_NBL")
    assert match.field == fields[1]
    assert match.twins == (fields[0],)
    assert match_field(fields, "2024_ETB_XYZ").field is None
