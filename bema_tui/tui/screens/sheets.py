"""A question as a sheet over the bottom: the row it speaks of stays in sight, and the safe answer comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from bema_tui.operations.marked_text import Line, Sign
from bema_tui.operations.questions import Question
from bema_tui.tui.format import Part, line, spread, wrap
from bema_tui.tui.glyphs import Glyphs
from bema_tui.tui.pending import Confirmed, Pending
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.titles import title_rule

_HINT = " tab next  enter press  esc {safe}"


def drawn(parts: Line, glyphs: Glyphs) -> Content:
    """A line of a question with its signs and colours."""
    signs = {
        Sign.GOOD: glyphs.ok,
        Sign.WARNING: glyphs.warn,
        Sign.BAD: glyphs.bad,
        Sign.ACTIVE: glyphs.dot,
        Sign.POINT: glyphs.note,
    }
    shown: list[Part] = []
    for part in parts:
        if isinstance(part, str):
            shown.append(part)
        else:
            words = " ".join(filter(None, (signs[part.sign] if part.sign else "", part.text)))
            shown.append((words, part.tone or ""))
    return line(*shown)


class QuestionSheet(ModalScreen[Confirmed | None]):
    """Asks about one pending action; closes with None on the safe answer and on escape."""

    CSS_PATH = style_sheet("sheets")
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "keep", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, pending: Pending, question: Question, glyphs: Glyphs, row: int | None = None) -> None:
        """``row`` is the line of the screen that the question speaks of: where the sheet would cover it, it goes up."""
        super().__init__()
        self.pending = pending
        self.question = question
        self._glyphs = glyphs
        self._row = row
        self._title = Lines(id="sheet-title")
        self._body = Lines(id="sheet-body")
        self._hint = Lines(id="sheet-hint")
        self._reason = Input(
            id="reason", placeholder="in a few words", compact=True, max_length=200, select_on_focus=False
        )
        self._typed = Input(id="typed", compact=True, max_length=20, select_on_focus=False)
        self._reason.cursor_blink = self._typed.cursor_blink = False

    def compose(self) -> ComposeResult:
        question = self.question
        with Vertical(id="sheet"):
            yield self._title
            yield self._body
            if question.reason is not None:
                with Horizontal(classes="field"):
                    yield self._label(question.reason)
                    yield self._reason
            if question.typed:
                with Horizontal(classes="field"):
                    yield self._label(question.typed_label)
                    yield self._typed
            with Horizontal(id="buttons"):
                yield Button(self._shown(question.safe), id="keep", compact=True)
                for button in question.buttons:
                    yield Button(self._shown(button.label), id=button.id, compact=True)
            yield self._hint

    def _label(self, text: str) -> Lines:
        label = Lines(classes="label")
        label.put(0, line(f"  {text}"))
        return label

    @staticmethod
    def _shown(label: str) -> Content:
        return line(f"[ {label} ]")

    def on_mount(self) -> None:
        fields = [self._reason] * (self.question.reason is not None) + [self._typed] * bool(self.question.typed)
        (fields[0] if fields else self.query_one("#keep", Button)).focus()
        self._check()

    def on_resize(self, event: events.Resize) -> None:
        width = event.size.width - 1
        rows = [row for parts in self.question.lines for row in wrap(drawn(parts, self._glyphs), width)]
        self._body.styles.height = len(rows) + 1
        self.call_after_refresh(self._draw, rows)

    def _draw(self, rows: Sequence[Content]) -> None:
        width = self.size.width
        covered = self.size.height - self.query_one("#sheet").size.height
        self.set_class(self._row is not None and self._row >= covered, "-above")
        rule = title_rule(line(self.question.title), width, self._glyphs, focused=True)
        self._title.put(0, rule)
        self._body.put_all(rows)
        hint = line((_HINT.format(safe=self.question.safe.lower()), "muted"))
        self._hint.put(0, spread(hint, line((self.question.rest + " ", "muted")), width))

    def _check(self) -> None:
        """The acting buttons are off until everything asked for is there."""
        question = self.question
        typed = not question.typed or self._typed.value.strip().replace(",", "") == question.typed
        reason = not question.reason_needed or bool(self._reason.value.strip())
        for button in question.buttons:
            acting = self.query_one(f"#{button.id}", Button)
            acting.disabled = not (typed and reason)
            missing = f"type {question.typed} first" if not typed else "a reason first"
            acting.label = self._shown(button.label) if typed and reason else line(f"( {button.label}: {missing} )")

    @on(Input.Changed)
    def _edited(self) -> None:
        self._check()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter in a field goes on to the next field, then to the safe button; it never acts."""
        if event.input is self._reason and self.question.typed:
            self._typed.focus()
        else:
            self.query_one("#keep", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "keep" or event.button.id is None:
            self.dismiss(None)
        else:
            self.dismiss(self.pending.confirmed(event.button.id, self._reason.value.strip()))

    def action_keep(self) -> None:
        """Escape: the safe answer."""
        self.dismiss(None)
