"""Rows of cells that send only the span that changed, because Textual sends a whole dirty widget again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from bema_tui.tui.format import cut_line
from bema_tui.tui.themes import style_of

_BLANK = Content("")


class Lines(Widget):
    """A widget of finished lines; ``put`` compares before it paints."""

    DEFAULT_CSS = "Lines { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: list[Content] = []

    @property
    def lines(self) -> tuple[str, ...]:
        """What the widget shows, as plain text."""
        return tuple(row.plain for row in self._rows)

    def put_all(self, rows: Sequence[Content]) -> None:
        """Show these lines and nothing below them."""
        for y in range(max(len(rows), len(self._rows))):
            self.put(y, rows[y] if y < len(rows) else _BLANK)
        del self._rows[len(rows) :]

    def put(self, y: int, row: Content) -> None:
        """Show one line, cut to the widget; only the cells from the first to the last difference are painted."""
        if self.size.width:
            row = cut_line(row, self.size.width)
        while len(self._rows) <= y:
            self._rows.append(_BLANK)
        old = self._rows[y]
        if old.plain == row.plain and old.spans == row.spans:
            return
        self._rows[y] = row
        start, end = _difference(old, row)
        if end > start:
            self.refresh(Region(start, y, end - start, 1))

    def render_line(self, y: int) -> Strip:
        base = self.visual_style
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else _BLANK
        styles: dict[str, Style] = {}

        def named(style: str | Style) -> Style:
            if isinstance(style, Style):
                return style
            if style not in styles:
                styles[style] = style_of(self.app, style)
            return styles[style]

        parts = row.render(base, end="", parse_style=named)
        segments = [Segment(text, style.rich_style) for text, style in parts if text]
        return Strip(segments).adjust_cell_length(width, base.rich_style)


def _difference(old: Content, new: Content) -> tuple[int, int]:
    """The cells from the first to after the last that differ between two lines."""
    before, after = _cells(old), _cells(new)
    width = max(len(before), len(after))
    before += [(" ", ())] * (width - len(before))
    after += [(" ", ())] * (width - len(after))
    differ = [x for x in range(width) if before[x] != after[x]]
    return (differ[0], differ[-1] + 1) if differ else (0, 0)


def _cells(content: Content) -> list[tuple[str, tuple[object, ...]]]:
    """Each cell's character and styles; the second half of a wide character repeats the first."""
    styles: list[tuple[object, ...]] = [()] * len(content.plain)
    for start, end, name in content.spans:
        for index in range(start, min(end, len(styles))):
            styles[index] = (*styles[index], name)
    cells: list[tuple[str, tuple[object, ...]]] = []
    for char, style in zip(content.plain, styles, strict=True):
        width = cell_len(char)
        if width == 0 and cells:
            cells[-1] = (cells[-1][0] + char, cells[-1][1])
        cells += [(char, style)] * width
    return cells
