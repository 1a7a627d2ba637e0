"""One member's purchases against their tiers and their field: the changes to plan and the findings.

Domain rules, sections 3, 4 and 6. Pure: the same input gives the same outcome, and nothing is read or written.
"""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.field_values import canonical, same_value
from bema_tui.model import Cause, ChangeKind, Finding, FindingRule, Order, PlannedChange, Purpose, Tier
from bema_tui.rules.changes import field_change, group_changes, hold_back, movable
from bema_tui.rules.findings import finding
from bema_tui.rules.purchases import NO_ALIASES, Aliases, Choice, KnownOrder, choose, is_valid, since, writable_number
from bema_tui.rules.records import CampaignContext, Member, Outcome, Step
from bema_tui.rules.refunds import without_purchase
from bema_tui.rules.subscriber_findings import (
    drift,
    number_does_not_fit,
    order_findings,
    order_text,
    two_tiers,
    wood_purchase,
)
from bema_tui.rules.tiers import purchased_tier


def reconcile_member(
    context: CampaignContext,
    member: Member,
    orders: Sequence[KnownOrder],
    aliases: Aliases = NO_ALIASES,
) -> Outcome:
    """What one subscriber needs in one campaign.

    Args:
        context: the campaign, the account's groups and field, the settings, what the reads prove.
        member: the subscriber with their tiers in this campaign.
        orders: the known orders that may concern this subscriber; those of other e-mails never count as theirs.
        aliases: stored field values that the shop was asked about.

    Returns:
        Changes and findings. A campaign without a usable purchase field gets findings only: it is blocked.
    """
    own = [known for known in orders if known.order.email_key == member.email_key]
    valid = [known.order for known in own if is_valid(known, context.campaign, context.rules)]
    findings = list(order_findings(context, member.email, own, member.subscriber_id))
    moved_by_others = drift(context, member, buyer=bool(valid))
    if moved_by_others is not None:
        findings.append(moved_by_others)
    choice = choose(valid, member.stored, aliases)
    outcome = (
        without_purchase(context, member, orders, aliases) if choice is None else _buyer(context, member, valid, choice)
    )
    blocked = context.writable_field is None
    return Outcome(() if blocked else outcome.changes, (*findings, *outcome.findings))


def reconcile_unknown_buyer(
    context: CampaignContext, email_key: str, orders: Sequence[KnownOrder], *, known_before: bool = False
) -> Outcome:
    """A buyer whom the mailing service does not know: a finding, or with ``add_new_buyers`` a creation.

    Args:
        context: as for ``reconcile_member``.
        email_key: the buyer's e-mail, in the form in which equal ones are equal.
        orders: the known orders that may be theirs.
        known_before: the mailing service knew the e-mail at an earlier read; who was deleted is never created again.
    """
    own = [known for known in orders if known.order.email_key == email_key]
    valid = [known.order for known in own if is_valid(known, context.campaign, context.rules)]
    choice = choose(valid, None)
    findings = order_findings(context, email_key, own)
    if choice is None:
        return Outcome(findings=tuple(findings))
    if known_before:
        message = f"Bought ({order_text(choice.order)}); MailerLite knew the e-mail before and does not any more."
        advice = "Nothing to do if they were deleted on purpose; nobody who was deleted is added again."
        gone = finding(FindingRule.SUBSCRIBER_GONE, context.campaign.code, email_key, message, advice)
        return Outcome(findings=(*findings, gone))
    change = _creation(context, email_key, valid, choice)
    if change is not None:
        return Outcome((change,), tuple(findings))
    message = f"Bought ({order_text(choice.order)}), and MailerLite does not know the e-mail."
    advice = (
        "Not added: the order is older than the campaign, or its number or the group is missing. Add them by hand."
        if context.rules.add_new_buyers
        else "Leave it, unless the buyer agreed to e-mails: then add the person in MailerLite and sync again."
    )
    unknown = finding(FindingRule.BUYER_UNKNOWN, context.campaign.code, email_key, message, advice)
    return Outcome(findings=(*findings, unknown))


