"""The pacing gate: never more in a period than allowed, by its own count and by the server's."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import RateLimited, Stopped
from bema_tui.providers.http.null_ports import NoInterrupt, Unlimited
from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.providers.quota.period import Pace, QuotaPeriod
from bema_tui.providers.quota.settings import QuotaSettings
from tests.providers.helpers import Time


def make(time: Time, limit: int = 120, reserve: int = 10) -> QuotaGate:
    return QuotaGate(QuotaSettings(limit, 60.0, reserve), interrupt=time, clock=time)


@given(st.lists(st.tuples(st.integers(1, 51), st.floats(0, 30)), max_size=60))
def test_no_window_holds_more_than_the_budget(steps: list[tuple[int, float]]) -> None:
    """Periods counted as the server does: fixed, from the first request after the one before has ended."""

    async def run() -> None:
        time = Time()
        gate = make(time)
        began, used = float("-inf"), 0
        for cost, pause in steps:
            time.now += pause
            await gate.admit(cost)
            if time.now >= began + 60.0:
                began, used = time.now, 0
            used += cost
            await gate.learn(limit=120, remaining=120 - used, cost=cost)
            assert used <= 110

    asyncio.run(run())


async def test_without_headers_its_own_count_holds() -> None:
    time = Time()
    gate = make(time)
    for _ in range(220):
        await gate.admit(1)
        await gate.learn(limit=None, remaining=None, cost=1)
    assert time.slept == [60.0]


async def test_it_waits_for_the_end_of_the_window_and_no_longer() -> None:
    time = Time()
    gate = make(time)
    await gate.admit(100)
    await gate.learn(limit=120, remaining=20, cost=100)
    assert (gate.left, gate.limit, gate.resets_in) == (10, 120, 60.0)
    time.now += 15
    await gate.admit(10)
    assert time.slept == []
    await gate.admit(1)
    assert time.slept == [45.0]


async def test_the_window_counts_from_the_answer_since_the_server_began_it_later() -> None:
    time = Time()
    gate = make(time)
    await gate.admit(110)
    time.now += 5
    await gate.learn(limit=120, remaining=10, cost=110)
    await gate.admit(1)
    assert time.slept == [60.0]


async def test_the_servers_word_outranks_the_setting() -> None:
    time = Time()
    gate = make(time)
    await gate.admit(1)
    await gate.learn(limit=40, remaining=39, cost=1)
    assert (gate.limit, gate.left) == (40, 29)
    await gate.admit(1)
    await gate.learn(limit=40, remaining=11, cost=1)  # somebody else used 27
    await gate.admit(1)
    assert time.slept == []
    await gate.admit(1)
    assert time.slept == [60.0]


async def test_a_batch_that_never_fits_gets_a_fresh_window_alone() -> None:
    time = Time()
    gate = make(time, limit=40)
    await gate.admit(51)
    await gate.admit(1)
    await gate.admit(51)
    assert time.slept == [60.0, 60.0]


async def test_a_refusal_closes_it_for_as_long_as_the_server_says() -> None:
    time = Time()
    gate = make(time)
    await gate.admit(1)
    await gate.refused(119)
    await gate.learn(limit=120, remaining=100, cost=1)
    assert gate.left == 0
    assert gate.resets_in == 119
    await gate.admit(1)
    assert time.now == 1119


@pytest.mark.fault("E5")
@pytest.mark.parametrize("asked", [3601, 1_000_000_000, 1e18])
async def test_a_refusal_closes_it_for_an_hour_at_most(asked: float) -> None:
    time = Time()
    gate = make(time)
    await gate.admit(1)
    await gate.refused(asked)
    assert gate.resets_in == 3600
    time.now += 3600
    await gate.admit(1)
    assert time.slept == []


@pytest.mark.fault("E5")
def test_a_window_that_an_older_version_closed_for_years_opens_after_an_hour() -> None:
    pace, years = Pace(60.0, reserve=10), 1_000_000_000.0
    period = QuotaPeriod(120, 120, 1, started=1000.0, ends=1000.0 + years, answered=True, closed_until=1000.0 + years)
    for now, left in ((1001.0, 3659.0), (4659.0, 1.0), (4660.0, 0.0), (900_000.0, 0.0)):
        assert pace.wait(pace.rolled(period, now), now) == left
    assert pace.room(pace.rolled(period, 4660.0), 4660.0) == 110


async def test_nobody_waits_at_the_gate_for_longer_than_ten_minutes() -> None:
    time = Time()
    gate = make(time)
    await gate.admit(1)
    await gate.refused(601)
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await gate.admit(1)
    assert (caught.value.seconds, time.slept) == (601, [])
    time.now += 2
    await gate.admit(1)
    assert time.slept == [599]


@pytest.mark.parametrize("closed", [False, True])
async def test_a_clock_that_is_set_back_makes_nobody_wait_for_its_old_hours(closed: bool) -> None:
    time = Time(now=10_000.0)
    gate = make(time)
    await gate.admit(110)
    if closed:
        await gate.refused(119)
    time.now -= 3600
    assert gate.resets_in == 0
    await gate.admit(1)
    assert time.slept == []


async def test_a_stop_ends_the_wait() -> None:
    time = Time(stop_at=1010)
    gate = make(time)
    await gate.admit(110)
    with pytest.raises(Stopped):
        await gate.admit(1)
    assert time.now == 1010


async def test_no_pacing_and_no_interrupt_let_everything_through() -> None:
    gate, interrupt = Unlimited(), NoInterrupt()
    await gate.admit(10_000)
    await gate.learn(limit=1, remaining=0, cost=1)
    await gate.refused(1000)
    await gate.admit(1)
    interrupt.check()
    await interrupt.sleep(0)
