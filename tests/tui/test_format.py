"""Numbers, ages, bars and foreign text as cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from bema_tui.cells import cut
from bema_tui.tui import format as fmt
from bema_tui.tui.glyphs import ASCII, UTF8, choose_glyphs

texts = st.text(max_size=60)


@given(texts, st.integers(0, 50))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    made = cut(text, width)
    assert cell_len(made) <= width
    assert made == text or width == 0 or made.endswith("~")


@given(texts, st.integers(0, 50), st.booleans())
def test_a_fitted_line_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert fmt.width_of(fmt.fit(text, width, right=right)) == width


@given(texts)
def test_no_code_survives_and_nothing_is_read_as_markup(text: str) -> None:
    made = fmt.line(text, (text, "bad")).plain
    assert made == fmt.plain(text) * 2
    assert not any(unicodedata.category(char) in ("Cc", "Cf") and char not in "\u200c\u200d" for char in made)


def test_codes_are_made_visible() -> None:
    assert fmt.plain("[/bold][red]\x1b[2J\x9b\u202eé 漢字") == "[/bold][red]␛[2J‹9b›‹202e›é 漢字"


@given(st.floats(0, 1), st.integers(1, 60))
def test_a_bar_fills_its_width_and_grows_with_its_share(share: float, width: int) -> None:
    for glyphs in (UTF8, ASCII):
        made = fmt.bar(share, width, glyphs)
        assert len(made) == width
        assert made.count(glyphs.full) <= share * width + 1e-6
        assert fmt.bar(1.0, width, glyphs) == glyphs.full * width
    assert fmt.bar(0.0, width, UTF8) == UTF8.light * width


def test_bars_and_sparklines_look_as_drawn() -> None:
    assert fmt.bar(97 / 120, 5, UTF8) == "████─"
    assert fmt.bar(118 / 120, 5, UTF8) == "████▉"
    assert fmt.bar(0.54, 8, ASCII) == "####----"
    assert fmt.spark((0, 50, 100, 900), 100, 4, UTF8) == "▁▅██"
    assert fmt.spark((100,), 100, 4, UTF8) == "█   "
    assert fmt.solid(0.001, 4, UTF8) == "▏   "


@given(st.lists(st.floats(0, 1e6), max_size=30), st.integers(0, 20))
def test_a_sparkline_fills_its_width(values: list[float], width: int) -> None:
    assert len(fmt.spark(values, 100, width, UTF8)) == width


@given(st.lists(st.text("abc", min_size=1, max_size=8), max_size=8), st.integers(0, 40))
def test_what_is_packed_fits_and_stays_whole(words: list[str], width: int) -> None:
    made = fmt.pack([fmt.line(word) for word in words], width).plain
    assert fmt.width_of(made) <= width
    assert [part for part in made.split("  ") if part and part not in words] == []


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({"LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "POSIX"}, True),
        ({}, True),
    ],
)
def test_the_locale_chooses_the_signs(environment: dict[str, str], *, ascii_only: bool) -> None:
    assert choose_glyphs(environment).ascii is ascii_only


def test_both_sets_have_one_cell_a_sign_and_the_ascii_one_is_ascii() -> None:
    for glyphs in (UTF8, ASCII):
        for name in ("ok", "bad", "warn", "dot", "ring", "note", "arrow", "cursor", "corner", "heavy", "light", "full"):
            assert cell_len(getattr(glyphs, name)) == 1
    assert "".join(str(getattr(ASCII, name)) for name in ("ok", "bad", "warn", "dot", "spark", "cursor")).isascii()


@given(texts, st.integers(4, 40))
@example(" \u2ff0", 4)
@example("  x界", 4)
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    rows = fmt.wrap(fmt.line(f"  {text}"), width)
    assert all(fmt.width_of(row) <= max(width, 3) for row in rows)
    assert "".join("".join(row.plain for row in rows).split()) == "".join(fmt.line(text).plain.split())


def test_a_wrapped_line_stays_as_deep_as_it_began() -> None:
    rows = fmt.wrap(fmt.line("  • run 7 ends; nothing of it was written"), 24)
    assert [row.plain for row in rows] == ["  • run 7 ends; nothing", "  of it was written"]


def test_search_knows_neither_case_nor_accents() -> None:
    assert fmt.folded("zoe") in fmt.folded("Zoë’s Café")
    assert fmt.folded("ÉLÉMENTS") == "elements"
