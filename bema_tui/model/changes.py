"""What a change in MailerLite is: why it is made, for whom, what it writes, and what came of it. Records only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import frozen

from bema_tui.model.campaigns import Tier


class ChangeKind(StrEnum):
    """One row of the ledger is one write of this kind."""

    CREATE_GROUP = "create_group"
    """Make a group that the campaign lacks."""
    CREATE_FIELD = "create_field"
    """Make the campaign's purchase field."""
    CREATE_SUBSCRIBER = "create_subscriber"
    """Create a buyer whom MailerLite does not know, with field and group at once."""
    SET_FIELD = "set_field"
    """Write the purchase field, or clear it."""
    ADD_GROUP = "add_group"
    """Put a subscriber into a group."""
    REMOVE_GROUP = "remove_group"
    """Take a subscriber out of a group."""


GROUP_CHANGES: Final = (ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)
"""The kinds that move a subscriber between groups."""
SUBSCRIBER_CHANGES: Final = (ChangeKind.SET_FIELD, *GROUP_CHANGES)
"""The kinds that write to a subscriber who is there."""
ACCOUNT_CHANGES: Final = (ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD)
"""The kinds that make what the account lacks, and concern nobody."""


class ChangeState(StrEnum):
    """The life of a ledger row."""

    PLANNED = "planned"
    """To be sent, for the first time or again."""
    SENDING = "sending"
    """Written down before the request leaves: it may be on its way."""
    APPLIED = "applied"
    """MailerLite's answer, or a read after it, says that it is done."""
    FAILED = "failed"
    """MailerLite refused it or did not do it; the row's error says why."""
    SKIPPED = "skipped"
    """Not sent, or it did nothing: it no longer fits where the subscriber stands, or what it needs is missing."""
    UNKNOWN = "unknown"
    """Sent, and no answer tells what became of it: it is read before anything else is sent."""
    UNDONE = "undone"
    """Applied, and taken back since by an undo."""


class Cause(StrEnum):
    """Why the engine changes something. Domain rules, section 3.

    Everything that depends on why a change is made is decided by it; the words for people are made from it last.
    """

    PURCHASE = "purchase"
    """A buyer moves from the tier that they stand in to its purchased one."""
    PLACED = "placed"
    """A buyer who is in none of the campaign's groups is put into a purchased tier."""
    FIELD_ONLY = "field_only"
    """A buyer whom no rule moves, or who may not be moved now: the purchase field alone is set."""
    IN_WOOD = "in_wood"
    """A buyer in Wood stays there: the purchase field alone is set."""
    NOT_ACTIVE = "not_active"
    """A buyer whose status is not active stays where they are: the purchase field alone is set."""
    LOWER_OFF = "lower_off"
    """A buyer in one purchased tier and in lower ones leaves the lower ones."""
    REFUND = "refund"
    """A purchase is taken back after a refund: its field is cleared, its tier left."""
    REFUND_NOT_ACTIVE = "refund_not_active"
    """A purchase of somebody whose status is not active is taken back: its field is cleared, and nobody is moved."""
    NEW_BUYER = "new_buyer"
    """A buyer whom MailerLite does not know is created."""
    CREATE_MISSING = "create_missing"
    """The account lacks a group or the purchase field that the campaign needs."""
    TRANSITION = "transition"
    """A buyer of one campaign is put into a tier of the next one."""
    UNDO = "undo"
    """A change of an earlier run is taken back."""

    @property
    def takes_back(self) -> bool:
        """Whether a purchase is taken back, which needs a yes of its own."""
        return self in {Cause.REFUND, Cause.REFUND_NOT_ACTIVE}


@frozen
class Purpose:
    """Why a subscriber's changes are planned, with the move that they make: the plan is grouped by it."""

    cause: Cause
    """Why they are changed."""
    from_tier: Tier | None = None
    """The tier that a purchase moves them out of; None for every other cause."""
    to_tier: Tier | None = None
    """The tier that a move leads to, or that a refund leaves them in; None where nobody is moved, or out of all."""


