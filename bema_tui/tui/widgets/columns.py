"""Which columns a table keeps at a width: they go by a written rank, they are never squeezed until unreadable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen
from textual.content import Content

from bema_tui.tui.format import Part, fit, line, width_of


@frozen
class Column:
    """One column of a table."""

    name: str
    """What a row's cell is found by."""
    title: str
    """What stands over it."""
    width: int
    """Its cells with the blank that parts it from its neighbour: after the text, or before it when ``right``."""
    rank: int = 0
    """0 stays always; of the others the highest goes first."""
    right: bool = False
    """Whether its cells are set at the right edge."""
    grow: bool = False
    """Takes the room that is left over."""
    least: int | None = None
    """The narrowest useful width; None is ``width``."""


@frozen
class Row:
    """One row of a table."""

    key: str
    """What actions go to."""
    cells: Mapping[str, str | Content]
    """The cells by column name."""


def choose_columns(columns: Sequence[Column], width: int) -> tuple[tuple[Column, int], ...]:
    """The columns that fit into ``width`` cells with the width each gets."""
    kept = list(columns)

    def least(column: Column) -> int:
        return column.width if column.least is None else column.least

    while sum(map(least, kept)) > width:
        rank = max(column.rank for column in kept)
        if rank == 0:
            break
        kept = [column for column in kept if column.rank != rank]
    room = width - sum(map(least, kept))
    widths = []
    for column in kept:
        more = min(max(0, room), column.width - least(column))
        room -= more
        widths.append(least(column) + more)
    growing = [index for index, column in enumerate(kept) if column.grow]
    for place, index in enumerate(growing):
        share = max(0, room) // (len(growing) - place)
        widths[index] += share
        room -= share
    return tuple(zip(kept, widths, strict=True))


def draw_cell(value: str | Content, column: Column, width: int) -> Content:
    """One cell with the blank that parts it from the next."""
    if width <= 1:
        return fit(value, width)
    inner = fit(value, width - 1, right=column.right)
    return line(" ", inner) if column.right else line(inner, " ")


def draw_row(cells: Mapping[str, str | Content], chosen: Sequence[tuple[Column, int]]) -> Content:
    """The cells of one row, joined; text runs on over the empty cells to its right."""
    parts: list[Part] = []
    place = 0
    while place < len(chosen):
        column, width = chosen[place]
        value = cells.get(column.name, "")
        place += 1
        if not column.right:
            while width_of(value) > width - 1 and place < len(chosen) and not cells.get(chosen[place][0].name):
                width += chosen[place][1]
                place += 1
        # The blank of a text's column is another text's border; a number brings its own, and the edge needs none.
        borders = place < len(chosen) and not chosen[place][0].right
        parts.append(draw_cell(value, column, width) if borders or column.right else fit(value, width))
    return line(*parts)


def draw_header(chosen: Sequence[tuple[Column, int]]) -> Content:
    """The titles of the columns."""
    titles: list[Part] = [draw_cell(line((column.title, "muted")), column, width) for column, width in chosen]
    return line(*titles)
