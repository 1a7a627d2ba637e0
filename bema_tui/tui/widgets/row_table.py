"""A table whose cursor is a key: it stays on its row through every refresh, because actions go to that key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from bema_tui.amounts import count
from bema_tui.tui.format import fit, line
from bema_tui.tui.glyphs import UTF8, Glyphs
from bema_tui.tui.widgets.columns import Column, Row, choose_columns, draw_header, draw_row
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.titles import title_rule

PAGE = 50
_EMPTY = Content("")


class RowTable(Lines, can_focus=True):
    """Title, header and rows; one line a row, or ``per_line`` rows beside each other in a summary.

    A big list gives only its ``total`` and is asked for pages by ``PageWanted``; three pages are kept.
    """

    DEFAULT_CSS = "RowTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Highlighted(Message):
        """The cursor stands on another row now."""

        def __init__(self, table: RowTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> RowTable:
            return self.table

    class Opened(Highlighted):
        """Enter on a row."""

    class PageWanted(Highlighted):
        """Rows from ``offset`` on are to be shown and are not here."""

        def __init__(self, table: RowTable, offset: int) -> None:
            super().__init__(table)
            self.offset = offset

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str,  # noqa: A002
        glyphs: Glyphs = UTF8,
        keeps_cursor: bool = False,
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.glyphs = glyphs
        self.keeps_cursor = keeps_cursor
        self.header = True
        self.indent = 2
        self.per_line = 1
        self.title = _EMPTY
        self.title_right: Content | None = None
        self.empty: Sequence[Content] = ()
        self._known: dict[int, Row] = {}
        self._total = 0
        self._cursor = 0
        self._key: str | None = None
        self._moved = False
        self._top = 0
        self._asked: set[int] = set()

    @property
    def cursor_key(self) -> str | None:
        """The key of the row that the cursor is on."""
        return self._key

    @property
    def cursor(self) -> int:
        """The place of the cursor, from 0."""
        return self._cursor

    @property
    def cursor_line(self) -> int:
        """The line of the screen that the cursor's row is on."""
        return self.region.y + 1 + self.header + (self._cursor - self._top) // self.per_line

    @property
    def total(self) -> int:
        """How many rows there are, here or not."""
        return self._total

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor follows its key, and stands where it stood when that row is gone.

        A table that nobody is in shows its first rows, unless somebody went to another row before.
        """
        places = {row.key: index for index, row in enumerate(rows)}
        self._known = dict(enumerate(rows))
        self._total = len(rows)
        if not (self._moved or self.has_focus or self.keeps_cursor):
            self._cursor = self._top = 0
        elif self._key is not None and self._key in places:
            shift = places[self._key] - self._cursor
            self._cursor += shift
            self._top += shift if self._top else 0
        self._align()

    def set_total(self, total: int, *, restart: bool = False) -> None:
        """A big list of this length; ``restart`` forgets its rows and goes to the first."""
        if restart:
            self._known, self._asked = {}, set()
            self._cursor = self._top = 0
            self._key = None
        if total != self._total:
            self._asked = set()
        self._total = total
        self._align()

    def set_page(self, offset: int, rows: Sequence[Row]) -> None:
        """Rows of a big list from ``offset`` on; a page that comes short is asked for again when the total changes."""
        for index, row in enumerate(rows, offset):
            self._known[index] = row
        if len(rows) >= min(PAGE, self._total - offset):
            self._asked.discard(offset // PAGE)
        near = self._top // PAGE
        self._known = {index: row for index, row in self._known.items() if abs(index // PAGE - near) <= 1}
        self._align()

    def page_failed(self, offset: int) -> None:
        """The page could not be read: it is asked for again when its rows are next looked for."""
        self._asked.discard(offset // PAGE)

    def row(self, key: str) -> Row | None:
        """The row of this key, if it is here."""
        return next((row for row in self._known.values() if row.key == key), None)

    @property
    def keys_here(self) -> frozenset[str]:
        """The keys of the rows that are here, seen or not."""
        return frozenset(row.key for row in self._known.values())

    def go_to(self, key: str) -> None:
        """Put the cursor on this row, if it is here."""
        for index, row in self._known.items():
            if row.key == key:
                self._cursor, self._moved = index, index > 0
        self._align()

    def _align(self) -> None:
        """Bring cursor, scroll and lines into agreement after a change, and say when the cursor's row is another."""
        self._cursor = max(0, min(self._cursor, self._total - 1))
        here = self._known.get(self._cursor)
        before, self._key = self._key, here.key if here else None
        self._scroll()
        self.draw()
        if self._key != before:
            self.post_message(self.Highlighted(self))

    def _scroll(self) -> None:
        body = self.body_height * self.per_line
        if body <= 0:
            return
        if self._cursor < self._top:
            self._top = self._cursor
        elif self._cursor >= self._top + body:
            self._top = self._cursor - body + 1
        self._top = max(0, min(self._top, self._total - body))
        self._top -= self._top % self.per_line

    @property
    def body_height(self) -> int:
        """The lines there are for rows."""
        return self.size.height - 1 - self.header

    def draw(self) -> None:
        """Put all lines again; only what differs is painted."""
        width, height = self.size
        if not width or not height:
            return
        slot = width // self.per_line
        chosen = choose_columns(self.columns, slot - self.indent)
        rows = [self._title(width)]
        if self.header:
            rows.append(line(" " * self.indent, draw_header(chosen)) if self._total else _EMPTY)
        if not self._total:
            rows += [cut for text in self.empty if (cut := fit(text, width))]
        for first in range(self._top, min(self._total, self._top + self.body_height * self.per_line), self.per_line):
            cells = [self._row(i, slot, chosen) for i in range(first, min(first + self.per_line, self._total))]
            rows.append(line(*cells))
        self.put_all(rows[:height])
        for page in self._pages_shown():
            if any(i not in self._known for i in self._shown() if i // PAGE == page):
                self._ask(page)

    def _row(self, index: int, width: int, chosen: Sequence[tuple[Column, int]]) -> Content:
        row = self._known.get(index)
        if row is None:
            return fit("", width)
        marked = index == self._cursor and (self.has_focus or self.keeps_cursor)
        sign = line((self.glyphs.cursor, "accent")) if marked else line(" ")
        text = fit(line(fit(sign, self.indent), draw_row(row.cells, chosen)), width)
        if index == self._cursor and self.has_focus:
            return text.stylize("cursor", 1)
        return text

    def _title(self, width: int) -> Content:
        right = self.title_right
        body = self.body_height * self.per_line
        if right is None:
            last = min(self._total, self._top + body)
            shown = f"{count(self._top + 1)}-{count(last)} of {count(self._total)}" if self._total > body > 0 else ""
            right = line((shown, "muted"))
        return title_rule(self.title, width, self.glyphs, focused=self.has_focus, right=right)

    def _shown(self) -> range:
        return range(self._top, min(self._total, self._top + max(0, self.body_height) * self.per_line))

    def _pages_shown(self) -> list[int]:
        return sorted({index // PAGE for index in self._shown()})

    def _ask(self, page: int) -> None:
        if page not in self._asked:
            self._asked.add(page)
            self.post_message(self.PageWanted(self, page * PAGE))

    def _go(self, place: int) -> None:
        self._cursor = place
        self._align()
        self._moved = self._cursor > 0

    def action_move(self, step: int) -> None:
        self._go(self._cursor + step)

    def action_page(self, step: int) -> None:
        self._go(self._cursor + step * max(1, self.body_height - 1) * self.per_line)

    def action_edge(self, side: int) -> None:
        self._go(0 if side < 0 else self._total - 1)

    def action_open(self) -> None:
        if self._key is not None:
            self.post_message(self.Opened(self))

    def on_resize(self) -> None:
        self._scroll()
        self.draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.draw()

    def on_click(self, event: events.Click) -> None:
        y = event.y - 1 - self.header
        if 0 <= y < self.body_height:
            slot = event.x // max(1, self.size.width // self.per_line)
            place = self._top + y * self.per_line + min(slot, self.per_line - 1)
            if place < self._total:
                self._go(place)

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)
