"""A row of the ledger, and what becomes of one, as records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Table, and_

from bema_tui.model import Cause, ChangeKind, ChangeOutcome, ChangeState, PlannedChange, Purpose, Tier

NEW = "new:"  # the target of a row whose group or field does not exist yet
NEVER_READ = datetime(1970, 1, 1, tzinfo=UTC)  # so old that the person is read again before the row is sent


@frozen
class LedgerRow:
    """One row, as the engine sends and settles it.

    ``outcome``, ``detail`` and ``refused_status`` say how it was settled last. ``attempts`` counts the tries that may
    have had an effect.
    """

    id: int
    seq: int
    subscriber_id: str
    email: str
    kind: ChangeKind
    target: str
    target_name: str
    before: str | None
    after: str | None
    purpose: Purpose
    needs_add: bool
    state: ChangeState
    attempts: int
    read_at: datetime
    outcome: ChangeOutcome | None = None
    detail: str = ""
    refused_status: int | None = None
    name: str = ""
    tier: Tier | None = None

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
    """Its person's place among the people of the same purpose."""
    change: PlannedChange
    """What it writes."""
    read_at: datetime
    """When the truth that it rests on was read."""


@frozen
class Settled:
    """What became of a row.

    Attributes:
        outcome: why it stands as it does, with the ``detail`` that only this row knows; None: its state says it all.
        refused_status: the 4xx that refused it.
        read_at: renews the truth that the row rests on; ``NEVER_READ`` asks for a new one.
        needs_add: changed where a read proved that the add is not waited for any more.
        tries: added to the row's attempts: 1 for a try inside the same call, -1 for one that certainly did nothing.
    """

    id: int
    state: ChangeState
    outcome: ChangeOutcome | None = None
    detail: str = ""
    refused_status: int | None = None
    read_at: datetime | None = None
    needs_add: bool | None = None
    tries: int = 0


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
