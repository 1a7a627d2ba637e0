"""Many processes on one period: whatever comes between, the service never counts more than the quota less reserve."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.providers.quota.period import BatchCost, Pace, QuotaPeriod
from bema_tui.providers.quota.settings import QuotaSettings
from tests.providers.helpers import Time


class Shared:
    """A period that several gates keep together, as the database does; the changes are counted."""

    def __init__(self) -> None:
        self.period = QuotaPeriod(120)
        self.changes = 0

    async def change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> QuotaPeriod:
        self.changes += 1
        self.period = step(self.period)
        return self.period


class Service:
    """Counts as MailerLite does: fixed periods from the first request on."""

    def __init__(self, time: Time, item: int = 1) -> None:
        self._time = time
        self._item = item
        self.began = float("-inf")
        self.used = 0
        self.most = 0

    def ask(self, cost: int) -> int:
        """Count a request; answers what remains."""
        if self._time.now >= self.began + 60.0:
            self.began, self.used = self._time.now, 0
        self.used += 1 if cost == 1 else 1 + self._item * (cost - 1)
        self.most = max(self.most, self.used)
        return 120 - self.used


def gate(time: Time, shared: Shared) -> QuotaGate:
    return QuotaGate(QuotaSettings(120, 60.0, 10), interrupt=time, clock=time, keeper=shared)


async def hear(answers: list[tuple[QuotaGate, int]], cost: int) -> None:
    while answers:
        one, remaining = answers.pop()
        await one.learn(limit=120, remaining=remaining, cost=cost)


@settings(deadline=None)
@given(st.integers(0, 1_000_000), st.integers(1, 3))
def test_several_processes_together_keep_the_quota(seed: int, processes: int) -> None:
    rng = random.Random(seed)
    time, shared = Time(), Shared()
    service = Service(time)

    async def run() -> None:
        gates = [gate(time, shared) for _ in range(processes)]
        for _ in range(30):
            cost = rng.choice([1, 1, 1, 8, 51])
            # Some are on their way at the same moment, and are answered in any order.
            asking = rng.sample(gates, rng.randint(1, processes))
            answers: list[tuple[QuotaGate, int]] = []
            for one in asking:
                if shared.period.used + cost > 110 or time.now > (shared.period.started or time.now) + 55:
                    # This one will wait: nobody's answer takes that long.
                    await hear(answers, cost)
                await one.admit(cost)
                time.now += rng.random() * 0.01
                answers.append((one, service.ask(cost)))
            time.now += rng.random() * 0.2
            rng.shuffle(answers)
            await hear(answers, cost)
            time.now += rng.choice([0.0, 0.0, rng.random() * 30])

    asyncio.run(run())
    assert service.most <= 110


async def test_one_process_needs_one_change_of_the_shared_window_for_a_request() -> None:
    time, shared = Time(), Shared()
    service, mine = Service(time), gate(time, shared)
    for _ in range(100):
        await mine.admit(1)
        await mine.learn(limit=120, remaining=service.ask(1), cost=1)
    assert shared.changes <= 102


@pytest.mark.parametrize("item", [0, 1])
async def test_what_a_batch_takes_is_learned_and_a_window_is_filled(item: int) -> None:
    time, shared = Time(), Shared()
    service, mine = Service(time, item), gate(time, shared)
    await mine.admit(1)
    await mine.learn(limit=120, remaining=service.ask(1), cost=1)
    sizes = []
    while not time.slept:
        sizes.append(await mine.room_for_batch(50))
        if not time.slept:
            await mine.admit(1 + sizes[-1])
            await mine.learn(limit=120, remaining=service.ask(1 + sizes[-1]), cost=1 + sizes[-1])
    assert mine.batch_cost == BatchCost(1, item)
    assert 105 <= service.used <= 110
    assert sizes[:3] == ([50, 50, 6] if item else [50, 50, 50])


async def test_room_that_is_not_needed_is_given_back() -> None:
    time, shared = Time(), Shared()
    mine = gate(time, shared)
    for _ in range(5):
        assert await mine.room_for_batch(50) == 50
    assert shared.period.used == 51
    await mine.admit(4)
    await mine.learn(limit=120, remaining=116, cost=4)
    assert (shared.period.used, shared.period.pending) == (4, 0)


def test_an_answer_that_was_on_its_way_opens_no_window_that_a_refusal_closed() -> None:
    pace = Pace(60.0, reserve=10)
    period = pace.taken(QuotaPeriod(120), 6, now=0.0)
    period = pace.refused(period, until=300.0, now=0.0)
    # It says that a new period has begun, as it had when the service wrote it.
    period = pace.learned(period, limit=120, remaining=119, units=1, cost=1, known=5, sent=10.0, now=11.0)
    assert pace.room(pace.rolled(period, 72.0), 72.0) == 0
    assert pace.wait(pace.rolled(period, 72.0), 72.0) == 228.0
    assert pace.room(pace.rolled(period, 300.0), 300.0) == 110
