"""What a plan will cost at MailerLite: requests, quota units and seconds, before the first of them leaves. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from attrs import define, frozen

from bema_tui.model import ACCOUNT_CHANGES, GROUP_CHANGES, SUBSCRIBER_CHANGES, ChangeKind
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.providers.quota.period import BatchCost

CANARY_SUBSCRIBERS = 5
SAMPLE = 50
_ACCOUNT_READS = 2  # groups and fields, before anything is written
_SECONDS_A_REQUEST = 0.4  # where the quota is no limit, the line is


@frozen
class Forecast:
    """What applying a plan will cost."""

    writes: int
    """How many HTTP requests write."""
    reads: int
    """How many HTTP requests read."""
    units: int
    """What the quota counts of all these requests."""
    seconds: float
    """How long they take, at the quota's pace or at the line's where that is slower."""


@define
class _Periods:
    """The quota's periods, filled as the gate fills them."""

    budget: int
    batch: BatchCost
    left: int
    window_seconds: float
    full: int = 0
    units: int = 0
    requests: int = 0

    @property
    def seconds(self) -> float:
        """Time that passed: the quota's pace, or the line's where that is slower."""
        return max(self.full * self.window_seconds, _SECONDS_A_REQUEST * self.requests)

    def single(self, requests: int = 1) -> int:
        """Take requests that are no batches, and return how many they are."""
        for _ in range(requests):
            self._take(1)
        return requests

    def one_batch(self, items: int) -> int:
        """Take one batch of at most these items, the last of a period as large as what is left; return its items."""
        size = max(1, min(MOST_ITEMS, items, self.batch.items_in(self.budget)))
        units = self.batch.units(1 + size)
        if units > self.left >= self.batch.least(size, self.budget):
            size = max(1, self.batch.items_in(self.left))
            units = self.left
        self._take(units)
        return size

    def batches(self, items: int) -> int:
        """As many batches as these items need."""
        made = 0
        while items > 0:
            items -= self.one_batch(items)
            made += 1
        return made

    def new_subscribers(self, buyers: int) -> int:
        """The creates of so many new buyers, with the batches that look them up and read the first five back; returns
        how many batches these are."""
        reads, first = 0, min(buyers, CANARY_SUBSCRIBERS)
        looked_up = 0
        for created in range(1, buyers + 1):
            if created > looked_up:
                together = looked_together(buyers - looked_up, self.left, self.budget, self.batch)
                self._take(self.batch.units(1 + together))
                looked_up += together
                reads += 1
            self._take(1)
            if created == first:
                self._take(self.batch.units(1 + first))
                reads += 1
        return reads

    def _take(self, units: int) -> None:
        if units > self.left:
            self.full += 1
            self.left = self.budget
        self.left -= units
        self.units += units
        self.requests += 1


def looked_together(buyers: int, room: int, budget: int, batch: BatchCost) -> int:
    """How many of so many new buyers one batch looks up: those whom the quota's period then lets create, so that no
    look-up grows old while the quota is waited for.

    ``room`` is what the period has left. Where that is not worth a batch, they are as many as a whole ``budget`` holds.
    """
    most = min(buyers, MOST_ITEMS)
    now, later = (max(0, units - batch.base) // (1 + batch.item) for units in (room, budget))
    return min(most, now) if now and room >= batch.least(most, budget) else max(1, min(most, later))


def forecast_writes(
    kinds: Mapping[ChangeKind, int],
    subscribers: int,
    *,
    limit: int,
    reserve: int,
    window_seconds: float,
    lone_adds: int = 0,
    batch: BatchCost | None = None,
    account_read: bool = False,
    fresh_seconds: float = math.inf,
) -> Forecast:
    """The cost of applying a plan: the canary's batches, then batches of 50 with the removes one batch later, then new
    buyers, who are looked up together and created one by one.

    ``lone_adds`` are adds of subscribers whose field is not written: those are read in the same batch. ``limit`` and
    ``reserve`` are requests of a period of ``window_seconds``; ``batch`` is what batches take of them, as
    measured, else the dearer of what is possible. ``account_read`` says that the plan's read of groups and fields will
    do, since it is applied at once. After ``fresh_seconds`` what was read is stale: whoever is written later than that
    is read again first, up to 50 subscribers at a time.
    """
    items = sum(kinds.get(kind, 0) for kind in SUBSCRIBER_CHANGES) + lone_adds
    creations = sum(kinds.get(kind, 0) for kind in ACCOUNT_CHANGES)
    created = kinds.get(ChangeKind.CREATE_SUBSCRIBER, 0)
    if not items and not creations and not created:
        return Forecast(0, 0, 0, 0.0)
    budget = max(1, limit - reserve)
    periods = _Periods(budget, batch or BatchCost(), budget, window_seconds)
    reads = 0 if account_read else periods.single(_ACCOUNT_READS)
    writes = periods.single(creations)
    reads += periods.single(creations)  # a create looks first
    if creations:
        reads += periods.single(_ACCOUNT_READS)  # what was created is read with the rest of the account
    existing = max(0, subscribers - created)
    first = min(existing, CANARY_SUBSCRIBERS)
    first_items = round(items * first / existing) if existing else 0
    later = kinds.get(ChangeKind.REMOVE_GROUP, 0) > 0
    rest = items - first_items
    reads += _again(periods, first, fresh_seconds)
    writes += _in_steps(periods, first_items, later=later)
    reads += periods.batches(first)
    if rest <= MOST_ITEMS:
        reads += _again(periods, existing - first, fresh_seconds)
        writes += _in_steps(periods, rest, later=later)
    else:
        made, again = _in_order(periods, rest, existing - first, fresh_seconds)
        writes += made
        reads += again
    reads += periods.new_subscribers(created)
    writes += created
    if any(kinds.get(kind, 0) for kind in GROUP_CHANGES):
        reads += periods.batches(min(existing, SAMPLE))
    return Forecast(writes, reads, periods.units, periods.seconds)


def _again(periods: _Periods, subscribers: int, fresh_seconds: float) -> int:
    """Batches that read so few subscribers again, if their reads are stale by now."""
    return periods.batches(subscribers) if periods.seconds > fresh_seconds else 0


def _in_steps(periods: _Periods, items: int, *, later: bool) -> int:
    """Batches of these few items; at least two with removes among them, whose adds must be answered first."""
    removes = items // 3 if later else 0
    return periods.batches(items - removes) + periods.batches(removes)


def _in_order(periods: _Periods, items: int, subscribers: int, fresh_seconds: float) -> tuple[int, int]:
    """Batches of many items of so many subscribers, and the batches that read them again once the reads are stale."""
    writes = reads = 0
    of_each = items / max(1, subscribers)
    fresh_items = 0.0
    while items > 0:
        if periods.seconds > fresh_seconds and fresh_items + 0.5 < min(MOST_ITEMS, items):
            fresh_items += periods.one_batch(math.ceil((items - fresh_items) / of_each)) * of_each
            reads += 1
            continue
        size = periods.one_batch(items)
        items -= size
        fresh_items = max(0.0, fresh_items - size)
        writes += 1
    return writes, reads
