"""What every statistics collector keeps: time, outcome, counts and memory of each sitting of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from sqlalchemy import Executable, select

from bema_tui.errors import UsageError
from bema_tui.interfaces import StatsCollector
from bema_tui.model import Tier
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.statistics import Statistics

CODE = "2024_ETB_NBL"
START = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)


@define
class World:
    """A machine whose clock, timer and memory the test sets."""

    db: Database | None = None
    at: datetime = START
    seconds: float = 1000.0
    memory: int = 100
    collector: Statistics = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.another_process()

    def another_process(self) -> None:
        if self.db is not None:
            self.collector = Statistics(self.db, lambda: self.memory, lambda: self.seconds)

    async def rows(self, query: Executable) -> list[Any]:
        assert self.db is not None
        async with self.db.read() as connection:
            return list((await connection.execute(query)).all())

    async def sittings(self, run: int) -> list[Any]:
        """The sittings of a run, oldest first."""
        table = schema.processings
        return await self.rows(select(table).where(table.c.run == run).order_by(table.c.id))


@pytest.fixture
async def world(database_file: Path) -> AsyncIterator[World]:
    made = World()
    async with await Database.open(str(database_file), clock=lambda: made.at) as db:
        made.db = db
        made.another_process()
        yield made


def test_it_is_a_collector(world: World) -> None:
    assert isinstance(world.collector, StatsCollector)


async def test_a_sitting_has_time_counts_outcome_and_memory(world: World) -> None:
    collector = world.collector
    await collector.start_campaign(CODE, 7)
    world.memory = 180
    await collector.update_stats(CODE, 7, {"applied": 3, "failed": 1})
    world.memory = 120
    await collector.update_stats(CODE, 7, {"applied": 5})
    world.seconds += 12.5
    world.at += timedelta(days=1)  # somebody set the clock: the duration does not care
    await collector.end_campaign(CODE, 7, outcome="done")
    (sitting,) = await world.sittings(7)
    assert (sitting.campaign, sitting.seconds, sitting.outcome) == (CODE, 12.5, "done")
    assert sitting.counts == {"applied": 5, "failed": 1}
    assert (sitting.memory_baseline, sitting.memory_peak) == (100, 180)
    assert (sitting.started_at, sitting.ended_at) == (START, world.at)


async def test_a_resumed_run_has_a_sitting_more(world: World) -> None:
    await world.collector.start_campaign(CODE, 7)
    await world.collector.end_campaign(CODE, 7, outcome="stopped")
    world.memory = 300
    await world.collector.start_campaign(CODE, 7)
    await world.collector.update_stats(CODE, 7, {"applied": 1})
    first, second = await world.sittings(7)
    assert (first.outcome, dict(first.counts), first.memory_peak) == ("stopped", {}, 100)
    assert (second.outcome, second.ended_at, second.memory_baseline) == (None, None, 300)
    assert second.counts == {"applied": 1}


async def test_another_process_can_end_it(world: World) -> None:
    await world.collector.start_campaign(CODE, 7)
    world.another_process()
    world.at += timedelta(seconds=40)
    await world.collector.end_campaign(CODE, 7, outcome="lost")
    (sitting,) = await world.sittings(7)
    assert sitting.seconds == 40


async def test_what_was_not_started_can_not_be_changed(world: World) -> None:
    await world.collector.start_campaign(CODE, 7)
    with pytest.raises(UsageError):
        await world.collector.update_stats(CODE, 8, {"applied": 1})
    await world.collector.end_campaign(CODE, 7, outcome="done")
    with pytest.raises(UsageError):
        await world.collector.end_campaign(CODE, 7, outcome="done")


async def test_memory_cleanups_are_kept(world: World) -> None:
    await world.collector.record_memory_cleanup(CODE, 7, before=200, after=150)
    await world.collector.record_memory_cleanup(CODE, 7, before=220, after=160)
    await world.collector.record_memory_cleanup(CODE, 8, before=1, after=1)
    table = schema.memory_cleanups
    rows = await world.rows(select(table.c.before, table.c.after).where(table.c.run == 7).order_by(table.c.id))
    assert [tuple(row) for row in rows] == [(200, 150), (220, 160)]


async def test_a_campaigns_statistics_are_kept_with_their_run_and_time(world: World) -> None:
    tiers = dict.fromkeys(Tier, 0) | {Tier.GOLD: 1905, Tier.GOLD_PURCHASED: 3016}
    for run, buyers in ((1, 540), (2, 541)):
        await world.collector.record_campaign(
            CODE, run, tiers, 4921, buyers, Decimal("61820.50"), "USD", [0] * 29 + [run]
        )
    await world.collector.record_campaign("2023_LOLA_ER", None, {}, 0, 0, Decimal(0), "", [])
    table = schema.statistics
    rows = await world.rows(select(table).order_by(table.c.id))
    assert [(row.campaign, row.run, row.buyers) for row in rows] == [
        (CODE, 1, 540),
        (CODE, 2, 541),
        ("2023_LOLA_ER", None, 0),
    ]
    newest = rows[1]
    assert (newest.tiers, newest.revenue) == ({tier.value: count for tier, count in tiers.items()}, "61820.50")
    assert (newest.members, newest.currency, newest.buyers_per_day[-1], newest.at) == (4921, "USD", 2, START)
