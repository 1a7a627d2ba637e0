"""What a run is, what it was asked for and what it found: records that all layers share, from database to screen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from bema_tui.errors import BemaError, NeedsNewSync
from bema_tui.model.reads import Completeness


class RunState(StrEnum):
    """What a run is doing, or how it ended."""

    PLANNING = "planning"
    """Reads both sides and writes the plan."""
    PLANNED = "planned"
    """The plan waits for a yes."""
    NEEDS_APPROVAL = "needs_approval"
    """The plan waits for the yes of somebody who has seen it; one given beforehand (``--yes``) is not enough."""
    APPLYING = "applying"
    """Sends the plan."""
    PAUSED = "paused"
    """Waits for whoever paused it, or for a service; it keeps its lock."""
    STOPPED = "stopped"
    """Ended as it was asked to, after a day of pause, or with the program; it can be resumed."""
    DONE = "done"
    """Came to its end; single changes may have failed."""
    FAILED = "failed"
    """An error ended it; it can be resumed."""
    LOST = "lost"
    """Its process died, or its lock was released or taken; it can be resumed."""
    DISCARDED = "discarded"
    """The plan was thrown away, by somebody or for a newer one; nothing of it was sent."""

    @property
    def active(self) -> bool:
        """Whether a process should be at work on it."""
        return self in {RunState.PLANNING, RunState.APPLYING, RunState.PAUSED}

    @property
    def waiting(self) -> bool:
        """Whether it waits for a person's yes."""
        return self in {RunState.PLANNED, RunState.NEEDS_APPROVAL}

    @property
    def resumable(self) -> bool:
        """Whether ``resume`` can go on with it."""
        return self in {RunState.STOPPED, RunState.LOST, RunState.FAILED}


RUNS_AT_WORK: Final = tuple(state for state in RunState if state.active)
"""The states in which a process should be at work on a run."""
RUNS_THAT_WAIT: Final = tuple(state for state in RunState if state.waiting)
"""The states in which a run waits for a person's yes."""


class Phase(StrEnum):
    """The steps of a run, in their order."""

    LOCK = "lock"
    """Takes the campaign's lock."""
    READ_SHOP = "read shop"
    """Reads the account's groups and fields, then the shop's orders."""
    READ_MAILERLITE = "read MailerLite"
    """Reads the campaign's members and buyers."""
    RECONCILE = "reconcile"
    """Works out what each subscriber needs, and writes the plan."""
    PLAN = "plan"
    """Works out what the plan costs, and whether somebody has to see it."""
    YES = "yes"
    """Has its plan, and waits for the yes unless that was given."""
    CHECK_UNKNOWN = "settle"
    """Reads what became of changes that are unknown."""
    APPLY = "apply"
    """Creates what is missing, then sends the changes."""
    READ_BACK = "read back"
    """Reads a sample of the moves again."""
    STATISTICS = "statistics"
    """Counts members, buyers and revenue."""
    UNLOCK = "unlock"
    """Gives the lock back."""


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


DEFAULT_OPTIONS: Final = RunOptions()
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
    RECENT = "recent"
    """The newest orders: they prove that an order is listed, never that one is not."""


class ReadingStrategy(StrEnum):
    """The way in which a campaign's members are read."""

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
    """What a run's read of a campaign's members came to; while it goes on, its completeness alone."""

    completeness: Completeness
    """What it may be used for."""
    at: datetime | None = None
    """When it ended."""
    members: int | None = None
    """Members who were read."""
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
    subscribers: int
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
    """The system, file or URL at which it happened."""
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
