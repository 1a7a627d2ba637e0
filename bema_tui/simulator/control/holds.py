"""Holds one request before or after its effect, so that a test can act in between."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Any, Literal, get_args

import attrs
from starlette.requests import Request

HoldSide = Literal["mailerlite", "edd", "any"]
HoldOnly = Literal["writes", "all"]


class HoldWhen(StrEnum):
    """When a request is held."""

    BEFORE = "before"
    """Before its effect."""
    AFTER = "after"
    """After its effect, before its response."""


@attrs.frozen(kw_only=True)
class Hold:
    """Which request is to be held, and when.

    Raises:
        TypeError, ValueError: a value that it does not take.
    """

    at: int = attrs.field(default=1, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    """The place of the request among those that match, from now."""
    when: HoldWhen = attrs.field(default=HoldWhen.BEFORE, converter=HoldWhen)
    """Whether it is held before or after its effect."""
    side: HoldSide = attrs.field(default="mailerlite", validator=attrs.validators.in_(get_args(HoldSide)))
    """The service that gets the request; ``any``: both count."""
    only: HoldOnly = attrs.field(default="all", validator=attrs.validators.in_(get_args(HoldOnly)))
    """Whether every request counts (``all``), or only one that is meant to change something (``writes``)."""

    def matches(self, side: str, *, write: bool) -> bool:
        return self.side in ("any", side) and (self.only == "all" or write)


class Holds:
    """Holds one chosen request until it is released or its client goes away."""

    def __init__(self) -> None:
        self._hold: Hold | None = None
        self._left = 0
        self._holding: int | None = None
        self._last: int | None = None
        self._released = asyncio.Event()

    def arm(self, hold: Hold) -> None:
        """Holds the request that is meant; forgets the hold before, if no request met it yet."""
        self._hold = hold
        self._left = hold.at

    def claim(self, side: str, *, write: bool) -> HoldWhen | None:
        """Counts a request. Returns when it is to be held; None: it is not."""
        hold = self._hold
        if hold is None or not hold.matches(side, write=write):
            return None
        self._left -= 1
        if self._left > 0:
            return None
        self._hold = None
        return hold.when

    async def wait(self, number: int, request: Request) -> bool:
        """Waits until the request is released (true) or its client goes away (false)."""
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
        """Lets the held request go on, and forgets a hold that no request met yet."""
        self._hold = None
        self._released.set()

    def status(self) -> dict[str, Any]:
        return {
            "holding": self._holding is not None,
            "number": self._holding,
            "last": self._last,
            "armed": self._hold is not None,
        }


async def disconnected(request: Request) -> None:
    """Waits until the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
