"""Subscribers who are marked as buyers and have no valid order: what is proved, and what may be taken back.

Domain rules, section 4, refunds. Only the status ``refunded`` of the very order is a reason to write.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from bema_tui.field_values import canonical
from bema_tui.model import Cause, Finding, FindingRule, Order, OrderStatus, PlannedChange, Purpose, Tier
from bema_tui.rules.changes import field_change, group_changes, hold_back, movable
from bema_tui.rules.purchases import (
    Aliases,
    KnownOrder,
    by_age,
    could_count,
    holds_product,
    named_by,
    not_settled,
    partly_refunded,
)
from bema_tui.rules.records import CampaignContext, Member, Outcome, Step
from bema_tui.rules.subscriber_findings import about, day, order_text, two_tiers
from bema_tui.rules.tiers import purchased_tier, tier_before
from bema_tui.rules.traces import tier_text, trace_text

_LOOK = "Look the order up in the shop; clear the mark by hand only if the purchase is really gone."
_TAKE_BACK = (
    'To take the purchase back, set on_refund = "revert" and sync again, or do it by hand in MailerLite; leave this if '
    "they bought again with another e-mail."
)
_PROVE = "Find the order in the shop by the person's other e-mails; leave this if the purchase is real."


@frozen
class Evidence:
    """What is known about the purchase that somebody is marked with."""

    rule: FindingRule | None
    """The finding that says it; None: another finding says it already."""
    message: str = ""
    """What is so, in one sentence."""
    advice: str = ""
    """What to do about it."""
    order: Order | None = None
    """The order that it is about."""


def without_purchase(
    context: CampaignContext, member: Member, orders: Sequence[KnownOrder], aliases: Aliases
) -> Outcome:
    """What to say about, and perhaps take back from, somebody without a valid order."""
    plain = len(member.lower) > 1 or len(member.bought) > 1
    marked = canonical(member.stored) is not None or bool(member.bought)
    if not marked or not context.proves_absence(member.email_key):
        return Outcome(findings=(two_tiers(context, member, buyer=False),) if plain else ())
    evidence = _evidence(context, member, orders, aliases)
    changes: tuple[PlannedChange, ...] = ()
    message = evidence.message
    if evidence.rule is FindingRule.REFUNDED_PURCHASE and evidence.order is not None:
        changes = _revert(context, member, evidence.order)
        message += f"; {_action(context, member, changes)}."
    findings: list[Finding] = []
    if evidence.rule is not None:
        findings.append(about(context, member, evidence.rule, message, evidence.advice))
    if plain or (member.lower and member.bought and not changes):
        findings.append(two_tiers(context, member, buyer=False))
    return Outcome(changes, tuple(findings))


def _evidence(context: CampaignContext, member: Member, orders: Sequence[KnownOrder], aliases: Aliases) -> Evidence:
    value = canonical(member.stored)
    if value is None:
        mine = [known for known in orders if _is_mine(context, member, known.order)]
        return _judge(context, mine) if mine else _unproven(tier_text(context, member))
    named = named_by(orders, value, aliases)
    if not named:
        return _unproven(trace_text(context, member, value))
    mine = [known for known in named if _is_mine(context, member, known.order)]
    if mine:
        return _judge(context, mine)
    if all(known.order.email_key != member.email_key for known in named):
        return _unproven(f"Marked with order {value}, which the shop shows for {named[0].order.email}.")
    return _unproven(f"Marked with order {value}, which holds no product of {context.campaign.code}.")


def _is_mine(context: CampaignContext, member: Member, order: Order) -> bool:
    return order.email_key == member.email_key and holds_product(order, context.campaign, free=True)


def _unproven(message: str) -> Evidence:
    return Evidence(FindingRule.PURCHASE_UNPROVEN, message, _PROVE)


def _judge(context: CampaignContext, mine: Sequence[KnownOrder]) -> Evidence:
    """The finding for somebody's own orders of the campaign, none of which is valid."""
    ranked = sorted(mine, key=lambda known: by_age(known.order))
    # Plugins can make the shop list refunded orders too; the status is as positive there as it is by the key.
    listed = [known for known in ranked if known.listed and known.order.status != OrderStatus.REFUNDED]
    if listed:
        said = any(
            not_settled(known, context.campaign, context.rules)
            or partly_refunded(known, context.campaign, context.rules)
            for known in listed
        )
        if said:
            return Evidence(None)
        return _unproven(f"Marked as a buyer, but {order_text(listed[0].order)}, is a test, a free or an unpaid order.")
    purchases = [known.order for known in ranked if could_count(known.order, context.campaign, context.rules)]
    if not purchases:
        return _unproven(f"Marked as a buyer, but {order_text(ranked[0].order)}, was a test or a free order.")
    gone = [order for order in purchases if order.status != OrderStatus.REFUNDED]
    if gone:
        message = f"The shop does not list {order_text(gone[0])} (last status known) any more."
        return Evidence(FindingRule.ORDER_GONE, message, _LOOK)
    order = purchases[0]
    message = f"Marked as a buyer, and order {order.number} of {day(order)} was refunded in full"
    advice = (
        _TAKE_BACK if context.rules.on_refund != "revert" else "Leave this if they bought again with another e-mail."
    )
    return Evidence(FindingRule.REFUNDED_PURCHASE, message, advice, order)


def _revert(context: CampaignContext, member: Member, order: Order) -> tuple[PlannedChange, ...]:
    """The inverse of the purchase, if the settings want it and no read shrank."""
    if context.rules.on_refund != "revert" or context.shrank:
        return ()
    step = _step_back(context, member)
    if step is None:
        return ()
    reason = order_text(order)
    field: tuple[PlannedChange, ...] = ()
    if canonical(member.stored) is not None:
        field = (field_change(context, member, None, step, reason),) if context.writable_field else ()
    return (*field, *group_changes(context, member, step, reason))


def _action(context: CampaignContext, member: Member, changes: Sequence[PlannedChange]) -> str:
    """What becomes of a refunded purchase, in words."""
    if context.rules.on_refund != "revert":
        return "no run changes this by itself"
    if context.writable_field is None:
        return "nothing is taken back while the campaign has no usable purchase field"
    if context.shrank:
        return "nothing is taken back, for a read was not whole or shrank"
    if not changes:
        return "it is not taken back, for the person is in several tiers"
    groups = "" if movable(context, member) else f"; the groups stay, for the person is {member.status}"
    return f"taking it back waits for a yes of its own{groups}"


def _step_back(context: CampaignContext, member: Member) -> Step | None:
    """Where the refund leads; None when the subscriber's tiers allow no answer."""
    if len(member.bought) > 1 or len(member.lower) > 1:
        return None
    stays: Tier | None = next(iter((*member.bought, *member.lower)), None)
    if not movable(context, member):
        return Step(Purpose(Cause.REFUND_NOT_ACTIVE))
    left_there = Purpose(Cause.REFUND, to_tier=stays)
    if not member.bought:
        return Step(left_there)
    source = member.bought[0]
    # The ledger may speak of another move than the one that led here.
    known = member.before_purchase
    back = known if known is not None and purchased_tier(known) is source else tier_before(source)
    if member.lower and member.lower != (back,):
        return None
    add = None if member.lower else back
    step = Step(Purpose(Cause.REFUND, to_tier=back), add=add, remove=(source,))
    return hold_back(context, step, otherwise=left_there)
