"""A row of the ledger, and what becomes of one, as records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Table, and_

from bema_tui.model import Cause, ChangeKind, ChangeOutcome, ChangeState, PlannedChange, Purpose, Tier

NEW = "new:"  # the target of a row whose group or field does not exist yet
NEVER_READ = datetime(1970, 1, 1, tzinfo=UTC)  # so old that the subscriber is read again before the row is sent


@frozen
class LedgerRow:
    """One row of the ledger, as the engine sends it."""

    id: int
    """The row's id."""
    seq: int
    """Its place in the plan."""
    subscriber_id: str
    """MailerLite's id of the subscriber; empty for a group, a field or a new subscriber."""
    email: str
    """The e-mail it is about."""
    kind: ChangeKind
    """What kind of change it is."""
    target: str
    """MailerLite's id of the group, or the field's key."""
    target_name: str
    """The name of the group or field."""
    before: str | None
    """What was there before."""
    after: str | None
    """What shall be there."""
    purpose: Purpose
    """Why the change is made."""
    needs_add: bool
    """Whether it waits until an add of the same subscriber is proved."""
    state: ChangeState
    """How it stands."""
    attempts: int
    """The tries that may have had an effect."""
    read_at: datetime
    """When what it rests on was read."""
    outcome: ChangeOutcome | None = None
    """Why it stands as it does."""
    detail: str = ""
    """What only this row knows of that."""
    refused_status: int | None = None
    """The 4xx that refused it."""
    name: str = ""
    """The name of a subscriber to create."""
    tier: Tier | None = None
    """The tier of its group."""

    @property
    def cause(self) -> Cause:
        """Why it is written, without the move that it belongs to."""
        return self.purpose.cause


@frozen
class PlannedRow:
    """One row of a plan that is about to be written."""

    seq: int
    """Its place in the order of sending."""
    place: int
    """Its subscriber's place among those of the same purpose."""
    change: PlannedChange
    """What it writes."""
    read_at: datetime
    """When the truth that it rests on was read."""


@frozen
class AddedChange:
    """A change that follows from what became of others."""

    change: PlannedChange
    """What it writes."""
    read_at: datetime
    """When the truth that it rests on was read."""


@frozen
class PlanCount:
    """How much of a plan is of one purpose and one kind."""

    purpose: Purpose
    """Why the changes are made."""
    kind: ChangeKind
    """Of which kind they are."""
    subscribers: int
    """Whom they concern."""
    changes: int
    """How many they are."""


@frozen
class WriteCounts:
    """How writes came out."""

    failed: int
    """Those that failed."""
    sent: int
    """All that were answered."""


@frozen
class RowResult:
    """What became of a row."""

    id: int
    """The row's id."""
    state: ChangeState
    """How it stands now."""
    outcome: ChangeOutcome | None = None
    """Why it stands so; None: its state says it all."""
    detail: str = ""
    """What only this row knows of that."""
    refused_status: int | None = None
    """The 4xx that refused it."""
    read_at: datetime | None = None
    """When what the row rests on was read anew; ``NEVER_READ`` asks for a new read."""
    needs_add: bool | None = None
    """Changed where a read proved that the add is not waited for any more."""
    tries: int = 0
    """Added to the row's attempts: 1 for a try inside the same call, -1 for one that certainly did nothing."""


def purpose_columns(purpose: Purpose) -> dict[str, str | Tier | None]:
    """A purpose as the columns of a table."""
    return {"cause": purpose.cause, "from_tier": purpose.from_tier, "to_tier": purpose.to_tier}


def has_purpose(table: Table, purpose: Purpose) -> ColumnElement[bool]:
    """The condition of the rows of one purpose."""
    return and_(*(table.c[name] == value for name, value in purpose_columns(purpose).items()))


def purpose_of(row: Row[Any]) -> Purpose:
    """The purpose that a row's columns say."""
    return Purpose(Cause(row.cause), row.from_tier, row.to_tier)


def outcome_of(row: Row[Any]) -> ChangeOutcome | None:
    """The outcome that a row's column says."""
    return ChangeOutcome(row.outcome) if row.outcome else None


def ledger_row(row: Row[Any]) -> LedgerRow:
    """A row of the table as a record."""
    return LedgerRow(
        id=row.id,
        seq=row.seq,
        subscriber_id=row.subscriber_id,
        email=row.email,
        kind=ChangeKind(row.kind),
        target=row.target,
        target_name=row.target_name,
        before=row.before,
        after=row.after,
        purpose=purpose_of(row),
        needs_add=row.needs_add,
        state=ChangeState(row.state),
        attempts=row.attempts,
        read_at=row.read_at,
        outcome=outcome_of(row),
        detail=row.detail,
        refused_status=row.refused_status,
        name=row.name,
        tier=row.tier,
    )
