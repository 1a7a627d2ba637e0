"""What was asked of the simulator, and the requests that a test wants held at their boundary."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import attrs
from starlette.requests import Request


@attrs.define
class Entry:
    """One request as it came in. `path` never carries a key or token; `status` None: no answer was sent yet."""

    n: int
    side: str
    method: str
    path: str
    seconds_since_start: float
    write: bool = False
    cost: int = 0
    status: int | None = None
    items: list[dict[str, Any]] = attrs.Factory(list)
    faults: list[str] = attrs.Factory(list)
    """What struck this request on purpose."""

    def row(self) -> dict[str, Any]:
        return attrs.asdict(self)


class RequestLog:
    """Every request since the simulator started, numbered from 1."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._entries: list[Entry] = []
        self.reads = 0
        self.writes = 0
        self.refused = 0
        self.shop = 0

    def begin(self, side: str, method: str, path: str) -> Entry:
        entry = Entry(len(self._entries) + 1, side, method, path, round(time.monotonic() - self._start, 4))
        self._entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """The requests after the one with this number."""
        return [entry.row() for entry in self._entries[max(0, number) :]]

    def counts(self) -> dict[str, int]:
        """Requests that MailerLite served (`read`, `write`) or refused, and those that the shop got."""
        return {"read": self.reads, "write": self.writes, "refused_429": self.refused, "shop": self.shop}

    def faults(self) -> dict[str, int]:
        """How often each kind of fault struck."""
        return dict(Counter(name for entry in self._entries for name in entry.faults))


@attrs.define
class _Armed:
    left: int
    when: str
    side: str
    only: str


class Holds:
    """Holds one chosen request before or after its effect, until it is released or its client goes away."""

    def __init__(self) -> None:
        self._armed: _Armed | None = None
        self._holding: int | None = None
        self._last: int | None = None
        self._released = asyncio.Event()

    def arm(self, *, at: int, when: str, side: str, only: str) -> None:
        """Holds the `at`-th matching request from now; an earlier order that did not strike yet is forgotten."""
        self._armed = _Armed(at, when, side, only)

    def claim(self, side: str, *, write: bool) -> str | None:
        """``before`` or ``after`` if this very request is to be held."""
        armed = self._armed
        if armed is None or armed.side not in ("any", side) or (armed.only == "writes" and not write):
            return None
        armed.left -= 1
        if armed.left > 0:
            return None
        self._armed = None
        return armed.when

    async def wait(self, number: int, request: Request) -> bool:
        """Waits for the release (true) or for the client to go away (false)."""
        self._released.clear()
        self._holding = self._last = number
        released = asyncio.ensure_future(self._released.wait())
        gone = asyncio.ensure_future(disconnected(request))
        try:
            await asyncio.wait({released, gone}, return_when=asyncio.FIRST_COMPLETED)
            return released.done()
        finally:
            self._holding = None
            released.cancel()
            gone.cancel()

    def release(self) -> None:
        """Lets the held request go on, and forgets an order that did not strike yet."""
        self._armed = None
        self._released.set()

    def row(self) -> dict[str, Any]:
        return {
            "holding": self._holding is not None,
            "n": self._holding,
            "last": self._last,
            "armed": self._armed is not None,
        }


async def disconnected(request: Request) -> None:
    """Waits until the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
