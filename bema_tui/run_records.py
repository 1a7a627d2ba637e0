"""What a run is, what it was asked for and what it found: records that all layers share, from database to screen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from bema_tui.errors import BemaError, NeedsNewSync
from bema_tui.model import Completeness, Phase


class RunKind(StrEnum):
    """What a run is started for."""

    PLAN = "plan"
    """To read and plan only: its plan waits for a yes."""
    SYNC = "sync"
    """To read, plan and apply."""


@frozen
class RunOptions:
    """What a run was asked for by whoever started it. What the run finds out stands elsewhere."""

    yes: bool = False
    """The plan may be applied without another yes, unless something holds it."""
    create_missing: bool = False
    """Groups and the field that are missing are created."""
    quick: bool = False
    """Only the shop's newest orders are read, while the last read of its whole list is young enough."""
    retry_refused: bool = False
    """What MailerLite refused before is planned again."""
    max_moves: int | None = None
    """How many moves go without an approval, in place of the label's limit."""


NOTHING_MORE: Final = RunOptions()
"""What a run was asked for when it was asked for nothing beyond its kind."""


@frozen
class PhaseEntry:
    """One step of a run with what it took."""

    phase: Phase
    """Which step it is."""
    started_at: datetime
    """When it began."""
    seconds: float | None = None
    """How long it took; None while it goes on."""
    note: str = ""
    """What it found, in words."""


class ReadKind(StrEnum):
    """How much of the shop's list a read takes. Domain rules, section 4."""

    FULL = "full"
    """The whole list: what is not in it is not listed."""
    RECENT = "window"
    """The newest orders: they prove that an order is listed, never that one is not."""


class ReadingStrategy(StrEnum):
    """The way in which a campaign's people are read."""

    BY_GROUPS = "groups by status"
    """Each group and status by itself."""
    BY_SWEEP = "sweep of the account"
    """The whole account once."""


@frozen
class ShopReadResult:
    """What a run's read of the shop came to."""

    completeness: Completeness
    """What it may be used for."""
    kind: ReadKind = ReadKind.FULL
    """How much of the list was read."""
    at: datetime | None = None
    """When it ended."""
    orders: int = 0
    """Orders that were read."""
    unreadable: int = 0
    """Sales among them that can't be read."""
    passes: int = 0
    """How often the list was read."""
    full_read_at: datetime | None = None
    """When the last read of the whole list ended; None: there was none."""
    full_read_age: float | None = None
    """Its age in seconds at this read."""


@frozen
class MailerLiteReadResult:
    """What a run's read of a campaign's people came to; while it goes on, its completeness alone."""

    completeness: Completeness
    """What it may be used for."""
    at: datetime | None = None
    """When it ended."""
    people: int | None = None
    """People who were read."""
    strategy: ReadingStrategy | None = None
    """The way in which they were read."""
    requests: int | None = None
    """HTTP requests that it took."""
    requests_forecast: int | None = None
    """HTTP requests that were foretold before it."""
    batch_items_count: bool = True
    """Whether each item of a batch counts as a request of MailerLite's quota."""


@frozen
class AutomationEffect:
    """An automation of MailerLite that a plan sets off."""

    name: str
    """Its name there."""
    group: str
    """The group whose new members set it off."""
    people: int
    """How many of them there will be."""
    groups_known: bool = True
    """Whether the groups that set it off can be read; if not, each group may be one."""


@frozen
class RunError:
    """The error that ended a run."""

    error: str
    """The class of the error."""
    message: str
    """What happened, to what, in one sentence."""
    tried: str = ""
    """What the program was about to do."""
    where: str = ""
    """The system, file or address at which it happened."""
    retryable: bool = False
    """Whether the same thing, tried again, can succeed."""
    advice: str = ""
    """What the operator can do."""

    @classmethod
    def of(cls, error: BemaError) -> RunError:
        """Return an error as a run keeps it."""
        return cls(
            error=type(error).__name__,
            message=error.message,
            tried=error.tried,
            where=error.where,
            retryable=error.retryable,
            advice=error.advice,
        )

    @property
    def needs_new_sync(self) -> bool:
        """Whether a resume would end the same."""
        return self.error == NeedsNewSync.__name__
