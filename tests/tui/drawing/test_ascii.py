"""A screen in ASCII: the nearest character of the same width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from bema_tui.text import on_screen
from bema_tui.tui.drawing.ascii import ascii_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë Ñúñez…", "Zoe Nunez~"),
        ("漢字", "????"),
        ("\x1b[31mred\x07\u202e", "^[31mred^<202e>"),
        ("a\x9bb", "a<9b>b"),
    ],
)
def test_every_character_has_one_of_its_width(text: str, shown: str) -> None:
    drawn = on_screen(text)
    assert "".join(map(ascii_of, drawn)) == shown
    assert cell_len(drawn) == len(shown)
