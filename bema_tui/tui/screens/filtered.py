"""A screen with a list that can be filtered: ``/`` opens the line for it, escape takes the filter away."""

from __future__ import annotations

from textual import events

from bema_tui.tui.ports import ConsoleApp
from bema_tui.tui.screens.run_actions import RunActions
from bema_tui.tui.widgets.filter_line import FilterLine
from bema_tui.tui.widgets.row_table import RowTable


class FilteredScreen(RunActions):
    """A screen whose keys act on rows, and that has one filter."""

    def __init__(self, console_app: ConsoleApp, filtered: RowTable, placeholder: str) -> None:
        super().__init__(console_app)
        self.filter = FilterLine(filtered, placeholder=placeholder)

    def action_filter(self) -> None:
        """Open the filter line over the title of the list."""
        self.filter.open()

    def on_key(self, event: events.Key) -> None:
        """Escape takes the filter away from every panel; only then does it go back."""
        if event.key == "escape" and self.filter.value:
            event.stop()
            self.filter.take_away()
