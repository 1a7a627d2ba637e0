"""What a change in MailerLite is before it is made: why, for whom, and what it writes. Records only."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from bema_tui.model import ChangeKind, Tier


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
    """Why a person's changes are planned, with the move that they make: the plan is grouped by it."""

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
    """The person's id at MailerLite; empty for groups and fields, and for people who are to be created."""
    email: str
    """The person's e-mail as MailerLite has it; empty for groups and fields."""
    name: str
    """The person's name, for the screen."""
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
    """The facts behind it, for the screen: which order, for one."""
    tier: Tier | None = None
    """The tier of the group that is joined, left or created; None for a field."""
    needs_add: bool = False
    """Whether this remove may only follow the proof of the same person's add."""

    @property
    def cause(self) -> Cause:
        """Why it is written, without the move that it belongs to."""
        return self.purpose.cause
