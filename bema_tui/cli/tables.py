"""Plain tables for commands: aligned by cell width, and nothing foreign that a terminal could obey."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

from bema_tui.text import on_screen

_NUMBER = re.compile(r"-|[0-9][0-9,]*(\.[0-9]+)?")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their heads; numbers to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(head))]
    widths = [max(cell_len(head[i]), *(cell_len(row[i]) for row in texts), 0) for i in range(len(head))]
    lines = [_line(head, widths, right)]
    lines += [_line(row, widths, right) for row in texts]
    return "\n".join(lines)


def _is_number(cell: object) -> bool:
    """A number, a number in words of its own, or the dash that stands for none."""
    return (
        isinstance(cell, (int, float)) or cell == "-" or (isinstance(cell, str) and _NUMBER.fullmatch(cell) is not None)
    )


def _text(cell: object) -> str:
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else ("yes" if cell else "no")
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return on_screen(str(cell))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        gap = " " * (width - cell_len(cell))
        parts.append(gap + cell if to_right else cell + gap)
    return "  ".join(parts).rstrip()
