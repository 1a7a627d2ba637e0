"""A plan that comes late opens only where nothing else has the keys by then."""

from __future__ import annotations

import asyncio

import pytest

from bema_tui.model import RunKind
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.screens.sheets import QuestionSheet
from tests.tui.console import Console, opened_console
from tests.tui.sample import HandReader, WrittenDown


class _Slow(WrittenDown):
    """A backend that begins a run only when its database lets it."""

    def __init__(self, reader: HandReader) -> None:
        super().__init__(reader)
        self.free = asyncio.Event()

    async def start(self, code: str, *, kind: RunKind) -> int:
        await self.free.wait()
        return await super().start(code, kind=kind)


async def _synced(console: Console) -> None:
    screen = console.app.screen
    assert isinstance(screen, Overview)
    screen.campaigns.go_to("2025_ETB_SW")
    await console.pilot.pause()
    await console.press("s")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_plan_is_not_put_over_a_question_and_is_offered_when_that_is_closed(size: tuple[int, int]) -> None:
    reader = HandReader()
    backend = _Slow(reader)
    async with opened_console(reader, backend, size=size) as console:
        await _synced(console)
        await console.press("tab", "tab", "tab", "down", "R")
        await console.until(lambda: isinstance(console.app.screen, QuestionSheet))
        backend.free.set()
        await console.until(lambda: bool(backend.asked))
        await console.refreshed()
        await console.press("p")
        assert isinstance(console.app.screen, QuestionSheet)
        await console.press("escape")
        await console.until_shows("run 419 has begun: enter on 2025_ETB_SW opens it")
        assert isinstance(console.app.screen, Overview)
        console.app.screen.campaigns.focus()
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, PlanScreen))
        assert backend.asked == [("start", "2025_ETB_SW", "sync")], "p was typed into the question"


async def test_a_plan_is_not_put_under_what_is_typed_into_the_filter() -> None:
    reader = HandReader()
    backend = _Slow(reader)
    async with opened_console(reader, backend) as console:
        await _synced(console)
        await console.press("slash")
        backend.free.set()
        await console.until_shows("run 419 has begun: enter on 2025_ETB_SW opens it")
        await console.press("x", "p")
        assert isinstance(console.app.screen, Overview)
        assert console.app.screen.filter.value == "xp"


async def test_a_plan_is_not_put_over_another_run() -> None:
    reader = HandReader()
    backend = _Slow(reader)
    async with opened_console(reader, backend) as console:
        await _synced(console)
        console.app.open_run(418)
        await console.until(lambda: isinstance(console.app.screen, PlanScreen))
        backend.free.set()
        await console.until_shows("run 419 has begun: enter on 2025_ETB_SW opens it")
        assert isinstance(console.app.screen, PlanScreen)
        assert console.app.screen.run_id == 418
