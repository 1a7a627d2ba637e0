"""The shadow writes only what differs, and the terminal ends as if everything had been written."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from bema_tui.tui.drawing.shadow import Shadow

WIDTH = 12
STYLES = [Style(), Style(bold=True), Style(color="red"), Style(bgcolor="blue", color="white")]
LETTERS = ["a", "b", " ", "é", "─", "█", "✓", "漢", "字", "e\u0301", "→"]
Screen = list[list[tuple[str, int]]]


def fitted(cells: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """As many cells as fit a row, filled with blanks."""
    row: list[tuple[str, int]] = []
    used = 0
    for text, style in cells:
        if used + cell_len(text) <= WIDTH:
            row.append((text, style))
            used += cell_len(text)
    if used == WIDTH and len(row[-1][0]) > 1:
        # pyte goes to the next line before it sees that a mark behind the last column belongs to it; terminals don't.
        row[-1] = ("e", row[-1][1])
    return row + [(" ", 0)] * (WIDTH - used)


rows = st.lists(st.tuples(st.sampled_from(LETTERS), st.integers(0, len(STYLES) - 1)), max_size=WIDTH).map(fitted)
screens = st.lists(rows, min_size=3, max_size=3)


def pieces(screen: Screen) -> list[tuple[int, int, list[Segment]]]:
    return [(y, 0, [Segment(text, STYLES[style]) for text, style in row]) for y, row in enumerate(screen)]


def shown(*outputs: str) -> list[list[tuple[str, str, str, bool]]]:
    terminal = pyte.Screen(WIDTH, 3)
    stream = pyte.Stream(terminal)
    for output in outputs:
        stream.feed(output)
    return [[(c.data, c.fg, c.bg, c.bold) for c in (terminal.buffer[y][x] for x in range(WIDTH))] for y in range(3)]


@given(st.lists(screens, min_size=2, max_size=4))
def test_differences_lead_to_the_same_screen_as_writing_all_of_it(story: list[Screen]) -> None:
    shadow = Shadow()
    outputs = [shadow.difference(pieces(screen), ColorSystem.EIGHT_BIT) for screen in story]
    whole = Shadow().difference(pieces(story[-1]), ColorSystem.EIGHT_BIT)
    assert shown(*outputs) == shown(whole)


@given(screens)
def test_the_same_screen_again_writes_nothing(screen: Screen) -> None:
    shadow = Shadow()
    shadow.difference(pieces(screen), ColorSystem.EIGHT_BIT)
    assert shadow.difference(pieces(screen), ColorSystem.EIGHT_BIT) == ""
    shadow.forget()
    assert shadow.difference(pieces(screen), ColorSystem.EIGHT_BIT)


def test_one_changed_cell_costs_that_cell() -> None:
    shadow = Shadow()
    before: Screen = [fitted([("a", 0)] * WIDTH)] * 3
    shadow.difference(pieces(before), ColorSystem.EIGHT_BIT)
    after = [before[0], fitted([("a", 0)] * 5 + [("b", 0)] + [("a", 0)] * 6), before[2]]
    assert shadow.difference(pieces(after), ColorSystem.EIGHT_BIT) == "\x1b[2;6Hb"
