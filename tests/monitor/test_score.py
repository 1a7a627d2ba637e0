"""The score: what costs how much, and that worse never scores higher."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import LockState
from bema_tui.monitor.score import Readings, judge, judge_campaign

MIB = 1 << 20
WELL = Readings(
    memory_usage=60 * MIB,
    memory_limit=256 * MIB,
    memory_warning_percent=80,
    memory_pause_percent=90,
    machine_available=4_000 * MIB,
    machine_reserve=200 * MIB,
    load=0.4,
    cores=4,
    database_ms=3.0,
    lag_ms=4.0,
)

readings = st.builds(
    Readings,
    memory_usage=st.integers(0, 400 * MIB),
    memory_limit=st.just(256 * MIB),
    memory_warning_percent=st.just(80.0),
    memory_pause_percent=st.sampled_from([80.0, 90.0, 100.0]),
    machine_available=st.integers(0, 1_000 * MIB),
    machine_reserve=st.sampled_from([0, 200 * MIB]),
    load=st.floats(0, 100),
    cores=st.integers(0, 64),
    database_ms=st.floats(0, 60_000),
    lag_ms=st.floats(0, 60_000),
    runs_lost=st.integers(0, 50),
    runs_stalled=st.integers(0, 50),
    locks=st.dictionaries(st.sampled_from(list(LockState)), st.integers(0, 9)),
    errors_open=st.integers(0, 10_000),
)


@given(readings)
def test_the_score_stays_within_its_scale_and_a_loss_has_a_reason(found: Readings) -> None:
    score = judge(found)
    assert 0 <= score.value <= 100
    assert bool(score.reasons) or score.value == 100


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("memory_usage", lambda now, step: now + step * MIB),
        ("machine_available", lambda now, step: max(0, now - step * MIB)),
        ("load", lambda now, step: now + step / 10),
        ("database_ms", lambda now, step: now + step),
        ("lag_ms", lambda now, step: now + step),
        ("runs_lost", lambda now, step: now + step),
        ("errors_open", lambda now, step: now + step),
    ],
)
@given(found=readings, step=st.integers(1, 500))
def test_worse_never_scores_higher(name: str, worse: Any, found: Readings, step: int) -> None:
    after = evolve(found, **{name: worse(getattr(found, name), step)})
    assert judge(after).value <= judge(found).value


@given(found=readings, state=st.sampled_from(list(LockState)))
def test_one_more_lock_never_scores_higher(found: Readings, state: LockState) -> None:
    more = evolve(found, locks={**found.locks, state: found.locks.get(state, 0) + 1})
    assert judge(more).value <= judge(found).value


def test_all_is_well() -> None:
    assert judge(WELL) == judge(evolve(WELL, locks={LockState.LIVE: 3, LockState.QUIET: 1}))
    assert (judge(WELL).value, judge(WELL).reasons) == (100, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"memory_usage": 207 * MIB}, "memory 81 %"),
        ({"load": 5.2}, "load 5.2 on 4 cores"),
        ({"load": 2.0, "cores": 1}, "load 2.0 on 1 core"),
        ({"runs_lost": 1}, "1 run lost"),
        ({"runs_lost": 2}, "2 runs lost"),
        ({"runs_stalled": 1}, "1 run stalled"),
        ({"runs_stalled": 2}, "2 runs stalled"),
        ({"locks": {LockState.STALE: 1}}, "1 lock stale"),
        ({"errors_open": 17}, "17 errors open"),
        ({"database_ms": 120.4}, "database 120 ms"),
        ({"lag_ms": 250.0}, "delay 250 ms"),
        ({"machine_available": 180_000_000}, "machine memory low: 180 MB available"),
    ],
)
def test_each_reason_is_a_short_phrase(change: dict[str, Any], reason: str) -> None:
    score = judge(evolve(WELL, **change))
    assert score.reasons == (reason,)
    assert score.value < 100


def test_the_worst_reason_stands_first() -> None:
    found = evolve(WELL, memory_usage=207 * MIB, runs_lost=1, errors_open=17, locks={LockState.EXPIRED: 1})
    score = judge(found)
    assert score.reasons == ("memory 81 %", "1 run lost", "1 lock expired", "17 errors open")
    assert score.value == 78


@given(st.booleans(), st.booleans(), st.integers(0, 9), st.integers(0, 500), st.booleans(), st.booleans())
def test_a_campaign_is_judged_on_the_same_scale(
    lost: bool, stalled: bool, left_behind: int, errors: int, failed: bool, blocked: bool
) -> None:
    score = judge_campaign(
        lost=lost, stalled=stalled, left_behind=left_behind, errors_open=errors, failed=failed, blocked=blocked
    )
    assert 0 <= score.value <= 100
    assert len(score.reasons) == lost + stalled + failed + blocked + bool(left_behind) + bool(errors)
    assert bool(score.reasons) == (score.value < 100)
