"""All keys of a screen, by group, from the same table as the footer; and what the short words mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from bema_tui.health import FAIR_FROM, LAG_MS
from bema_tui.rules.wording.findings import FINDING_TEXT
from bema_tui.tui.format import line, spread
from bema_tui.tui.keys import GROUPS, KEYS
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.titles import title_rule

_WORDS: Final = (
    ("quota left", "requests that MailerLite takes in this minute, for all of us"),
    ("to send", "requests that a run still has to make, by its forecast"),
    ("requests/24h", "requests of the campaign's runs begun in the last 24 hours"),
    ("bought", "share of the campaign's members who have bought"),
    ("synced", "when the last sync ended that came to its end"),
    ("database", "how long a small read of the database takes"),
    ("delay", f"how late the program reacts; over {LAG_MS:.0f} ms it is overloaded"),
    ("health", f"100 is well, under {FAIR_FROM} is poor; the top line says why"),
    ("number", "a lock's: it grows with each taking, so an old holder is known"),
    ("ML, EDD", "MailerLite and the shop, where the top line is short of room"),
    ("lost", "the run's process is gone since then; s resumes the run"),
    ("unknown", "sent, but the answer is missing: it is read back first"),
    ("+ - ~", "a group added, a group removed, a field set"),
)
"""What the short words of the panels mean."""


def help_lines(screen: str, context: RenderContext) -> list[Content]:
    """Returns the help text of one screen: its keys, then what its short words and the findings mean.

    What can't be done in read-only mode is not in it.
    """
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
    lines += _legend("Words", _WORDS, 14)
    return lines + _legend("Findings: bema-tui findings --rule NAME lists those of one kind", FINDING_TEXT.items(), 22)


def _legend(title: str, meanings: Iterable[tuple[str, str]], width: int) -> list[Content]:
    words = [line("  ", (word.ljust(width), "accent"), meaning) for word, meaning in meanings]
    return [line(), line((f"  {title}", "strong")), *words]


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
        self._title.put(0, title_rule(line("All keys and words"), width, self._render_context.glyphs, focused=True))
        self._hint.put(0, spread(line((" up down scroll", "muted")), line(("esc back ", "muted")), width))

    def action_close(self) -> None:
        self.dismiss(None)
