"""Cleaning foreign text: what could move a screen is made visible, and nothing else is touched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.text import clean, is_clean

ANY_TEXT = st.text(st.characters(exclude_categories=()))
BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def dangerous(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or ord(char) in BIDI


@given(ANY_TEXT)
def test_nothing_that_controls_a_terminal_is_left(text: str) -> None:
    assert not any(dangerous(char) for char in clean(text))


@given(ANY_TEXT, st.integers(min_value=1, max_value=40))
def test_the_result_is_bounded_and_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert len(once) <= limit
    assert clean(once, limit) == once
    assert is_clean(once)


@given(ANY_TEXT.filter(lambda text: not any(dangerous(char) for char in text)))
def test_other_text_is_kept(text: str) -> None:
    assert clean(text) == text
    assert is_clean(text)


@given(ANY_TEXT)
def test_is_clean_says_what_clean_would_do(text: str) -> None:
    assert is_clean(text) == (clean(text, 10_000) == text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\tb\nc\x00\x7f", "a␉b␊c␀␡"),
        ("\x85\u202e\u2028\ud800", "‹85›‹202e›‹2028›‹d800›"),
        ("Zoë Ñúñez 李小龍 👩‍👩‍👧 [/bold]", "Zoë Ñúñez 李小龍 👩‍👩‍👧 [/bold]"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_long_text_ends_with_dots() -> None:
    assert clean("x" * 5000) == "x" * 999 + "…"
