"""What our table costs beside Textual's own ``DataTable``: bytes on the line, processor time and memory.

Both show the same picture on a pseudo terminal, under the shadow that writes only what differs. Bytes are exact, times
depend on the machine. Run: ``python -m benchmarks.tables``
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import psutil
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.coordinate import Coordinate
from textual.events import Resize
from textual.style import Style
from textual.widgets import DataTable

from bema_tui.tui.drawing.app import ShadowedApp
from bema_tui.tui.format import line
from bema_tui.tui.glyphs import UTF8
from bema_tui.tui.panels.campaigns import COLUMNS
from bema_tui.tui.themes import DARK, style_of
from bema_tui.tui.widgets.columns import Row, choose_columns, draw_cell, draw_header
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.row_table import PAGE, RowTable
from bema_tui.tui.widgets.titles import title_rule
from benchmarks.console import Line

SIZES = ((80, 24), (120, 40), (200, 60))
LISTS = (1_000, 10_000, 100_000)
_SHOWN = 200
_PATIENCE = 180.0
_TITLE = "Campaigns"
_DOWN, _PAGE_DOWN = "\x1b[B", "\x1b[6~"
_WORDS = ("Afterglow", "Holy Ground", "Second Wind", "Below the Line", "Ahora", "The Night Shift", "No Better Love")


def row(number: int, more: int = 0) -> Row:
    """A campaign made from its number; ``more`` changes one cell."""
    mixed = number * number * 7919 % 60_013
    style, state = ("good", "✓ in step") if mixed % 3 else ("muted", "○ never run")
    cells: Mapping[str, str | Content] = {
        "code": f"20{mixed % 27:02d}_CAMPAIGN_{number:06d}",
        "album": _WORDS[mixed % 7],
        "state": line((state, style)),
        "members": f"{mixed:,}",
        "buyers": f"{mixed // 7 + more:,}",
        "conv": f"{mixed % 100}.0 %",
        "revenue": f"{mixed * 3:,}",
        "finds": str(mixed % 300),
        "last": f"{mixed % 24}h",
    }
    return Row(str(number), cells)


def _key_in(code: str) -> str:
    """The key of a row, from its first cell."""
    return str(int(code.rsplit("_", 1)[-1]))


class Stock(DataTable[Text]):
    """A ``DataTable`` that shows what ours shows: columns by rank, a sign at the cursor, and the cursor on its key."""

    DEFAULT_CSS = """
    Stock { height: 1fr; background: $background; background-tint: $background 0%; }
    Stock > .datatable--header { background: $background; color: $text-muted; text-style: none; }
    """

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cell_padding=0)
        self._rows: dict[str, Row] = {}
        self._marked: str | None = None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows, none of which ever goes; of those known, only the cells that differ are updated."""
        if not self.columns:
            self._rows = {row.key: row for row in rows}
            return
        key, top = self._key(), self.scroll_offset.y
        order = {row.key: place for place, row in enumerate(rows)}
        for new in rows:
            old = self._rows.get(new.key)
            if old is None:
                self.add_row(*self._cells(new), key=new.key)
            elif old.cells != new.cells:
                for (column, _), before, after in zip(
                    self._chosen, self._cells(old)[1:], self._cells(new)[1:], strict=True
                ):
                    if before != after:
                        self.update_cell(new.key, column.name, after)
        if list(order) != list(self._rows):
            self.sort("code", key=lambda code: order[_key_in(code.plain)])  # which is given cells, no keys
            if key is not None and (place := order[key] - self.cursor_row):
                self.move_cursor(row=order[key], scroll=False)
                self.call_after_refresh(self.scroll_to, y=top + place if top else 0, animate=False)
        self._rows = {row.key: row for row in rows}

    def on_resize(self, event: Resize) -> None:
        """Make the columns anew, and all rows with them: a column's width can't be changed."""
        chosen = choose_columns(COLUMNS, event.size.width - 2)
        place, self._marked = self.cursor_row, None
        self.clear(columns=True)
        self._chosen = chosen
        self.add_column("", width=2, key="sign")
        for column, width in chosen:
            self.add_column(self._text(draw_header(((column, width),))), width=width, key=column.name)
        for known in self._rows.values():
            self.add_row(*self._cells(known), key=known.key)
        self.move_cursor(row=place)
        self._mark()

    def watch_cursor_coordinate(self, old_coordinate: Coordinate, new_coordinate: Coordinate) -> None:
        super().watch_cursor_coordinate(old_coordinate, new_coordinate)
        if self._marked is not None:
            self._mark()

    def action_page_down(self) -> None:
        self.move_cursor(row=self.cursor_row + self.size.height - 2)

    def _key(self) -> str | None:
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def _mark(self) -> None:
        key = self._key()
        if key is None or key == self._marked:
            return
        if self._marked is not None:
            self.update_cell(self._marked, "sign", Text())
        self.update_cell(key, "sign", self._text(line((UTF8.cursor, "accent"))))
        self._marked = key

    def _cells(self, shown: Row) -> list[Text]:
        return [Text(), *(self._text(draw_cell(shown.cells[c.name], c, width)) for c, width in self._chosen)]

    def _text(self, content: Content) -> Text:
        text = Text(content.plain, no_wrap=True, end="")
        for span in content.spans:
            style = span.style if isinstance(span.style, Style) else style_of(self.app, span.style)
            text.stylize(style.rich_style, span.start, span.end)
        return text


