"""The line under the tabs that says whether all is well; enter goes to the worst thing on it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from bema_tui.tui.widgets.lines import Lines


class AnswerLine(Lines, can_focus=True):
    """One line that can have the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", show=False)]

    class Opened(Message):
        """Enter on the line."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._content = Content("")

    def draw(self, content: Content) -> None:
        """Show this answer."""
        self._content = content
        self.put(0, content.stylize("cursor") if self.has_focus else content)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.draw(self._content)

    def action_open(self) -> None:
        self.post_message(self.Opened())
