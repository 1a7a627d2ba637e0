"""The line that a filter is typed into; it stands over the title of the list that it filters."""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message_pump import MessagePump
from textual.widget import Widget
from textual.widgets import Input

_PATIENCE_SECONDS = 1.0


class FilterLine(Input):
    """A filter of ``filtered``; the filter holds for as long as it has a text, whether the line is seen or not.

    What is typed right behind its keys goes to the list, but only when the list shows what was typed before them: the
    next key may act on the row under the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "close", show=False, priority=True),
        Binding("escape", "clear", show=False, priority=True),
    ]

    def __init__(self, filtered: Widget, *, placeholder: str) -> None:
        super().__init__(id="filter", compact=True, placeholder=placeholder, select_on_focus=False)
        self.filtered = filtered
        self.cursor_blink = False
        self.display = False

    def open(self) -> None:
        """Show the line and give it the focus at once: the next key may be here already."""
        self.display = True
        self.screen.set_focus(self)

    def take_away(self) -> None:
        """Show all rows again and go to the list."""
        self.clear()
        self._go_to_list()

    async def action_close(self) -> None:
        """Enter: keep the filter and go to the list."""
        await self._list_shows_it()
        self._go_to_list()

    async def action_clear(self) -> None:
        """Escape: take the filter away and go to the list."""
        await _has_done_all(self)
        self.clear()
        await self._list_shows_it()
        self._go_to_list()

    def _go_to_list(self) -> None:
        self.screen.set_focus(self.filtered)
        self.display = False

    async def _list_shows_it(self) -> None:
        """Wait until what was typed is in the line and the screen shows its rows; the app takes no key meanwhile."""
        await _has_done_all(self)  # the keys
        await _has_done_all(self)  # what they changed
        await _has_done_all(self.screen)


async def _has_done_all(node: MessagePump) -> None:
    """Return when the node has handled whatever was sent to it before; or soon, should it not get to that."""
    done = asyncio.Event()
    if node.call_later(done.set):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await done.wait()
