"""The requests that both systems got."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs


@attrs.define
class LoggedRequest:
    """One request as it came in."""

    number: int
    """Its place in the log, from 1."""
    side: str
    """``mailerlite`` or ``edd``."""
    method: str
    """The HTTP method."""
    path: str
    """Path and query, never with a key or token."""
    seconds_since_start: float
    """The seconds from the simulator's start until the request came in."""
    write: bool = False
    """Whether it is meant to change something."""
    cost: int = 0
    """What it took of the quota."""
    status: int | None = None
    """None: no response was sent yet."""
    items: list[dict[str, Any]] = attrs.Factory(list)
    """The items of a batch, each with the status it got and whether it changed a subscriber."""
    faults: list[str] = attrs.Factory(list)
    """The faults that happened to it."""


class RequestLog:
    """Every request since the simulator started; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._requests: list[LoggedRequest] = []
        self.reads = 0
        self.writes = 0
        self.refused = 0
        self.shop = 0

    def begin(self, side: str, method: str, path: str) -> LoggedRequest:
        """Logs a request that came in."""
        seconds = round(self._clock() - self._start, 4)
        logged = LoggedRequest(len(self._requests) + 1, side, method, path, seconds)
        self._requests.append(logged)
        return logged

    def since(self, number: int) -> list[dict[str, Any]]:
        """Returns the requests after the one with this number."""
        return [attrs.asdict(logged) for logged in self._requests[max(0, number) :]]

    def counts(self) -> dict[str, int]:
        """Returns how many requests MailerLite served (`read`, `write`) and refused, and how many the shop got."""
        return {"read": self.reads, "write": self.writes, "refused_429": self.refused, "shop": self.shop}

    def faults(self) -> dict[str, int]:
        """Returns how often each kind of fault happened."""
        return dict(Counter(name for logged in self._requests for name in logged.faults))
