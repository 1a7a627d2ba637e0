"""All keys of a screen, by group, from the same table as the footer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from bema_tui.tui.format import line, spread
from bema_tui.tui.keys import GROUPS, KEYS
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.titles import title_rule


def help_lines(screen: str, context: RenderContext) -> list[Content]:
    """The help text of one screen; what can't be done in read-only mode is not in it."""
    lines: list[Content] = []
    for group, title in GROUPS.items():
        keys = [
            key
            for key in KEYS
            if key.group == group and screen in key.screens and not (key.writes and context.read_only)
        ]
        if not keys:
            continue
        lines += [line(), line((f"  {title}", "strong"))]
        lines += [line("  ", (key.name.ljust(8), "accent"), key.tooltip) for key in keys]
        if group == "move":
            lines.append(line("  ", ("arrows  ".ljust(8), "accent"), "Move the cursor; pgup, pgdn, home, end as well"))
    return lines


class HelpScreen(ModalScreen[None]):
    """Shows the keys until any of its own is pressed."""

    CSS_PATH = style_sheet("help")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,left,q,question_mark,enter", "close", show=False)]

    def __init__(self, screen: str, context: RenderContext) -> None:
        super().__init__()
        self._lines = help_lines(screen, context)
        self._render_context = context
        self._title = Lines(id="help-title")
        self._body = Lines(id="help-body")
        self._hint = Lines(id="help-hint")

    def compose(self) -> ComposeResult:
        yield self._title
        with VerticalScroll(id="help-scroll"):
            yield self._body
        yield self._hint

    def on_mount(self) -> None:
        self._body.styles.height = len(self._lines)
        self._body.put_all(self._lines)
        self.query_one("#help-scroll").focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self.size.width
        self._title.put(0, title_rule(line("All keys"), width, self._render_context.glyphs, focused=True))
        self._hint.put(0, spread(line((" up down scroll", "muted")), line(("esc back ", "muted")), width))

    def action_close(self) -> None:
        self.dismiss(None)
