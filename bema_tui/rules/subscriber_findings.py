"""The findings about one subscriber, each in one sentence with its facts and one with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from bema_tui.field_values import FieldType
from bema_tui.model import Finding, FindingRule, Order, Tier
from bema_tui.rules.findings import finding
from bema_tui.rules.purchases import KnownOrder, by_age, not_settled, partly_refunded
from bema_tui.rules.records import CampaignContext, Member
from bema_tui.rules.tiers import LABEL, NO_TIER


def order_text(order: Order) -> str:
    """An order as reasons and messages name it: number, status, date (UTC)."""
    status = order.status.replace("_", " ")
    return f"order {order.number}, {status}, {_moment(order, '%Y-%m-%d %H:%M')}"


def day(order: Order) -> str:
    """The day of an order (UTC)."""
    return _moment(order, "%Y-%m-%d")


def _moment(order: Order, form: str) -> str:
    return "date unknown" if order.date_utc is None else order.date_utc.astimezone(UTC).strftime(form)


def tiers_text(tiers: Sequence[Tier]) -> str:
    """Tiers as messages name them."""
    return ", ".join(LABEL[tier] for tier in tiers)


def about(context: CampaignContext, member: Member, rule: FindingRule, message: str, advice: str) -> Finding:
    """A finding about this subscriber in this campaign."""
    return finding(rule, context.campaign.code, member.email, message, advice, member.subscriber_id)


def order_findings(
    context: CampaignContext, subject: str, orders: Sequence[KnownOrder], subscriber_id: str | None = None
) -> tuple[Finding, ...]:
    """What the buyer's listed orders say by themselves: not settled, or partly refunded."""
    code, rules = context.campaign.code, context.rules
    found = []
    waiting = [known.order for known in orders if not_settled(known, context.campaign, rules)]
    if waiting:
        message = f"The shop lists {_all(waiting)}, which does not count as a purchase."
        advice = "Settle the order in the shop; the next sync reads it again."
        found.append(finding(FindingRule.ORDER_NOT_SETTLED, code, subject, message, advice, subscriber_id))
    partial = [known.order for known in orders if partly_refunded(known, context.campaign, rules)]
    if partial:
        counts = "counts" if rules.partial_refund_counts else "does not count"
        message = f"Part of the money went back for {_all(partial)}; it {counts} as a purchase by the settings."
        advice = "Look in the shop whether the album itself was refunded; if so, refund the order in full there."
        found.append(finding(FindingRule.PARTIAL_REFUND, code, subject, message, advice, subscriber_id))
    return tuple(found)


def _all(orders: Sequence[Order]) -> str:
    return "; ".join(order_text(order) for order in sorted(orders, key=by_age))


def two_tiers(context: CampaignContext, member: Member, *, buyer: bool) -> Finding:
    """Several tiers that no rule can put in order."""
    purchase = "with a valid order" if buyer else "without a valid order"
    message = f"In {tiers_text((*member.lower, *member.bought))} at once, {purchase}; nobody is moved."
    advice = "Decide which tier is right and take the person out of the others in MailerLite."
    return about(context, member, FindingRule.TWO_TIERS, message, advice)


def drift(context: CampaignContext, member: Member, *, buyer: bool) -> Finding | None:
    """Somebody changed what the ledger says, or took a known buyer out of every tier; None if all is as it was."""
    now = tiers_text((*member.lower, *member.bought)) or NO_TIER
    placed = member.placed_by_us
    # Out of a lower tier, where a refund leads, MailerLite's automations move subscribers by themselves.
    if placed is not None and placed.purchased and placed not in member.tiers:
        message = f"We put this person in {LABEL[placed]}, and now they are in {now}."
    elif buyer and not member.tiers and member.known_to_campaign:
        message = f"A buyer known to {context.campaign.code} before is in none of its groups that are in use."
    else:
        return None
    advice = (
        "Find out who moved the person; put them back in MailerLite if it was a mistake; else there is nothing to do."
    )
    return about(context, member, FindingRule.DRIFT, message, advice)


def wood_purchase(context: CampaignContext, member: Member, order: Order) -> Finding:
    """A buyer in wood: the rules do not say where to."""
    message = f"Bought ({order_text(order)}) while in Wood; the field names the order, the person stays in Wood."
    advice = "Move the person to a purchased tier in MailerLite if they should get the buyers' e-mails."
    return about(context, member, FindingRule.WOOD_PURCHASE, message, advice)


def number_does_not_fit(context: CampaignContext, member: Member, order: Order) -> Finding:
    """The order's number can't stand in the purchase field."""
    custom = context.field
    name, kind = (custom.name, custom.type) if custom else (context.campaign.code, FieldType.NUMBER)
    message = f"The order number {order.number!r} cannot stand in {name}, a {kind} field; nothing is planned for it."
    advice = "Replace the purchase field by one of type text with the same name, then sync again."
    return about(context, member, FindingRule.ORDER_NUMBER_UNFIT, message, advice)