def _creation(context: CampaignContext, email: str, valid: Sequence[Order], choice: Choice) -> PlannedChange | None:
    """A new buyer, placed as an unassigned one is, if the label wants new buyers at all."""
    target = purchased_tier(None)
    custom = context.writable_field
    value = writable_number(choice.order.number, custom.type) if custom is not None else None
    wanted = context.rules.add_new_buyers and _since_start(context, valid)
    if not wanted or value is None or target is None or not context.has_group(target):
        return None
    group = context.groups[target]
    return PlannedChange(
        kind=ChangeKind.CREATE_SUBSCRIBER,
        subscriber_id="",
        email=email,
        name="",
        target=group.id,
        target_name=group.name,
        before=None,
        after=value,
        purpose=Purpose(Cause.NEW_BUYER, to_tier=target),
        reason=f"{order_text(choice.order)}, {choice.why}",
        tier=target,
    )


def _buyer(context: CampaignContext, member: Member, valid: Sequence[Order], choice: Choice) -> Outcome:
    findings = _tier_findings(context, member, choice.order)
    custom = context.writable_field
    if custom is None:
        return Outcome(findings=findings)
    keep = choice.keep or _may_name_an_unread_order(context, member)
    value = member.stored if keep else writable_number(choice.order.number, custom.type)
    if value is None:
        # The purchase cannot be marked, so the subscriber is not moved either: the move could not be explained later.
        return Outcome(findings=(*findings, number_does_not_fit(context, member, choice.order)))
    step = _step(context, member, valid)
    reason = f"{order_text(choice.order)}, {choice.why}"
    field: tuple[PlannedChange, ...] = ()
    if not same_value(value, member.stored):
        field = (field_change(context, member, value, step, reason),)
    return Outcome((*field, *group_changes(context, member, step, reason)), findings)


def _may_name_an_unread_order(context: CampaignContext, member: Member) -> bool:
    """Whether the field may name an order of this subscriber that the read could not use: then it is left as it is."""
    stored = canonical(member.stored)
    return stored is not None and context.unproved.may_be(member.email_key, stored)


def _tier_findings(context: CampaignContext, member: Member, order: Order) -> tuple[Finding, ...]:
    if len(member.bought) > 1 or (len(member.lower) > 1 and not member.bought):
        return (two_tiers(context, member, buyer=True),)
    if member.tiers == {Tier.WOOD}:
        return (wood_purchase(context, member, order),)
    return ()


def _step(context: CampaignContext, member: Member, valid: Sequence[Order]) -> Step:
    """The move that a valid purchase causes, or why there is none. Domain rules, section 3."""
    if not movable(context, member):
        return Step(Purpose(Cause.NOT_ACTIVE))
    field_only = Purpose(Cause.FIELD_ONLY)
    if member.bought:
        certain = len(member.bought) == 1 and bool(member.lower)
        step = Step(Purpose(Cause.LOWER_OFF), remove=member.lower) if certain else Step(field_only)
        return hold_back(context, step, otherwise=field_only)
    if len(member.lower) > 1 or (not member.tiers and not _may_be_placed(context, member, valid)):
        return Step(field_only)
    source = member.lower[0] if member.lower else None
    target = purchased_tier(source)
    if target is None:
        return Step(Purpose(Cause.IN_WOOD))
    purpose = Purpose(Cause.PLACED, to_tier=target) if source is None else Purpose(Cause.PURCHASE, source, target)
    return hold_back(context, Step(purpose, add=target, remove=member.lower), otherwise=field_only)


def _may_be_placed(context: CampaignContext, member: Member, valid: Sequence[Order]) -> bool:
    wanted = context.rules.place_unassigned_buyers and not member.known_to_campaign
    return wanted and _since_start(context, valid)


def _since_start(context: CampaignContext, valid: Sequence[Order]) -> bool:
    return any(since(order, context.campaign.start) for order in valid)
