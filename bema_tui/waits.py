"""What a run or a command waits for: data first, the words for people last and in this one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final, Protocol

from attrs import frozen
from rich.cells import cell_len

_NAMES: Final = {"EDD": "the shop"}


class WaitReason(StrEnum):
    """Why nothing goes on."""

    QUOTA = "quota"
    """The requests that a service allows in a period are spent."""
    TOO_MANY = "too_many_requests"
    """A service without a quota that we know of answered 429."""
    UNAVAILABLE = "unavailable"
    """A service says that it is down for a while: 503 with ``Retry-After``."""
    RETRY = "retry"
    """A request failed, and is tried again."""
    DATABASE = "database"
    """Another process writes the database."""
    MEMORY = "memory"
    """The process holds more memory than it may."""
    PERSON = "person"
    """Somebody paused the run."""


_OWN: Final = {WaitReason.DATABASE: "the database", WaitReason.MEMORY: "memory"}
"""What is waited for on this machine."""


@frozen
class Wait:
    """One wait."""

    reason: WaitReason
    """Why."""
    service: str = ""
    """Who is waited for, by the name of its provider; empty for nobody outside."""
    detail: str = ""
    """What it said or did, as a clause ("it answered 503"); who, for a person."""
    attempt: int = 0
    """The number of the next try, from 2; 0 where a wait is no try."""
    tries: int = 0
    """How many tries there are."""

    @property
    def brief(self) -> str:
        """The wait without what was said, for a table."""
        match self.reason:
            case WaitReason.QUOTA | WaitReason.PERSON:
                return str(self)
            case WaitReason.DATABASE | WaitReason.MEMORY:
                return f"waits for {_OWN[self.reason]}"
            case _:
                return f"waits for {_name(self.service)}"

    @property
    def says_more(self) -> bool:
        """Whether its words go on behind what is waited for."""
        match self.reason:
            case WaitReason.QUOTA | WaitReason.PERSON:
                return False
            case WaitReason.DATABASE | WaitReason.MEMORY:
                return True
            case _:
                return bool(self.detail or self.attempt)

    def __str__(self) -> str:
        match self.reason:
            case WaitReason.QUOTA:
                return f"waits for {_of(self.service)} quota"
            case WaitReason.DATABASE | WaitReason.MEMORY:
                return f"waits for {_OWN[self.reason]}: {self.detail}"
            case WaitReason.PERSON:
                return f"paused by {self.detail}"
            case _:
                told = f"waits for {_name(self.service)}"
                told += f": {self.detail}" if self.detail else ""
                return told + (f", try {self.attempt} of {self.tries}" if self.attempt else "")


TellWait = Callable[[Wait, datetime], None]
"""Is told what is waited for, and when the waiting ends at the latest."""


class WaitBoard(Protocol):
    """Shows to whom it concerns what is waited for, and until when."""

    async def show(self, key: object, wait: Wait, seconds: float) -> None:
        """``key`` waits for so many seconds from now on; told again where that changes. Short waits are not shown."""
        ...

    async def clear(self, key: object) -> None:
        """``key`` waits no more."""
        ...


@asynccontextmanager
async def waiting(waits: WaitBoard, wait: Wait, seconds: float) -> AsyncIterator[None]:
    """Show a wait for as long as the block lasts."""
    key = object()
    try:
        await waits.show(key, wait, seconds)
        yield
    finally:
        await waits.clear(key)


def until_words(until: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a moment to come in local time: with seconds today, with its day on any other."""
    local, today = until.astimezone(zone), now.astimezone(zone)
    same = local.date() == today.date()
    return f"until {local:%H:%M:%S}" if same else f"until {local.day} {local:%b} {local:%H:%M}"


def until_utc(until: datetime, now: datetime) -> str:
    """Return a moment to come in UTC, as the commands and the database say every time."""
    return f"{until_words(until, now, UTC)} UTC"


def stalled_words(seconds: float) -> str:
    """Say for how long a run has made no progress."""
    return f"no progress for {seconds // 60:,.0f} min"


def wait_words(wait: Wait, until: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a wait and its end as one clause."""
    return f"{wait}{',' if wait.says_more else ''} {until_words(until, now, zone)}"


def wait_words_utc(wait: Wait, until: datetime, now: datetime) -> str:
    """Return a wait and its end in UTC as one clause."""
    return f"{wait_words(wait, until, now, UTC)} UTC"


def fitting_words(wait: Wait, until: datetime, now: datetime, zone: tzinfo | None, width: int) -> str:
    """Return a wait and its end as one clause that has room in ``width`` cells, if any has."""
    end = until_words(until, now, zone)
    forms = (wait_words(wait, until, now, zone), f"{wait.brief} {end}", f"waits {end}")
    return next((form for form in forms if cell_len(form) <= width), forms[-1])


def _name(service: str) -> str:
    return _NAMES.get(service, service)


def _of(service: str) -> str:
    return f"{_name(service)}'s"
