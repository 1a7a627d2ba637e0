"""The console on the weekend's database or on pictures made by hand, for tests that press keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from bema_tui.model import Mode
from bema_tui.tui.app import BemaApp
from bema_tui.tui.ports import Reader
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.screens.base import ConsoleScreen
from tests.support.until import Patience
from tests.support.weekend import NOW
from tests.tui.drawing.painted import rows_of
from tests.tui.sample import HandReader, WrittenDown

SIZES = [(80, 24), (120, 40), (200, 60)]


class Console:
    """An app under a pilot, with its backend and what its screen shows."""

    def __init__(self, app: BemaApp, pilot: Pilot[int], backend: WrittenDown) -> None:
        self.app = app
        self.pilot = pilot
        self.backend = backend

    @property
    def rows(self) -> list[str]:
        """The screen, line by line."""
        return rows_of(self.app.screen)

    @property
    def footer(self) -> str:
        """The bottom line."""
        return self.rows[-1]

    def shows(self, text: str) -> bool:
        return any(text in row for row in self.rows)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it holds; fail with the screen when it does not in time."""
        patience = Patience(lambda: "this screen is another one\n" + "\n".join(self.rows))
        while not true():
            patience.check()
            await self.pilot.pause()
            await asyncio.sleep(0.01)

    async def until_shows(self, text: str) -> None:
        await self.until(lambda: self.shows(text))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Into the field that has the focus, as if pasted."""
        field = self.app.focused
        assert isinstance(field, Input)
        field.insert_text_at_cursor(text)
        await self.pilot.pause()

    async def refreshed(self) -> None:
        """Read the database again and show it."""
        await self.app.refresh_picture()
        await self.pilot.pause()


@asynccontextmanager
async def opened_console(
    reader: Reader | None = None,
    backend: WrittenDown | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    theme: str = "dark",
    **context: Any,
) -> AsyncIterator[Console]:
    """The console, started, with its first picture on the screen."""
    reader = reader or HandReader()
    backend = backend or WrittenDown(reader if isinstance(reader, HandReader) else None)
    values: dict[str, Any] = {"now": NOW, "mode": Mode.LIVE, "profile": "studio", "me": "maria", "zone": UTC} | context
    app = BemaApp(
        reader, backend, RenderContext(**values), theme=theme, clock=lambda: NOW, busy_every=600, idle_every=600
    )
    async with app.run_test(size=size) as pilot:
        console = Console(app, pilot, backend)
        await console.until(lambda: app.snapshot is not None)
        await pilot.pause()
        yield console
        undrawn = [screen.undrawn for screen in app.screen_stack if isinstance(screen, ConsoleScreen)]
        assert not any(undrawn), undrawn
