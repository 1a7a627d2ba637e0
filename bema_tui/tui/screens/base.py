"""What every screen of the console has: the top, the footer, the offers, and one way to speak to operations."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.actions import Offers
from bema_tui.tui.format import line
from bema_tui.tui.keys import BY_ID
from bema_tui.tui.panels.top import tabs_line, top_line
from bema_tui.tui.ports import ConsoleApp, Reader
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.footer import KeyLine
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.region_layout import RegionLayout

_log = logging.getLogger(__name__)
LEAST = Size(60, 16)


class ConsoleScreen(Screen[None]):
    """A screen with the common top and bottom lines; ``regions`` says where its panels stand."""

    BINDINGS: ClassVar[list[BindingType]] = []
    key_set: ClassVar[str] = ""
    """The screen's name in the table of keys."""
    number: ClassVar[int] = 1
    """Its number among the tabs; 0 for one that is no tab."""
    right_keys: ClassVar[tuple[str, ...]] = ("help", "quit")
    """The keys that always stand at the right edge of the footer."""

    def __init__(self, console_app: ConsoleApp) -> None:
        super().__init__()
        self.console_app = console_app
        self.undrawn = ""
        """Why it could not be drawn the last time; empty when it was."""
        self.top = Lines(id="top")
        self.tabs = Lines(id="tabs")
        self.small = Lines(id="small")
        self.key_line = KeyLine(id="keys", right=self.right_keys)
        self._region_layout = RegionLayout(self._all_regions)

    @property
    def layout(self) -> Layout:
        return self._region_layout

    @property
    def render_context(self) -> RenderContext:
        """How things are shown now."""
        return self.console_app.render_context

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest picture of the database."""
        return self.console_app.snapshot

    def _all_regions(self, size: Size) -> Mapping[str, Region]:
        if size.width < LEAST.width or size.height < LEAST.height:
            return {"small": Region(0, 0, size.width, 1)}
        edges = {
            "top": Region(0, 0, size.width, 1),
            "tabs": Region(0, 1, size.width, 1),
            "keys": Region(0, size.height - 1, size.width, 1),
        }
        return edges | dict(self.regions(size))

    def regions(self, size: Size) -> Mapping[str, Region]:  # noqa: ARG002
        """Where each panel stands, by its id; the first two lines and the last are taken."""
        return {}

    def show(self, snapshot: Snapshot | None) -> None:
        """Bring every panel up to this picture; only what differs is painted."""

    async def read_more(self, reader: Reader) -> None:
        """Read what the common picture does not hold."""

    def offers(self) -> Offers:
        """What the keys do now, for the footer and the palette."""
        return {}

    def draw(self) -> None:
        """Draw the common lines and the panels; what can't be drawn is said, for the console and its refresh go on."""
        if not self.size.width:
            return
        try:
            self._draw()
        except Exception as error:  # noqa: BLE001 - one wrong cell must end neither the refresh nor the console
            undrawn = f"the screen can't be drawn, and may show what is past: {type(error).__name__}: {error}"
            if undrawn != self.undrawn:  # the same one comes with every picture
                _log.error("the screen can't be drawn: %s", type(self).__name__, exc_info=True)
            self.undrawn = undrawn
            self.say(undrawn, "bad")
        else:
            self.undrawn = ""

    def _draw(self) -> None:
        width, height = self.size
        self.small.put(0, line(f"Too small: {width}×{height}, needs {LEAST.width}×{LEAST.height}. q quits"))
        self.top.put(0, top_line(self.snapshot, self.render_context, width))
        self.tabs.put(0, tabs_line(self.snapshot, self.render_context, width, self.number))
        self.show(self.snapshot)
        self.draw_keys()

    def draw_keys(self) -> None:
        """Show in the footer what is possible now."""
        labels = {name: offer.label for name, offer in self.offers().items()}
        self.key_line.offer({**labels, "next": BY_ID["next"].label, "palette": BY_ID["palette"].label})

    def say(self, text: str, style: str = "text") -> None:
        """Answer a key in the footer for a few seconds."""
        self.key_line.say(line((text, style)) if style else Content(text))

    @property
    def focus_chain(self) -> list[Widget]:
        """The panels in the order they were made in, whatever the layout; those not on the screen are left out."""
        order = {child.id: place for place, child in enumerate(self.children)}
        placed = [widget for widget in super().focus_chain if widget.size.area]
        return sorted(placed, key=lambda widget: order.get(widget.id, 0))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        key = BY_ID.get(action)
        is_text = key is not None and key.first and isinstance(self.focused, Input)
        return not is_text

    def on_mount(self) -> None:
        self.draw()

    def on_screen_resume(self) -> None:
        self.key_line.uncovered()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        self.call_after_refresh(self.draw)

    def action_home(self) -> None:
        """Go to the Overview."""
        self.console_app.go_home()

    def action_help(self) -> None:
        self.console_app.show_help()

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_redraw(self) -> None:
        self.console_app.redraw()

    def action_theme(self) -> None:
        self.say(f"theme: {self.console_app.next_theme()}")

    def action_quit(self) -> None:
        self.console_app.ask_to_quit()
