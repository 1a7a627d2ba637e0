"""The forecast of a plan's cost, against the packing it foretells."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bema_tui.model import ChangeKind, ChangeState
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.providers.quota.period import BatchCost
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.apply.packing import pack
from bema_tui.sync.plan.forecast import CANARY_SUBSCRIBERS, Forecast, forecast_writes, looked_together
from tests.sync.rows import by_subscriber, move


def forecast(kinds: dict[ChangeKind, int], subscribers: int, limit: int = 120) -> tuple[int, float]:
    cost = forecast_writes(kinds, subscribers, limit=limit, reserve=10, window_seconds=60)
    return cost.writes, cost.seconds


def test_nothing_costs_nothing() -> None:
    assert forecast({}, 0) == (0, 0.0)


@settings(deadline=None, max_examples=50)
@given(subscribers=st.integers(1, 300))
def test_moves_take_the_batches_that_were_foretold(subscribers: int) -> None:
    rows: dict[int, LedgerRow] = {r.id: r for n in range(subscribers) for r in move(str(n), 3 * n + 1)}

    def drain(wanted: set[str]) -> int:
        batches = 0
        while planned := [r for r in rows.values() if r.state is ChangeState.PLANNED and r.subscriber_id in wanted]:
            for sent in pack(planned[:200], by_subscriber(list(rows.values())), MOST_ITEMS).send:
                rows[sent.id] = _applied(sent)
            batches += 1
        return batches

    first = {str(n) for n in range(min(subscribers, CANARY_SUBSCRIBERS))}
    writes = drain(first) + drain({str(n) for n in range(subscribers)})
    kinds = dict.fromkeys((ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP), subscribers)
    assert abs(forecast(kinds, subscribers, limit=1_000_000)[0] - writes) <= max(1, writes // 20)


def _applied(row: LedgerRow) -> LedgerRow:
    return evolve(row, state=ChangeState.APPLIED)


def test_time_is_the_quotas_pace() -> None:
    kinds = dict.fromkeys((ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP), 1000)
    _, seconds = forecast(kinds, 1000)
    assert 60 * (3000 // 110) <= seconds <= 60 * (3300 // 110)


def test_who_is_written_after_ten_minutes_is_read_again_fifty_at_a_time() -> None:
    kinds = dict.fromkeys((ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP), 1000)

    def cost(fresh: float) -> Forecast:
        return forecast_writes(kinds, 1000, limit=120, reserve=10, window_seconds=60, fresh_seconds=fresh)

    always, ten_minutes, never = cost(float("inf")), cost(600), cost(-1)
    # Eleven windows of 110 hold some 1,180 items, which are about 394 people.
    again = 1000 - 394
    assert again / 50 <= ten_minutes.reads - always.reads <= again / 25, "some are cut at the end of a window"
    assert abs(ten_minutes.units - always.units - again * 51 / 50) <= 30
    assert abs(ten_minutes.seconds - always.seconds - 60 * again / 110) <= 60
    assert abs(never.units - always.units - 1000 * 51 / 50) <= 10
    few = forecast_writes({ChangeKind.SET_FIELD: 20}, 20, limit=120, reserve=10, window_seconds=60, fresh_seconds=-1)
    assert few.reads == 2 + 1 + 1 + 1


def created(subscribers: int, **changes: Any) -> Forecast:
    paced: dict[str, Any] = {"limit": 120, "reserve": 10, "window_seconds": 60} | changes
    return forecast_writes({ChangeKind.CREATE_SUBSCRIBER: subscribers}, subscribers, **paced)


@pytest.mark.parametrize(
    ("subscribers", "look_ups"),
    [
        (2, 1),
        (40, 1),
        # Fifty, who are created and read back for 107 of the window's 110 units; the next one takes the next window.
        (50, 1),
        (51, 2),
        (120, 4),  # 50; then 50 and 4, for whom the second window has room; then 16
    ],
)
def test_new_subscribers_are_looked_up_together_and_the_first_five_read_back(subscribers: int, look_ups: int) -> None:
    cost = created(subscribers)
    assert (cost.writes, cost.reads) == (subscribers, 2 + look_ups + 1)
    assert cost.units == 2 + (look_ups + subscribers) + subscribers + (1 + min(subscribers, CANARY_SUBSCRIBERS))


@given(subscribers=st.integers(1, 200), room=st.integers(0, 200), budget=st.integers(1, 200), item=st.integers(0, 1))
def test_no_more_are_looked_up_than_a_window_lets_create(subscribers: int, room: int, budget: int, item: int) -> None:
    batch = BatchCost(1, item)
    together = looked_together(subscribers, min(room, budget), budget, batch)
    assert 1 <= together <= min(subscribers, MOST_ITEMS)
    assert together == 1 or batch.units(1 + together) + together <= budget


@pytest.mark.parametrize(
    ("subscribers", "room", "together"), [(50, 110, 50), (50, 60, 29), (50, 9, 4), (50, 4, 50), (1, 3, 1)]
)
def test_what_a_window_has_left_is_used_if_it_is_worth_a_request(subscribers: int, room: int, together: int) -> None:
    assert looked_together(subscribers, room, 110, BatchCost()) == together


def test_a_quota_too_small_for_two_requests_still_gets_everybody_created() -> None:
    cost = created(3, limit=1, reserve=0)
    assert (cost.writes, cost.reads) == (3, 2 + 3 + 1)


def test_where_items_are_free_a_batch_is_one_request_of_the_quota() -> None:
    kinds = dict.fromkeys((ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP), 1000)
    free = forecast_writes(kinds, 1000, limit=120, reserve=10, window_seconds=60, batch=BatchCost(1, 0))
    dear = forecast_writes(kinds, 1000, limit=120, reserve=10, window_seconds=60)
    assert free.units == free.writes + free.reads
    assert free.seconds < 60 < dear.seconds
    assert free.writes < dear.writes, "the last batch of a window is cut where items count"