@frozen
class PlannedChange:
    """One intended write, before it is a ledger row."""

    kind: ChangeKind
    """What is written."""
    subscriber_id: str
    """The subscriber's id at MailerLite; empty for groups and fields, and for subscribers who are to be created."""
    email: str
    """The subscriber's e-mail as MailerLite has it; empty for groups and fields."""
    name: str
    """The subscriber's name, for the screen."""
    target: str
    """The group's id or the field's key; ``new:<name>`` while it does not exist."""
    target_name: str
    """The group's or field's name, for the screen."""
    before: str | None
    """What the write replaces: a field's value or a group's name; None: nothing."""
    after: str | None
    """What the write leaves: a field's value or a group's name; None: nothing."""
    purpose: Purpose
    """Why it is written."""
    reason: str
    """The facts behind it, for the screen: for example which order."""
    tier: Tier | None = None
    """The tier of the group that is joined, left or created; None for a field."""
    needs_add: bool = False
    """Whether this remove may only follow the proof of the same subscriber's add."""

    @property
    def cause(self) -> Cause:
        """Why it is written, without the move that it belongs to."""
        return self.purpose.cause


class ChangeOutcome(StrEnum):
    """What came of a change, where its state does not say it all; some have a detail that only that change knows."""

    REFUSED = "refused"
    """MailerLite refused it. Detail: its words."""
    REFUSED_FOR_STATUS = "refused_for_status"
    """MailerLite refused it because of the subscriber's status. Detail: its words."""
    THROTTLED = "throttled"
    """MailerLite answered 429 to it again and again, and not to others. Detail: how many times; of a subscriber to be
    created, for how many seconds."""
    NOT_TAKEN = "not_taken"
    """MailerLite took nothing of it: the quota was used up or the key lacks a right. Detail: the status code."""
    SERVER_FAILED = "server_failed"
    """MailerLite failed over it. Detail: the status code, and how often where that was the last try."""
    NOT_FOUND = "not_found"
    """MailerLite answered 404: the subscriber is read by id."""
    LOST_ANSWER = "lost_answer"
    """No answer came that tells what became of it. Detail: what came instead; empty: the run ended."""
    PROCESS_DIED = "process_died"
    """The run's process died before it could take the answer in."""
    OTHER_ACCOUNT = "other_account"
    """Another account answered, so that nobody knows what became of it. Detail: which."""
    UNREADABLE_ANSWER = "unreadable_answer"
    """Its answer can't be read. Detail: what is wrong with it."""
    VALUE_NOT_SHOWN = "value_not_shown"
    """Its answer does not show the value that was sent. Detail: the status code."""
    NOT_SHOWN = "not_shown"
    """MailerLite answered ok, and what it shows of the subscriber afterwards is not so."""
    NOT_WRITTEN = "not_written"
    """The subscriber was read, and it is not written. Detail: after how many tries, where no other follows."""
    MAYBE_OURS = "maybe_ours"
    """It stands, by an earlier try of the run or by somebody else."""
    STANDS_ALREADY = "stands_already"
    """Others brought about what it wants before it was sent."""
    OVERTAKEN = "overtaken"
    """Others moved the subscriber meanwhile. Detail: the tiers that they stand in now, joined."""
    FIELD_CHANGED = "field_changed"
    """Others wrote the field meanwhile. Detail: its value now."""
    STATUS_CHANGED = "status_changed"
    """The subscriber's status is another now. Detail: which."""
    GROUP_GONE = "group_gone"
    """The group is gone from MailerLite."""
    GONE = "gone"
    """The subscriber is gone from MailerLite."""
    UNREADABLE_SUBSCRIBER = "unreadable_person"
    """The subscriber can't be read. Detail: why."""
    ADD_NOT_APPLIED = "add_not_applied"
    """It would take somebody out of a group, and the add before it was not applied."""
    TARGET_NOT_CREATED = "target_not_created"
    """Its group or field could not be created."""
    THERE_MEANWHILE = "there_meanwhile"
    """What it would create is there meanwhile."""
    NOT_PROVED_UNKNOWN = "not_proved_unknown"
    """It is not proved that MailerLite does not know the subscriber who would be created. Detail: why."""
    MOVED_TODAY = "moved_today"
    """The subscriber was moved often enough on this day. Detail: how often."""
    OTHER = "other"
    """Something that an older version wrote. Detail: its words."""


def join_tiers(tiers: Iterable[Tier]) -> str:
    """Tiers as a detail holds them."""
    found = frozenset(tiers)
    return ",".join(tier for tier in Tier if tier in found)


def split_tiers(detail: str) -> tuple[Tier, ...]:
    """The tiers that a detail holds."""
    return tuple(Tier(value) for value in detail.split(",") if value)
