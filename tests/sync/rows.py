"""Ledger rows and people for the tests of the pure parts of the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bema_tui.model import Cause, ChangeKind, ChangeState, Purpose, Subscriber, SubscriberStatus, Tier
from bema_tui.store.ledger_rows import LedgerRow

READ_AT = datetime(2026, 11, 22, 14, 8, tzinfo=UTC)
GROUPS = {"11": Tier.OPT_IN, "12": Tier.GOLD, "13": Tier.SILVER, "16": Tier.GOLD_PURCHASED, "17": Tier.SILVER_PURCHASED}
BOUGHT = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)


def row(id_: int, kind: ChangeKind, target: str, subscriber: str = "1", **values: Any) -> LedgerRow:
    defaults: dict[str, Any] = {
        "id": id_,
        "seq": id_,
        "subscriber_id": subscriber,
        "email": f"{subscriber}@example.com",
        "kind": kind,
        "target": target,
        "target_name": target,
        "before": None,
        "after": None,
        "purpose": BOUGHT,
        "tier": None if kind is ChangeKind.SET_FIELD else GROUPS.get(target),
        "needs_add": False,
        "state": ChangeState.PLANNED,
        "attempts": 0,
        "read_at": READ_AT,
    }
    return LedgerRow(**(defaults | values))


def move(
    subscriber: str = "1", first_id: int = 1, source: str = "11", target: str = "16", order: str = "10391"
) -> list[LedgerRow]:
    """The three rows of a move."""
    return [
        row(first_id, ChangeKind.SET_FIELD, "key", subscriber, before=None, after=order),
        row(first_id + 1, ChangeKind.ADD_GROUP, target, subscriber, after=target),
        row(first_id + 2, ChangeKind.REMOVE_GROUP, source, subscriber, before=source, needs_add=True),
    ]


def subscriber(
    *groups: str, stored: str | int | None = None, status: SubscriberStatus = SubscriberStatus.ACTIVE, id_: str = "1"
) -> Subscriber:
    return Subscriber(
        id=id_, email=f"{id_}@example.com", status=status, fields={"key": stored}, group_ids=frozenset(groups)
    )


def by_subscriber(rows: list[LedgerRow]) -> dict[str, list[LedgerRow]]:
    found: dict[str, list[LedgerRow]] = {}
    for entry in rows:
        found.setdefault(entry.subscriber_id, []).append(entry)
    return found
