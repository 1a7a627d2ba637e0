"""A stop ends waits at once and the first cause wins."""

from __future__ import annotations

import asyncio

import pytest

from bema_tui.errors import LockLost, Stopped
from bema_tui.sync.interrupt import RunInterrupt, stopped


async def test_a_wait_ends_with_the_stop() -> None:
    interrupt = RunInterrupt()
    waiting = asyncio.create_task(interrupt.sleep(3600))
    await asyncio.sleep(0)
    interrupt.stop(stopped("jon", "newsletter goes out"))
    with pytest.raises(Stopped, match="Stopped by jon: newsletter goes out"):
        await waiting


async def test_the_first_cause_wins() -> None:
    interrupt = RunInterrupt()
    interrupt.stop(LockLost("gone"))
    interrupt.stop(stopped("jon", ""))
    with pytest.raises(LockLost):
        interrupt.check()


async def test_a_sleep_without_a_stop_just_ends() -> None:
    interrupt = RunInterrupt()
    await interrupt.sleep(0)
    assert not interrupt.asked
