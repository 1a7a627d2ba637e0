"""What every statistics collector keeps: time, outcome, counts and memory of each sitting of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
from tests.support.clock import AFTERNOON, SetClock, SetTimer

CODE = "2024_ETB_NBL"


@define
class Machine:
    """A machine whose clock, timer and memory the test sets."""

    db: Database | None = None
    clock: SetClock = field(factory=SetClock)
    timer: SetTimer = field(factory=SetTimer)
    memory: int = 100
    collector: Statistics = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.another_process()

    def another_process(self) -> None:
        if self.db is not None:
            self.collector = Statistics(self.db, lambda: self.memory, self.timer)

    async def rows(self, query: Executable) -> list[Any]:
        assert self.db is not None
        async with self.db.read() as connection:
            return list((await connection.execute(query)).all())

    async def sittings(self, run: int) -> list[Any]:
        """The sittings of a run, oldest first."""
        table = schema.processings
        return await self.rows(select(table).where(table.c.run == run).order_by(table.c.id))


@pytest.fixture
async def machine(database_file: Path) -> AsyncIterator[Machine]:
    made = Machine()
    async with await Database.open(str(database_file), clock=made.clock) as db:
        made.db = db
        made.another_process()
        yield made


def test_it_is_a_collector(machine: Machine) -> None:
    assert isinstance(machine.collector, StatsCollector)


async def test_a_sitting_has_time_counts_outcome_and_memory(machine: Machine) -> None:
    collector = machine.collector
    await collector.start_campaign(CODE, 7)
    machine.memory = 180
    await collector.update_stats(CODE, 7, {"applied": 3, "failed": 1})
    machine.memory = 120
    await collector.update_stats(CODE, 7, {"applied": 5})
    machine.timer.forward(12.5)
    machine.clock.forward(days=1)  # somebody set the clock: the duration does not care
    await collector.end_campaign(CODE, 7, outcome="done")
    (sitting,) = await machine.sittings(7)
    assert (sitting.campaign, sitting.seconds, sitting.outcome) == (CODE, 12.5, "done")
    assert sitting.counts == {"applied": 5, "failed": 1}
    assert (sitting.memory_baseline, sitting.memory_peak) == (100, 180)
    assert (sitting.started_at, sitting.ended_at) == (AFTERNOON, machine.clock.at)


async def test_a_resumed_run_has_a_sitting_more(machine: Machine) -> None:
    await machine.collector.start_campaign(CODE, 7)
    await machine.collector.end_campaign(CODE, 7, outcome="stopped")
    machine.memory = 300
    await machine.collector.start_campaign(CODE, 7)
    await machine.collector.update_stats(CODE, 7, {"applied": 1})
    first, second = await machine.sittings(7)
    assert (first.outcome, dict(first.counts), first.memory_peak) == ("stopped", {}, 100)
    assert (second.outcome, second.ended_at, second.memory_baseline) == (None, None, 300)
    assert second.counts == {"applied": 1}


async def test_another_process_can_end_it(machine: Machine) -> None:
    await machine.collector.start_campaign(CODE, 7)
    machine.another_process()
    machine.clock.forward(40)
    await machine.collector.end_campaign(CODE, 7, outcome="lost")
    (sitting,) = await machine.sittings(7)
    assert sitting.seconds == 40


async def test_what_was_not_started_can_not_be_changed(machine: Machine) -> None:
    await machine.collector.start_campaign(CODE, 7)
    with pytest.raises(UsageError):
        await machine.collector.update_stats(CODE, 8, {"applied": 1})
    await machine.collector.end_campaign(CODE, 7, outcome="done")
    with pytest.raises(UsageError):
        await machine.collector.end_campaign(CODE, 7, outcome="done")


async def test_memory_cleanups_are_kept(machine: Machine) -> None:
    await machine.collector.record_memory_cleanup(CODE, 7, before=200, after=150)
    await machine.collector.record_memory_cleanup(CODE, 7, before=220, after=160)
    await machine.collector.record_memory_cleanup(CODE, 8, before=1, after=1)
    table = schema.memory_cleanups
    rows = await machine.rows(select(table.c.before, table.c.after).where(table.c.run == 7).order_by(table.c.id))
    assert [tuple(row) for row in rows] == [(200, 150), (220, 160)]


async def test_a_campaigns_statistics_are_kept_with_their_run_and_time(machine: Machine) -> None:
    tiers = dict.fromkeys(Tier, 0) | {Tier.GOLD: 1905, Tier.GOLD_PURCHASED: 3016}
    for run, buyers in ((1, 540), (2, 541)):
        await machine.collector.record_campaign(
            CODE, run, tiers, 4921, buyers, Decimal("61820.50"), "USD", [0] * 29 + [run]
        )
    await machine.collector.record_campaign("2023_LOLA_ER", None, {}, 0, 0, Decimal(0), "", [])
    table = schema.statistics
    rows = await machine.rows(select(table).order_by(table.c.id))
    assert [(row.campaign, row.run, row.buyers) for row in rows] == [
        (CODE, 1, 540),
        (CODE, 2, 541),
        ("2023_LOLA_ER", None, 0),
    ]
    newest = rows[1]
    assert (newest.tiers, newest.revenue) == ({tier.value: count for tier, count in tiers.items()}, "61820.50")
    assert (newest.members, newest.currency, newest.buyers_per_day[-1], newest.at) == (4921, "USD", 2, AFTERNOON)
