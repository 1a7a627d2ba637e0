"""The drawing side of the app: writes only the cells that changed, in the colours and characters the terminal has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from rich.console import COLOR_SYSTEMS
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor
from textual.geometry import Offset, Size
from textual.screen import Screen

from bema_tui.tui.drawing.ascii import AsciiFilter
from bema_tui.tui.drawing.shadow import Shadow
from bema_tui.tui.drawing.textual_privates import ScreenUpdates, missing_names

_log = logging.getLogger(__name__)


class ShadowedApp(App[int]):
    """An app with a shadow of the terminal's screen; without one where Textual is not the one it was written for."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._shadow = Shadow()
        self._shadow_size: Size | None = None
        self._shadow_cursor: Offset | None = None
        self._updates: ScreenUpdates | None = None
        self._no_color = NoColor()
        self._ascii = AsciiFilter(enabled=ascii_only)
        missing = missing_names()
        if missing:
            self._draw_without_shadow(f"Textual has no {', '.join(map(str, missing))}")
        else:
            self._updates = ScreenUpdates()

    def _draw_without_shadow(self, why: str) -> None:
        self._updates = None
        _log.warning("the screen is written whole, without a shadow: %s", why)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, but with ``NO_COLOR`` none at all in place of greys; and ours."""
        filters = super().get_line_filters()
        if self.no_color:
            others = [each for each in filters if not isinstance(each, (Monochrome, NoColor))]
            filters = [*others, self._no_color]
        return [*filters, self._ascii] if self._ascii.enabled else filters

    def forget_screen(self) -> None:
        """The terminal may show anything now: write all of it with the next update."""
        self._shadow.forget()
        self._shadow_cursor = None

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        updates = self._updates
        if updates is None or self.is_headless or not updates.has(renderable):
            super()._display(screen, renderable)
            return
        if self._shadow_size != self.size:
            self.forget_screen()
            self._shadow_size = self.size
        colours = COLOR_SYSTEMS.get(self.console.color_system or "")
        try:
            output = self._shadow.difference(updates.pieces(renderable), colours)
        except Exception as error:  # noqa: BLE001 - whatever an update has become, it is drawn, by Textual
            self._draw_without_shadow(f"{type(error).__name__}: {error}")
            super()._display(screen, renderable)
            return
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if not output and cursor == self._shadow_cursor:
            self.post_display_hook()
            return
        finished = updates.finished(output)
        super()._display(screen, finished)
        if finished.written:
            self._shadow_cursor = cursor
        else:
            self.forget_screen()  # Textual holds updates back, for a while or for good
