"""Turns measurements into one figure with its reasons; pure, so that the rule can be tried in every corner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from bema_tui.health import DATABASE_MS, LAG_MS, LOAD_PER_CORE
from bema_tui.model import LockState


@frozen
class Readings:
    """What the score is made of."""

    memory_usage: int
    """Bytes that the process holds."""
    memory_limit: int
    """Bytes that it may hold."""
    memory_warning_percent: float
    """Share of the limit from which on it warns."""
    memory_pause_percent: float
    """Share of the limit from which on runs wait."""
    machine_available: int
    """Bytes that the machine has left."""
    machine_reserve: int
    """Bytes that the machine should have left."""
    load: float
    """The whole machine's load over one minute."""
    cores: int
    """The machine's cores."""
    database_ms: float
    """Milliseconds that the smallest read of the database took."""
    lag_ms: float
    """Milliseconds by which the event loop woke too late."""
    runs_lost: int = 0
    """Runs whose process is gone."""
    runs_stalled: int = 0
    """Runs that should be at work, wait for nothing, and make no progress."""
    locks: Mapping[LockState, int] = field(factory=dict)
    """Held locks by state."""
    errors_open: int = 0
    """Open findings of severity error."""
    database_held_by: str = ""
    """The process that keeps everybody else from writing; empty when nobody does."""


@frozen
class Score:
    """How well all is, as one figure."""

    value: int
    """0 to 100."""
    reasons: tuple[str, ...]
    """Why it is not 100, worst first."""


def judge(readings: Readings) -> Score:
    """Take off for everything that is not as it should be; worse never scores higher."""
    costs = sorted(_costs(readings), key=lambda cost: -cost[0])
    value = round(100 - sum(cost for cost, _ in costs))
    return Score(max(0, min(100, value)), tuple(reason for _, reason in costs))


def judge_campaign(
    *, lost: bool, stalled: bool, left_behind: int, errors_open: int, failed: bool, blocked: bool
) -> Score:
    """The same for one campaign: its lock, its runs, and its findings that hold something back."""
    costs = [
        (40.0 if failed else 0.0, "its last run failed, or some of its changes"),
        (40.0 if blocked else 0.0, "a finding blocks it"),
        (30.0 if lost else 0.0, "its run is lost"),
        (20.0 if stalled else 0.0, "its run makes no progress"),
        (_locks_cost(left_behind), "its lock is left behind"),
        (_errors_cost(errors_open), _plural(errors_open, "error", "open")),
    ]
    counted = sorted(((cost, reason) for cost, reason in costs if cost), key=lambda cost: -cost[0])
    return Score(max(0, round(100 - sum(cost for cost, _ in counted))), tuple(reason for _, reason in counted))


def _costs(readings: Readings) -> Iterator[tuple[float, str]]:
    """(points taken off, reason) of everything that costs something."""
    used = readings.memory_usage * 100 / readings.memory_limit if readings.memory_limit > 0 else 100.0
    if used >= readings.memory_warning_percent:
        yield _memory_cost(used, readings), f"memory {used:.0f} %"
    if readings.machine_available < readings.machine_reserve:
        short = 1 - readings.machine_available / readings.machine_reserve
        yield 15 + 15 * short, f"machine memory low: {readings.machine_available / 1e6:.0f} MB available"
    per_core = readings.load / max(1, readings.cores)
    if per_core > LOAD_PER_CORE:
        yield min(30.0, 10 * per_core - 5), f"load {readings.load:.1f} on {_plural(readings.cores, 'core')}"
    if readings.database_ms >= DATABASE_MS:
        yield _slowness(readings.database_ms, DATABASE_MS), f"database {readings.database_ms:.0f} ms"
    if readings.database_held_by:
        yield 20.0, f"the database can't be written now: {readings.database_held_by} holds it"
    if readings.lag_ms >= LAG_MS:
        yield _slowness(readings.lag_ms, LAG_MS), f"delay {readings.lag_ms:.0f} ms"
    if readings.runs_lost:
        yield min(15.0, 3 + 2.0 * readings.runs_lost), _plural(readings.runs_lost, "run", "lost")
    if readings.runs_stalled:
        yield min(15.0, 3 + 2.0 * readings.runs_stalled), _plural(readings.runs_stalled, "run", "stalled")
    for state in LockState:
        if state.releasable and (count := readings.locks.get(state, 0)):
            yield _locks_cost(count), _plural(count, "lock", state)
    if readings.errors_open:
        yield _errors_cost(readings.errors_open), _plural(readings.errors_open, "error", "open")


def _memory_cost(used: float, readings: Readings) -> float:
    """10 points at the warning, 30 where runs pause, 50 at the limit."""
    warning, pause = readings.memory_warning_percent, readings.memory_pause_percent
    if used < pause:
        return 10 + 20 * (used - warning) / (pause - warning)
    return min(50.0, 30 + 20 * (used - pause) / max(1.0, 100 - pause))


def _slowness(milliseconds: float, slow: float) -> float:
    """5 points where it begins to be slow, 1 more for each tenth of that, 25 at most."""
    return min(25.0, 5 + 10 * (milliseconds - slow) / slow)


def _locks_cost(count: int) -> float:
    return min(9.0, 3.0 * count)


def _errors_cost(count: int) -> float:
    return min(10.0, 1 + count // 10) if count else 0.0


def _plural(count: int, noun: str, what: str = "") -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'} {what}".rstrip()
