"""What earlier runs did to subscribers, as the ledger has it; a plan asks it before it plans again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import and_, func, or_, select

from bema_tui.model import GROUP_CHANGES, ChangeKind, ChangeState, PlannedChange, Tier
from bema_tui.store.database import Database
from bema_tui.store.ledger_rows import LedgerRow, ledger_row
from bema_tui.store.schema import ledger

ChangeMark = tuple[str, ChangeKind, str, str | None, str | None]
"""Whom a change is about (by e-mail, if they were to be created), its kind, target, before and after."""


def mark_of(change: LedgerRow | PlannedChange) -> ChangeMark:
    """What tells a change from every other that could be made."""
    return change.subscriber_id or change.email, change.kind, change.target, change.before, change.after


@frozen
class Placement:
    """What the ledger last did to somebody's tiers."""

    tier: Tier | None = None
    """The tier that the engine put them into last."""
    left: Tier | None = None
    """The tier that it took them out of with that, or since."""


class LedgerHistory:
    """What earlier runs did to subscribers; a plan asks it before it plans again."""

    def __init__(self, db: Database, campaign: str) -> None:
        self._db = db
        self._campaign = campaign

    async def refused(self) -> dict[ChangeMark, LedgerRow]:
        """Writes MailerLite refused (4xx), not to be planned again: what tells each apart, and its last row.

        Not one that it took at a later try. Not a 404: who was gone is planned for only when a read shows them again,
        under the same id (a deleted subscriber who comes back keeps it).
        """
        later = ledger.alias()
        taken_since = select(later.c.id).where(
            later.c.campaign == ledger.c.campaign,
            later.c.subscriber_id == ledger.c.subscriber_id,
            or_(ledger.c.subscriber_id != "", later.c.email == ledger.c.email),
            later.c.id > ledger.c.id,
            later.c.state == ChangeState.APPLIED,
            *(later.c[name].is_not_distinct_from(ledger.c[name]) for name in ("kind", "target", "before", "after")),
        )
        query = (
            select(ledger)
            .where(
                ledger.c.campaign == self._campaign,
                ledger.c.state == ChangeState.FAILED,
                ledger.c.refused_status != 404,
                ~taken_since.exists(),
            )
            .order_by(ledger.c.id)
        )
        async with self._db.read() as connection:
            rows = [ledger_row(row) for row in await connection.execute(query)]
        return {mark_of(row): row for row in rows}

    async def moves_since(self, since: datetime) -> dict[str, int]:
        """Subscribers moved at least once since then, in any campaign, and how often."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.subscriber_id, func.count()).where(moved_since(since)).group_by(ledger.c.subscriber_id)
            )
            return {subscriber_id: count for subscriber_id, count in rows}  # noqa: C416 (rows are not pairs to the type checker)

    async def placements(self, subscriber_ids: Sequence[str]) -> dict[str, Placement]:
        """Where the engine put each subscriber last, and out of which tier, in this campaign."""
        found: dict[str, Placement] = {}
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.subscriber_id, ledger.c.kind, ledger.c.tier)
                .where(
                    ledger.c.campaign == self._campaign,
                    ledger.c.subscriber_id.in_(subscriber_ids),
                    ledger.c.state == ChangeState.APPLIED,
                    ledger.c.kind.in_(GROUP_CHANGES),
                )
                .order_by(ledger.c.id)
            )
            for subscriber_id, kind, tier in rows:
                before = found.get(subscriber_id, Placement())
                found[subscriber_id] = Placement(tier) if kind == ChangeKind.ADD_GROUP else Placement(before.tier, tier)
        return found


def moved_since(since: datetime) -> Any:
    """The condition of a row that moved somebody since then."""
    return and_(
        ledger.c.recorded_at >= since, ledger.c.kind == ChangeKind.ADD_GROUP, ledger.c.state == ChangeState.APPLIED
    )
