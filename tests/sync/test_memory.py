"""Memory: less than a run needs is refused, a wait for it is shown, and it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import define, field

from bema_tui.bounds import MEMORY_PATIENCE, MIB, NEEDED_MEMORY
from bema_tui.errors import BemaError, ConfigurationError, Stopped
from bema_tui.monitor.measure import SystemProbe
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.sync.memory import MemoryWatch, allowed_bytes
from bema_tui.waits import Wait, WaitReason
from tests.providers.helpers import Board, Time


@pytest.mark.parametrize(
    ("limit", "percent", "group", "allowed"),
    [(256, 90, None, 230), (256, 90, 512, 230), (512, 50, 256, 128), (256, 90, 128, 115)],
)
def test_the_lower_of_the_setting_and_the_control_groups_limit_counts(
    limit: int, percent: float, group: int | None, allowed: int
) -> None:
    health = MonitorSettings(memory_limit=limit * MIB, memory_pause_percent=percent)
    assert allowed_bytes(health, group and group * MIB) // MIB == allowed


def test_in_a_small_container_a_run_waits_in_time_and_the_gauge_shows_the_same_limit() -> None:
    health = MonitorSettings()
    shown = SystemProbe(lambda: 128 * MIB).measure(health)
    assert shown.memory_limit == 128 * MIB
    allowed = allowed_bytes(health, 128 * MIB)
    assert NEEDED_MEMORY < allowed < shown.memory_limit
    assert allowed == int(shown.memory_limit * health.memory_pause_percent / 100)


@pytest.mark.fault("E8")
@pytest.mark.parametrize(
    ("limit", "percent", "group", "words"),
    [
        (64, 90, None, "90 % of health.memory_limit, 64 MiB"),
        (256, 5, None, "5 % of health.memory_limit, 256 MiB"),
        (256, 90, 100, "90 % of the control group's limit, 100 MiB"),
    ],
)
def test_less_than_a_run_needs_is_refused(limit: int, percent: float, group: int | None, words: str) -> None:
    health = MonitorSettings(memory_limit=limit * MIB, memory_pause_percent=percent)
    with pytest.raises(ConfigurationError, match="A run needs 96 MiB of memory") as caught:
        allowed_bytes(health, group and group * MIB)
    assert words in caught.value.message


@define
class Process:
    """A process that holds so much memory at each moment, and what was written of its cleanings."""

    held: Callable[[float], int]
    time: Time = field(factory=Time)
    cleanings: list[tuple[int, int]] = field(factory=list)

    async def record(self, before: int, after: int) -> None:
        self.cleanings.append((before // MIB, after // MIB))

    def watch(self, board: Board) -> MemoryWatch:
        return MemoryWatch(
            230 * MIB,
            self.record,
            self.time,
            board,
            held=lambda: self.held(self.time.now - 1000.0) * MIB,
            timer=self.time,
            clean=lambda: None,
        )


async def test_enough_memory_costs_nothing_and_is_looked_at_every_five_seconds() -> None:
    looks: list[float] = []
    process = Process(lambda now: looks.append(now) or 100)  # type: ignore[func-returns-value]
    watch = process.watch(Board(process.time))
    for _ in range(11):
        await watch.safe_point()
        process.time.now += 1.0
    assert looks == [0.0, 5.0, 10.0]
    assert (process.time.slept, process.cleanings) == ([], [])


@pytest.mark.fault("E8", "A8")
async def test_a_wait_for_memory_is_shown_until_it_helped() -> None:
    process = Process(lambda now: 240 if now < 12 else 200)
    board = Board(process.time)
    await process.watch(board).safe_point()
    assert process.time.slept == [5.0] * 3
    assert board.shown[0] == (Wait(WaitReason.MEMORY, detail="240 MiB held, 230 allowed"), MEMORY_PATIENCE)
    assert [seconds for _, seconds in board.shown] == [600.0, 595.0, 590.0]
    assert (board.now, process.cleanings) == ({}, [(240, 240)])


@pytest.mark.fault("E8")
async def test_a_wait_for_memory_ends_and_says_what_to_do() -> None:
    process = Process(lambda _: 240)
    board = Board(process.time)
    with pytest.raises(
        BemaError, match="The run stopped itself: 240 MiB of memory are held, 230 are allowed"
    ) as caught:
        await process.watch(board).safe_point()
    assert sum(process.time.slept) == MEMORY_PATIENCE
    assert "health.memory_limit" in caught.value.advice
    assert board.now == {}


async def test_a_stop_ends_it_at_once() -> None:
    process = Process(lambda _: 240, Time(stop_at=1003.0))
    with pytest.raises(Stopped):
        await process.watch(Board(process.time)).safe_point()
    assert process.time.now == 1003.0
