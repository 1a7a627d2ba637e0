"""What a plan will cost at MailerLite: requests, quota units and seconds, before the first of them leaves. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, frozen

from bema_tui.model import ChangeKind
from bema_tui.providers.window import BatchCost

BATCH = 50
CANARY_PEOPLE = 5
SAMPLE = 50
_PEOPLE = (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)
_MOVES = (ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)
_PLACES = (ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD)
_ACCOUNT_READS = 3  # groups, fields, automations, before anything is written
_SECONDS_A_REQUEST = 0.4  # where the quota is no limit, the line is


@frozen
class Forecast:
    """``writes`` and ``reads`` are HTTP requests, ``units`` what the quota counts of them, ``seconds`` the time they
    take at the quota's pace, or at the line's where that is slower."""

    writes: int
    reads: int
    units: int
    seconds: float


@define
class _Windows:
    """The quota's windows, filled as the gate fills them."""

    budget: int
    batch: BatchCost
    left: int
    full: int = 0
    units: int = 0

    def single(self, requests: int = 1) -> int:
        """Requests that are no batches; answers how many they are."""
        for _ in range(requests):
            self._take(1)
        return requests

    def batches(self, items: int) -> int:
        """As many batches as these items need, the last of each window as large as what remains of it."""
        made = 0
        while items > 0:
            size = max(1, min(BATCH, items, self.batch.items_in(self.budget)))
            units = self.batch.units(1 + size)
            if units > self.left >= self.batch.least(size, self.budget):
                size = max(1, self.batch.items_in(self.left))
                units = self.left
            self._take(units)
            items -= size
            made += 1
        return made

    def _take(self, units: int) -> None:
        if units > self.left:
            self.full += 1
            self.left = self.budget
        self.left -= units
        self.units += units


def forecast_writes(
    kinds: Mapping[ChangeKind, int],
    people: int,
    *,
    limit: int,
    reserve: int,
    window_seconds: float,
    batch: BatchCost | None = None,
) -> Forecast:
    """The cost of applying a plan: the canary's batches, then batches of 50 with the removes one batch later.

    ``limit`` and ``reserve`` are requests of a window of ``window_seconds``; ``batch`` is what batches take of them, as
    measured, else the dearer of what is possible.
    """
    items = sum(kinds.get(kind, 0) for kind in _PEOPLE)
    places = sum(kinds.get(kind, 0) for kind in _PLACES)
    created = kinds.get(ChangeKind.CREATE_SUBSCRIBER, 0)
    if not items and not places and not created:
        return Forecast(0, 0, 0, 0.0)
    budget = max(1, limit - reserve)
    windows = _Windows(budget, batch or BatchCost(), budget)
    reads = windows.single(_ACCOUNT_READS)
    writes = windows.single(places + created)
    reads += windows.single(places + created)  # a create looks first
    if places:
        reads += windows.single(_ACCOUNT_READS)  # what was created is read with the rest of the account
    existing = max(0, people - created)
    first = min(existing, CANARY_PEOPLE)
    first_items = round(items * first / existing) if existing else 0
    later = kinds.get(ChangeKind.REMOVE_GROUP, 0) > 0
    writes += _in_steps(windows, first_items, later=later)
    reads += windows.batches(first)
    rest = items - first_items
    writes += _in_steps(windows, rest, later=later)
    if any(kinds.get(kind, 0) for kind in _MOVES):
        reads += windows.batches(min(existing, SAMPLE))
    return Forecast(
        writes,
        reads,
        windows.units,
        max(windows.full * window_seconds, _SECONDS_A_REQUEST * (writes + reads)),
    )


def _in_steps(windows: _Windows, items: int, *, later: bool) -> int:
    """Batches of these items; at least two with removes among them, whose adds must be answered first."""
    removes = items // 3 if later and items <= BATCH else 0
    return windows.batches(items - removes) + windows.batches(removes)
