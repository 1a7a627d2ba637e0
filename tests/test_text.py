"""Cleaning foreign text: what could move a screen is made visible, and nothing else is touched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import BemaError
from bema_tui.text import clean, is_clean, on_screen, one_line

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


@given(ANY_TEXT)
def test_one_line_is_clean_and_has_no_break_and_no_double_blank(text: str) -> None:
    line = one_line(text)
    assert is_clean(line)
    assert line == " ".join(line.split())


@given(ANY_TEXT)
def test_a_screen_gets_nothing_that_it_can_not_measure(text: str) -> None:
    shown = on_screen(text)
    assert not any(dangerous(char) for char in shown)
    assert not any(unicodedata.category(char) == "Cf" for char in shown if char not in "\u200c\u200d")
    assert on_screen(shown) == shown
    assert on_screen(clean(text, 10_000)) == shown


@pytest.mark.parametrize(
    ("text", "line", "screen"),
    [
        ("two\nlines\t here ", "two lines here", "two␊lines␉ here "),
        ("soft\u00adhyphen", "soft\u00adhyphen", "soft‹ad›hyphen"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_one_spelling_of_an_escape(text: str, line: str, screen: str) -> None:
    assert one_line(text) == line
    assert on_screen(text) == screen


def test_an_error_is_clean_whatever_words_it_was_made_of() -> None:
    error = BemaError("No file \x1b[2J.", tried="read\u202e", where="a\x07b", advice="Look\x9b.")
    assert str(error) == "No file ␛[2J. Where: a␇b. It happened when trying to read‹202e›. What to do: Look‹9b›."
    assert is_clean("".join(str(value) for value in error.as_dict().values()))


def test_a_long_text_ends_with_dots() -> None:
    assert clean("x" * 5000) == "x" * 999 + "…"
