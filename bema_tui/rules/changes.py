"""Turns a decision about one member into the planned writes, in the order in which they are safe."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from bema_tui.field_values import canonical
from bema_tui.model import Cause, ChangeKind, PlannedChange, Purpose, SubscriberStatus, Tier
from bema_tui.rules.records import CampaignContext, Member, Step


def movable(context: CampaignContext, member: Member) -> bool:
    """Whether this member's groups may be changed at all. Domain rules, section 6, consent."""
    return member.status is SubscriberStatus.ACTIVE or context.rules.move_inactive


def hold_back(context: CampaignContext, step: Step, *, otherwise: Purpose) -> Step:
    """Returns the step, or one without moves if they may not be made now: a group is missing, or a read shrank.

    A move waits as a whole: an add whose remove is dropped would leave two tiers.
    """
    tiers = (*step.remove, *([step.add] if step.add else []))
    if (context.shrank and step.remove) or not all(context.has_group(tier) for tier in tiers):
        return Step(otherwise)
    return step


def without_moves(changes: Sequence[PlannedChange]) -> tuple[PlannedChange, ...]:
    """What may be written for somebody whose tiers can't be said for certain: the field alone, and no taking back."""
    if any(change.cause.takes_back for change in changes):
        return ()
    alone = Purpose(Cause.FIELD_ONLY)
    return tuple(evolve(change, purpose=alone) for change in changes if change.kind is ChangeKind.SET_FIELD)


def field_change(context: CampaignContext, member: Member, after: str | None, step: Step, reason: str) -> PlannedChange:
    """The write of the purchase field; ``after`` None clears it.

    The campaign must have a writable field.
    """
    custom = context.writable_field
    assert custom is not None, "a campaign without a usable field is blocked before anything is planned"
    return PlannedChange(
        kind=ChangeKind.SET_FIELD,
        subscriber_id=member.subscriber_id,
        email=member.email,
        name=member.full_name,
        target=custom.key,
        target_name=custom.name,
        before=None if canonical(member.stored) is None else member.stored,
        after=after,
        purpose=step.purpose,
        reason=reason,
    )


def group_changes(context: CampaignContext, member: Member, step: Step, reason: str) -> tuple[PlannedChange, ...]:
    """The adds, then the removes of a step; a remove beside an add waits for the add's proof."""
    changes = []
    if step.add is not None:
        changes.append(_membership(context, member, step.add, ChangeKind.ADD_GROUP, step, reason))
    for tier in step.remove:
        remove = _membership(context, member, tier, ChangeKind.REMOVE_GROUP, step, reason)
        changes.append(evolve(remove, needs_add=step.add is not None))
    return tuple(changes)


def _membership(
    context: CampaignContext, member: Member, tier: Tier, kind: ChangeKind, step: Step, reason: str
) -> PlannedChange:
    group = context.groups[tier]
    joins = kind is ChangeKind.ADD_GROUP
    return PlannedChange(
        kind=kind,
        subscriber_id=member.subscriber_id,
        email=member.email,
        name=member.full_name,
        target=group.id,
        target_name=group.name,
        before=None if joins else group.name,
        after=group.name if joins else None,
        purpose=step.purpose,
        reason=reason,
        tier=tier,
    )
