"""Numbers from outside: each has both bounds, in one table, and whatever lies beyond is refused with them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.bounds import NEEDED_MEMORY, SETTINGS, Bounds
from bema_tui.errors import ConfigurationError
from bema_tui.settings import Settings, by_name, load

DEFAULTS: dict[str, Any] = by_name(Settings())
NUMBERS: dict[str, Any] = {name: type(value) for name, value in DEFAULTS.items() if type(value) in (int, float)}
LADDER = {"locks.heartbeat": 1, "locks.live": 2, "locks.lease": 3, "locks.stale": 4}
"""Settings that are held against each other as well; only what they are alone is of interest here."""


def loaded(tmp_path: Path, name: str, value: object) -> Any:
    section, key = name.split(".")
    file = tmp_path / "c.toml"
    file.write_text(f"[{section}]\n{key} = {value}\n", encoding="utf-8")
    return by_name(load(file, environment={}))[name]


def test_every_setting_that_is_a_number_has_both_bounds_and_its_default_within() -> None:
    assert SETTINGS.keys() == NUMBERS.keys()
    for name, bounds in SETTINGS.items():
        assert DEFAULTS[name] in bounds, name
        assert bounds.least < bounds.most < math.inf
        assert bounds.unit


@pytest.mark.fault("E5")
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("beyond", ["below", "above", str(2**63), "1e300", "inf", "nan"])
def test_a_setting_beyond_its_bounds_is_refused_with_both_of_them_and_their_unit(
    name: str, beyond: str, tmp_path: Path
) -> None:
    bounds = SETTINGS[name]
    value = {"below": bounds.least - 1, "above": bounds.most + 1}.get(beyond, beyond)
    with pytest.raises(ConfigurationError) as raised:
        loaded(tmp_path, name, value)
    assert f"{name}: must be {bounds}" in raised.value.message
    assert str(bounds).endswith(bounds.unit) or bounds.why in str(bounds)


TOGETHER = {"health.memory_pause_percent", "mailerlite.quota", "mailerlite.reserve"}
"""Numbers that are held to another setting, too."""


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - LADDER.keys() - TOGETHER))
def test_both_bounds_themselves_are_taken(name: str, tmp_path: Path) -> None:
    bounds, kind = SETTINGS[name], NUMBERS[name]
    least = NEEDED_MEMORY * 2 if name == "health.memory_limit" else bounds.least
    for value in (least, bounds.most):
        assert loaded(tmp_path, name, kind(value)) == value


@pytest.mark.fault("E5")
def test_parallel_is_at_most_eight(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="must be from 1 to 8 pages at once"):
        loaded(tmp_path, "edd.parallel", 1000)


@pytest.mark.parametrize("value", ["3.5", "'3.5'", "'many'", "true", "[3]"])
def test_a_whole_number_is_not_bent(value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"rules\.moves_per_day: must be a"):
        loaded(tmp_path, "rules.moves_per_day", value)


@pytest.mark.fault("E8")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("memory_limit = 1", "health.memory_limit: must be from 100,663,296 to"),
        ("memory_pause_percent = 5", "must be at least 100,663,296 bytes: a run needs 96 MiB"),
        ("memory_limit = 100663296", "must be at least 100,663,296 bytes: a run needs 96 MiB"),
    ],
)
def test_less_memory_than_the_program_needs_is_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[health]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={})
    assert words in raised.value.message
    with pytest.raises(ConfigurationError, match="BEMA_MEMORY_LIMIT: must be from"):
        load(environment={"BEMA_MEMORY_LIMIT": "1"})


@pytest.mark.fault("E8")
@pytest.mark.parametrize(("quota", "reserve"), [(120, 120), (120, 500), (10, None), (1, 1)])
def test_a_reserve_that_leaves_nothing_is_refused(quota: int, reserve: int | None, tmp_path: Path) -> None:
    """A run would get one request a window, and crawl for days."""
    file = tmp_path / "c.toml"
    file.write_text("[mailerlite]\n" + (f"reserve = {reserve}\n" if reserve is not None else ""), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="reserve must be less than quota"):
        load(file, environment={"BEMA_MAILERLITE_QUOTA": str(quota)})


@pytest.mark.parametrize(("quota", "reserve"), [(120, 119), (1, 0), (1_000_000, 999_999)])
def test_a_reserve_that_leaves_one_request_is_taken(quota: int, reserve: int, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[mailerlite]\nquota = {quota}\nreserve = {reserve}\n", encoding="utf-8")
    assert load(file, environment={}).quota.reserve == reserve


@given(st.one_of(st.integers(), st.text(max_size=30), st.booleans(), st.floats(), st.none()))
def test_a_whole_number_out_of_an_answer_is_within_the_bounds_or_none(value: object) -> None:
    bounds = Bounds(1, 500, "rows")
    found = bounds.whole(value)
    assert found is None or (found in bounds and str(found) == str(value).strip().lstrip("0"))


@given(st.floats(allow_nan=False))
def test_a_number_is_brought_within_the_bounds(number: float) -> None:
    bounds = Bounds(0, 3600, "seconds")
    assert bounds.clip(number) in bounds
    assert (bounds.clip(number) == number) == (number in bounds)
