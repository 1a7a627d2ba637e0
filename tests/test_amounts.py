"""How counts, ages and forecasts are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.amounts import age, ago, count, forecast

NOW = datetime(2026, 11, 26, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "<1m"), (59, "<1m"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (86_400, "1d")],
)
def test_an_age_has_one_unit(seconds: int, shown: str) -> None:
    assert age(NOW, NOW - timedelta(seconds=seconds)) == shown
    assert age(NOW, None) == "-"


@given(st.integers(0, 10**9))
def test_numbers_are_grouped(number: int) -> None:
    assert int(count(number).replace(",", "")) == number
    assert all(len(group) == 3 for group in count(number).split(",")[1:])


def test_an_age_in_a_sentence() -> None:
    assert [ago(NOW, NOW - timedelta(seconds=s)) for s in (5, 120)] == ["less than a minute ago", "2m ago"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0, "1s"), (59.2, "60s"), (60, "1m"), (61, "2m"), (5_399, "90m"), (5_400, "1.5h"), (36_000, "10.0h")],
)
def test_a_forecast_is_rounded_up(seconds: float | None, shown: str) -> None:
    assert forecast(seconds) == shown