class Title(Lines):
    """The rule above a table; ours draws its own."""

    def on_resize(self, event: Resize) -> None:
        self.put(0, title_rule(line(_TITLE), event.size.width, UTF8, focused=True))


class TableApp(ShadowedApp):
    """One table over the whole screen; ``r`` shows the same rows again, ``c`` changes a cell, ``i`` inserts a row."""

    CSS = "* { scrollbar-size: 0 0; } Screen { background: $background; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, f"change('{key}')", show=False) for key in "rci"]

    def __init__(self, kind: str, number: int) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.animation_level = "none"
        self._numbers = list(range(number, 0, -1))
        self._changes = 0
        self.table = RowTable(COLUMNS, id="table") if kind == "ours" else Stock()

    def compose(self) -> ComposeResult:
        if isinstance(self.table, RowTable):
            self.table.title, self.table.title_right = line(_TITLE), line()
        else:
            yield Title()
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        if isinstance(self.table, RowTable) and len(self._numbers) > _SHOWN:
            self.table.set_total(len(self._numbers))
        else:
            self._show()

    @on(RowTable.PageWanted)
    def _page_wanted(self, event: RowTable.PageWanted) -> None:
        event.table.set_page(event.offset, [row(n) for n in self._numbers[event.offset : event.offset + PAGE]])

    def action_change(self, what: str) -> None:
        """Show the rows with or without a change."""
        self._changes += what == "c"
        if what == "i":
            self._numbers.insert(0, self._numbers[0] + 1)
        self._show()

    def _show(self) -> None:
        # The changed row is the third of those that were there at first: it stands within every size.
        changed = self._numbers[-1] + _SHOWN - 3
        self.table.set_rows([row(n, self._changes if n == changed else 0) for n in self._numbers])


class Measured:
    """A table in a process of its own, and what its answers cost."""

    def __init__(self, kind: str, number: int, size: tuple[int, int]) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.line = Line(*size, environment, "benchmarks.tables", kind, str(number))
        self._process = psutil.Process(self.line.process.pid)
        try:
            self.line.until(lambda: f"CAMPAIGN_{number:06d}" in self.line.text, _PATIENCE)
            self.line.listen(1.0)
        except BaseException:
            self.line.close()
            raise

    def each(self, keys: str, times: int, *, answers: bool = True) -> dict[str, float]:
        """Bytes and milliseconds of the processor for one answer, as the mean of several."""
        before, spent = self.line.received, self._spent()
        for _ in range(times):
            so_far = self.line.received
            self.line.type(keys)
            if answers:
                self.line.until(lambda: self.line.received > so_far)  # noqa: B023 - called within the loop
            while self.line.listen(0.4):
                continue
        done = self.line.received - before
        return {"bytes": round(done / times), "ms": round((self._spent() - spent) * 1000 / times, 1)}

    def start(self) -> dict[str, float]:
        """What it took to get here."""
        memory = self._process.memory_full_info().uss / 2**20
        return {"bytes": self.line.received, "seconds": round(self._spent(), 2), "memory_mb": round(memory, 1)}

    def _spent(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def on_the_line(kind: str, size: tuple[int, int]) -> dict[str, Any]:
    """What a table of 200 rows writes."""
    made = Measured(kind, _SHOWN, size)
    try:
        return {
            "table": kind,
            "size": f"{size[0]}x{size[1]}",
            "start": made.start(),
            "nothing changed": made.each("r", 10, answers=False),
            "down": made.each(_DOWN, 10),
            "one cell": made.each("c", 10),
            "row above": made.each("i", 5),
            "page down": made.each(_PAGE_DOWN, 4),
        }
    finally:
        made.line.close()


def with_many_rows(kind: str, number: int) -> dict[str, Any]:
    """What a list costs that is longer than the screen by far: ours holds three pages of it."""
    made = Measured(kind, number, (120, 40))
    try:
        return {"table": kind, "rows": number, "start": made.start(), "down": made.each(_DOWN, 5)}
    finally:
        made.line.close()


def main() -> None:
    """Print a line for each table and size, then one for each table and number of rows."""
    for size in SIZES:
        for kind in ("ours", "stock"):
            print(json.dumps(on_the_line(kind, size)), flush=True)
    for number in LISTS:
        for kind in ("ours", "stock"):
            print(json.dumps(with_many_rows(kind, number)), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(TableApp(sys.argv[1], int(sys.argv[2])).run_async())
    else:
        main()
