"""Changes that wait for a request that is still to come."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Any

import attrs

from bema_tui.simulator.control.changes import check_name, make_change
from bema_tui.simulator.world.world import World


class Before(StrEnum):
    """What a scheduled change counts."""

    REQUESTS = "requests"
    """Requests to MailerLite."""
    WRITES = "writes"
    """Requests to MailerLite that are meant to change something."""
    BATCH_ITEMS = "batch_items"
    """Items of batches."""
    SHOP_REQUESTS = "shop_requests"
    """Requests to the shop."""


@attrs.frozen(kw_only=True)
class ScheduledChange:
    """Changes by name, and the request before which they happen.

    Raises:
        TypeError, ValueError: no such change, or a value that it does not take.
    """

    change: dict[str, Any] = attrs.field(validator=attrs.validators.instance_of(dict))
    """The changes that are made: by name, the value that ``POST change`` takes."""
    before: Before = attrs.field(default=Before.REQUESTS, converter=Before)
    """What is counted up to `at`."""
    at: int = attrs.field(default=1, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    """The place of the request or item, from now."""

    def __attrs_post_init__(self) -> None:
        for name in self.change:
            check_name(name)


class Schedule:
    """The changes that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[ScheduledChange] = []
        self._counts: Counter[Before] = Counter()

    def add(self, scheduled: ScheduledChange) -> None:
        self._waiting.append(attrs.evolve(scheduled, at=scheduled.at + self._counts[scheduled.before]))

    def clear(self) -> None:
        self._waiting.clear()

    def advance(self, before: Before, world: World) -> None:
        """Must be called before each request and item that is counted: makes the changes that are due."""
        self._counts[before] += 1
        due = [waiting for waiting in self._waiting if (waiting.before, waiting.at) == (before, self._counts[before])]
        for scheduled in due:
            self._waiting.remove(scheduled)
            for name, value in scheduled.change.items():
                make_change(world, name, value)
