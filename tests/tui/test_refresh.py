"""The refresh outlives whatever goes wrong in it."""

from __future__ import annotations

import logging

import pytest

from bema_tui.tui.app import BemaApp
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.widgets.lines import Lines
from tests.support.weekend import NOW
from tests.tui.console import Console, opened_console
from tests.tui.sample import HandReader, WrittenDown


class _Undrawable(Lines):
    """A panel that can't be drawn for as long as it is ``broken``."""

    broken = True

    def put_all(self, rows: object) -> None:
        if self.broken:
            raise ZeroDivisionError("no width at all")


async def test_a_screen_that_can_not_be_drawn_says_so_and_is_drawn_again_when_it_can() -> None:
    reader = HandReader()
    app = BemaApp(reader, WrittenDown(), RenderContext(now=NOW), clock=lambda: NOW, busy_every=0.01, idle_every=0.01)
    async with app.run_test(size=(120, 40)) as pilot:
        console = Console(app, pilot, WrittenDown())
        await console.until_shows("2024_ETB_NBL")
        screen = app.screen
        assert isinstance(screen, Overview)
        good, bad = screen.gauges, _Undrawable(id="undrawable")
        screen.gauges = bad
        await console.until(lambda: "the screen can't be drawn" in console.footer)
        assert "ZeroDivisionError: no width at all" in console.footer
        reads = reader.reads
        await console.until(lambda: reader.reads > reads + 2)
        screen.gauges = good
        app.say("it is drawn again")
        await console.until_shows("it is drawn again")


async def test_why_a_screen_can_not_be_drawn_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_console() as console:
        screen = console.app.screen
        assert isinstance(screen, Overview)
        screen.gauges, good = _Undrawable(id="undrawable"), screen.gauges
        with caplog.at_level(logging.ERROR, "bema_tui.tui.screens.base"):
            for _ in range(3):
                await console.app.refresh_picture()
        assert [record.getMessage() for record in caplog.records] == ["the screen can't be drawn: Overview"]
        assert caplog.records[0].exc_info is not None
        screen.gauges = good
        await console.refreshed()


async def test_a_screen_that_can_not_be_drawn_in_a_new_size_does_not_end_the_console() -> None:
    async with opened_console() as console:
        screen = console.app.screen
        assert isinstance(screen, Overview)
        screen.gauges, good = _Undrawable(id="undrawable"), screen.gauges
        await console.pilot.resize_terminal(80, 24)
        await console.until(lambda: "the screen can't be drawn" in console.footer)
        screen.gauges = good
        await console.refreshed()
