"""A shadow of the terminal's screen, as curses keeps one: only the cells that differ from it are written.

Textual sends a dirty region again whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

_CODES: Final = re.compile(r"\x1b\[([\d;]*)m")
_GAP = 6
"""Unchanged cells up to this many are written again, because moving the cursor over them costs as much."""

_Cell = tuple[str, str]
_Rows = dict[int, dict[int, _Cell]]


class Shadow:
    """The characters and colours that the terminal is known to show, by row and column."""

    def __init__(self) -> None:
        self._rows: _Rows = {}
        self._codes: dict[Style | None, str] = {}

    def forget(self) -> None:
        """Nothing is known of the terminal any more; the next update is written whole."""
        self._rows.clear()

    def difference(self, pieces: Iterable[tuple[int, int, Iterable[Segment]]], colours: ColorSystem | None) -> str:
        """The codes that bring the terminal from the shadow to these pieces (row, column, segments)."""
        writer = _Writer(self._rows)
        for y, x, segments in pieces:
            for at, text, width, sgr in self._cells(x, segments, colours):
                writer.cell(y, at, text, width, sgr)
        return writer.finish()

    def _cells(
        self, x: int, segments: Iterable[Segment], colours: ColorSystem | None
    ) -> Iterator[tuple[int, str, int, str]]:
        """Each cell's column, text (with the combining marks that follow it), width and colour codes."""
        held: tuple[int, str, int, str] | None = None
        for text, style, control in segments:
            if control:
                continue
            sgr = self._sgr(style, colours)
            for char in text:
                width = 1 if char < "\u0300" else cell_len(char)
                if width == 0:
                    if held is not None:
                        held = (held[0], held[1] + char, held[2], held[3])
                    continue
                if held is not None:
                    yield held
                held = (x, char, width, sgr)
                x += width
        if held is not None:
            yield held

    def _sgr(self, style: Style | None, colours: ColorSystem | None) -> str:
        codes = self._codes.get(style)
        if codes is None:
            match = _CODES.search(style.render(" ", color_system=colours)) if style else None
            codes = match[1] if match else ""
            self._codes[style] = codes
        return codes


class _Writer:
    """Collects the output of one update and knows where the terminal's cursor is."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._out: list[str] = []
        self._at: tuple[int, int] | None = None
        self._sgr = ""

    def cell(self, y: int, x: int, text: str, width: int, sgr: str) -> None:
        row = self._rows.setdefault(y, {})
        cell = (text, sgr)
        if row.get(x) == cell and (width == 1 or row.get(x + 1) == ("", sgr)):
            return
        if row.get(x, ("x", ""))[0] == "":
            row.pop(x - 1, None)  # the left half of a wide character is broken by what is written over its right one
        row[x] = cell
        if width == 2:
            row[x + 1] = ("", sgr)
        elif row.get(x + 1, ("x", ""))[0] == "":
            row.pop(x + 1)  # and the other way round
        self._move(y, x)
        if sgr != self._sgr:
            self._out.append(f"\x1b[0;{sgr}m" if sgr else "\x1b[0m")
            self._sgr = sgr
        self._out.append(text)
        # A terminal may count other characters differently: after them the position is set anew.
        self._at = (y, x + width) if _certain(text) else None

    def _move(self, y: int, x: int) -> None:
        if self._at == (y, x):
            return
        row = self._rows[y]
        if self._at is not None and self._at[0] == y and 0 < x - self._at[1] <= _GAP:
            between = [row.get(column) for column in range(self._at[1], x)]
            if all(cell is not None and cell[1] == self._sgr and _certain(cell[0]) for cell in between):
                self._out.append("".join(cell[0] for cell in between if cell is not None))
                return
        self._out.append(f"\x1b[{y + 1};{x + 1}H")

    def finish(self) -> str:
        if self._sgr:
            self._out.append("\x1b[0m")
        return "".join(self._out)


def _certain(text: str) -> bool:
    """Whether every terminal gives this character one cell: ASCII, box drawing and blocks."""
    return len(text) == 1 and (" " <= text <= "~" or "\u2500" <= text <= "\u259f")
