"""Compares a ledger row with a person as MailerLite shows them now. Pure; domain rules, section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from bema_tui.campaigns.purchases import same_value
from bema_tui.campaigns.tiers import LABEL
from bema_tui.model import ChangeKind, Subscriber, SubscriberStatus, Tier
from bema_tui.store.ledger import LedgerRow

GONE = "the subscriber is gone from MailerLite"


def is_shown(row: LedgerRow, person: Subscriber) -> bool:
    """Whether the person stands as the row wants it."""
    if row.kind is ChangeKind.SET_FIELD:
        return same_value(person.fields.get(row.target), row.after)
    groups = person.group_ids or frozenset()
    return (row.target in groups) is (row.kind is ChangeKind.ADD_GROUP)


@frozen
class Verdict:
    """Why rows may not be sent any more (row id → reason); rows that are not named rest on a fresh truth."""

    skipped: Mapping[int, str]


def judge_person(
    rows: Sequence[LedgerRow],
    pending: Sequence[LedgerRow],
    person: Subscriber | None,
    tier_of_group: Mapping[str, Tier],
    *,
    move_inactive: bool,
) -> Verdict:
    """Hold a person's pending rows against what they look like now.

    ``rows`` are all of the person's rows in the run: the adds that are done already explain where the person stands.
    A row whose truth moved is skipped with the reason; the others may go.
    """
    if person is None:
        return Verdict({row.id: GONE for row in pending})
    groups = person.group_ids or frozenset()
    tiers = {tier_of_group[group] for group in groups if group in tier_of_group}
    where = " and ".join(LABEL[tier] for tier in sorted(tiers, key=list(Tier).index)) or "no tier"
    inactive = person.status is not SubscriberStatus.ACTIVE and not move_inactive
    skipped: dict[int, str] = {}
    for row in pending:
        reason = ""
        if row.kind is ChangeKind.SET_FIELD:
            reason = _field_moved(row, person)
        elif inactive:
            reason = f"the subscriber is {person.status} now"
        elif row.kind is ChangeKind.ADD_GROUP:
            reason = _add_moved(row, rows, groups, tier_of_group, where)
        elif row.kind is ChangeKind.REMOVE_GROUP:
            reason = _remove_moved(row, rows, groups, tiers, tier_of_group, where)
        if reason:
            skipped[row.id] = reason
    return Verdict(skipped)


def _field_moved(row: LedgerRow, person: Subscriber) -> str:
    now = person.fields.get(row.target)
    if same_value(now, row.after):
        return "the field has this value already"
    if not same_value(now, row.before):
        return f"the field holds {now or 'nothing'} now"
    return ""


def _add_moved(
    row: LedgerRow,
    rows: Sequence[LedgerRow],
    groups: frozenset[str],
    tier_of_group: Mapping[str, Tier],
    where: str,
) -> str:
    """A move starts from the tiers it removes; a placing starts from none."""
    if row.target not in tier_of_group:
        return "the group is gone from MailerLite"
    if row.target in groups:
        return "is in the group already"
    expected = {other.target for other in rows if other.kind is ChangeKind.REMOVE_GROUP and other.needs_add}
    present = {group for group in groups if group in tier_of_group}
    if present != expected:
        return f"moved meanwhile: stands in {where} now"
    return ""


def _remove_moved(
    row: LedgerRow,
    rows: Sequence[LedgerRow],
    groups: frozenset[str],
    tiers: set[Tier],
    tier_of_group: Mapping[str, Tier],
    where: str,
) -> str:
    """A remove needs the tier that stays: the one its own add gave, or one that was there before, and that alone.

    A lower tier goes beside a purchased one; a purchased one, after a refund, beside the one that the refund leads to.
    """
    if row.target not in groups:
        return "is not in the group any more"
    if row.needs_add:
        added = [other.target for other in rows if other.kind is ChangeKind.ADD_GROUP]
        pending_add = any(other.state.value == "planned" for other in rows if other.kind is ChangeKind.ADD_GROUP)
        if not pending_add and not any(target in groups for target in added):
            return f"moved meanwhile: stands in {where} now"
        return ""
    goes = tier_of_group.get(row.target)
    stays = [tier for tier in tiers if goes is not None and tier.purchased is not goes.purchased]
    return "" if len(stays) == 1 else f"moved meanwhile: stands in {where} now"
