"""A row of the ledger, and what becomes of one, as records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Row

from bema_tui.model import ChangeKind, ChangeState

# The words of a refusal that is about the person alone: their status forbids it.
STATUS_WORDS = ("unsubscribed", "bounced", "junk", "unconfirmed")
NEW = "new:"  # the target of a row whose group or field does not exist yet
NEVER_READ = datetime(1970, 1, 1, tzinfo=UTC)  # so old that the person is read again before the row is sent


@frozen
class LedgerRow:
    """One row, as the engine sends and settles it; ``error`` and ``refused_status`` say how it was settled last.

    ``attempts`` counts the tries that may have had an effect.
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
    rule: str
    needs_add: bool
    state: ChangeState
    attempts: int
    read_at: datetime
    error: str | None = None
    refused_status: int | None = None
    name: str = ""


@frozen
class Settled:
    """What became of a row.

    Attributes:
        read_at: renews the truth that the row rests on; ``NEVER_READ`` asks for a new one.
        needs_add: changed where a read proved that the add is not waited for any more.
        tries: added to the row's attempts: 1 for a try inside the same call, -1 for one that certainly did nothing.
    """

    id: int
    state: ChangeState
    error: str | None = None
    refused_status: int | None = None
    read_at: datetime | None = None
    needs_add: bool | None = None
    tries: int = 0


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
        rule=row.rule,
        needs_add=row.needs_add,
        state=ChangeState(row.state),
        attempts=row.attempts,
        read_at=row.read_at,
        error=row.error,
        refused_status=row.refused_status,
        name=row.name,
    )
