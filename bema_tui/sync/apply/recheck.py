"""Compares a ledger row with its subscriber as MailerLite shows them now. Pure; domain rules, section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from bema_tui.field_values import same_value
from bema_tui.model import ChangeKind, ChangeOutcome, ChangeState, Subscriber, SubscriberStatus, Tier, join_tiers
from bema_tui.store.ledger_rows import LedgerRow, RowResult


def is_shown(row: LedgerRow, subscriber: Subscriber) -> bool:
    """Return whether the subscriber stands as the row wants it."""
    if row.kind is ChangeKind.SET_FIELD:
        return same_value(subscriber.fields.get(row.target), row.after)
    groups = subscriber.group_ids or frozenset()
    return (row.target in groups) is (row.kind is ChangeKind.ADD_GROUP)


@frozen
class Recheck:
    """Which of a subscriber's rows may not be sent any more; a fresh read supports the others."""

    skipped: Mapping[int, RowResult]
    """The results of the rows that may not be sent, by the ids of the rows."""


def tiers_of(subscriber: Subscriber, tier_of_group: Mapping[str, Tier]) -> frozenset[Tier]:
    """Return the tiers of the campaign that a subscriber stands in."""
    return frozenset(tier_of_group[group] for group in subscriber.group_ids or () if group in tier_of_group)


def judge_subscriber(
    rows: Sequence[LedgerRow],
    pending: Sequence[LedgerRow],
    subscriber: Subscriber | None,
    tier_of_group: Mapping[str, Tier],
    *,
    move_inactive: bool,
) -> Recheck:
    """Compare a subscriber's pending rows with what MailerLite shows of them now.

    ``rows`` are all of the subscriber's rows in the run: the adds that are done already explain where they stand.
    A row whose truth moved is skipped with the reason; the others may go. Somebody whose move is half done when they
    stop being active gets its other half: left in two tiers they would be forgotten there.
    """
    if subscriber is None:
        return Recheck({row.id: _skip(row, ChangeOutcome.GONE) for row in pending})
    tiers = tiers_of(subscriber, tier_of_group)
    inactive = subscriber.status is not SubscriberStatus.ACTIVE and not move_inactive
    added = any(row.kind is ChangeKind.ADD_GROUP and row.state is ChangeState.APPLIED for row in rows)
    skipped: dict[int, RowResult] = {}
    for row in pending:
        skip: RowResult | None = None
        if row.kind is ChangeKind.SET_FIELD:
            skip = _field_moved(row, subscriber)
        elif inactive and not (row.kind is ChangeKind.REMOVE_GROUP and added):
            skip = _skip(row, ChangeOutcome.STATUS_CHANGED, str(subscriber.status))
        elif row.kind is ChangeKind.ADD_GROUP:
            skip = _add_moved(row, rows, subscriber, tier_of_group)
        elif row.kind is ChangeKind.REMOVE_GROUP:
            adds = any(other.kind is ChangeKind.ADD_GROUP and other.id not in skipped for other in pending)
            if not (row.needs_add and adds):
                skip = _remove_moved(row, subscriber, tiers, tier_of_group, added=added)
            elif row.target not in (subscriber.group_ids or ()):
                skip = _skip(row, ChangeOutcome.STANDS_ALREADY)
        if skip is not None:
            skipped[row.id] = skip
    return Recheck(skipped)


def _skip(row: LedgerRow, outcome: ChangeOutcome, detail: str = "") -> RowResult:
    return RowResult(row.id, ChangeState.SKIPPED, outcome, detail)


def _field_moved(row: LedgerRow, subscriber: Subscriber) -> RowResult | None:
    now = subscriber.fields.get(row.target)
    if same_value(now, row.after):
        return _skip(row, ChangeOutcome.STANDS_ALREADY)
    if not same_value(now, row.before):
        return _skip(row, ChangeOutcome.FIELD_CHANGED, str(now or ""))
    return None


def _add_moved(
    row: LedgerRow, rows: Sequence[LedgerRow], subscriber: Subscriber, tier_of_group: Mapping[str, Tier]
) -> RowResult | None:
    """A move starts from the tiers it removes; a placing starts from none."""
    groups = subscriber.group_ids or frozenset()
    if row.target not in tier_of_group:
        return _skip(row, ChangeOutcome.GROUP_GONE)
    if row.target in groups:
        return _skip(row, ChangeOutcome.STANDS_ALREADY)
    expected = {other.target for other in rows if other.kind is ChangeKind.REMOVE_GROUP and other.needs_add}
    present = {group for group in groups if group in tier_of_group}
    return None if present == expected else _overtaken(row, tiers_of(subscriber, tier_of_group))


def _remove_moved(
    row: LedgerRow, subscriber: Subscriber, tiers: frozenset[Tier], tier_of_group: Mapping[str, Tier], *, added: bool
) -> RowResult | None:
    """A remove needs one tier that stays: the one its own add gave, or one that was there before, and that alone.

    A lower tier goes beside a purchased one; a purchased one, after a refund, beside a lower one.
    """
    if row.target not in (subscriber.group_ids or ()):
        return _skip(row, ChangeOutcome.STANDS_ALREADY)
    goes = tier_of_group.get(row.target)
    stays = [tier for tier in tiers if goes is not None and tier.purchased is not goes.purchased]
    if len(stays) == 1:
        return None
    if row.needs_add and not added and not stays:
        return _skip(row, ChangeOutcome.ADD_NOT_APPLIED)
    return _overtaken(row, tiers)


def _overtaken(row: LedgerRow, tiers: frozenset[Tier]) -> RowResult:
    return _skip(row, ChangeOutcome.OVERTAKEN, join_tiers(tiers))
