"""Members and buyers of each campaign, and the orders that no campaign is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from bema_tui.simulator.scenarios.builder import Builder
from bema_tui.simulator.scenarios.catalogue import ScenarioOrder
from bema_tui.simulator.scenarios.label import TODAY, CampaignPlan
from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES, TIER_SUFFIXES
from bema_tui.simulator.world.records import Subscriber

_TIER_SHARES = (34, 16, 22, 16, 12)
_PURCHASED_SHARES = (50, 30, 20)
_UP_TO_DATE_SHARE = 0.45
"""The share of buyers whose purchase MailerLite has already."""
_BUYERS_WITHOUT_TIER = 0.006
STRANGER = "buyer unknown to MailerLite"
"""The scenario of buyers who are no subscribers."""


def add_members(builder: Builder, plan: CampaignPlan, subscribers: list[Subscriber]) -> None:
    """Lets subscribers join a campaign; 5 to 12 % of its members buy, as far as there is room for orders."""
    rng, world, orders = builder.rng, builder.world, builder.orders
    count = len(builder.label.plans)
    share = min(0.6, 2.4 / count)
    room = orders.left * 0.7 / max(1, count - builder.label.plans.index(plan))
    rate = min(rng.uniform(0.05, 0.12), room / max(1.0, len(subscribers) * share))
    unpurchased = [plan.groups[suffix] for suffix in TIER_SUFFIXES[:5]]
    purchased = [plan.groups.get(suffix, plan.groups["GOLD_PURCHASE"]) for suffix in PURCHASED_SUFFIXES]
    for subscriber in subscribers:
        if rng.random() >= share:
            if rng.random() < _BUYERS_WITHOUT_TIER and orders.left > 0:
                orders.add(plan, subscriber.email, ScenarioOrder())
            continue
        if rng.random() >= rate or orders.left <= 0:
            world.assign(subscriber, rng.choices(unpurchased, _TIER_SHARES)[0])
        elif rng.random() < _UP_TO_DATE_SHARE and plan.field_key is not None:
            world.assign(subscriber, rng.choices(purchased, _PURCHASED_SHARES)[0])
            draft = orders.add(plan, subscriber.email, ScenarioOrder())
            builder.set_purchase_field(subscriber, plan.field_key, draft)
        else:
            world.assign(subscriber, rng.choices(unpurchased, _TIER_SHARES)[0])
            orders.add(plan, _as_typed(builder, subscriber.email), ScenarioOrder())


def _as_typed(builder: Builder, email: str) -> str:
    """Returns the e-mail as it is typed at the checkout: with a capital now and then."""
    return email.capitalize() if builder.rng.random() < 0.1 else email


def add_other_orders(builder: Builder) -> None:
    """Fills the shop up: buyers who are no subscribers, second orders, and products that are no albums."""
    rng, plans, orders = builder.rng, builder.label.plans, builder.orders
    buyers = [draft for draft in orders.drafts if draft.status == "complete" and not draft.entered_late]
    strangers = 0
    while orders.left > 0:
        chance = rng.random()
        if plans and (chance < 0.15 or strangers == 0):
            strangers += 1
            email = f"stranger{strangers}@{'Example.COM' if strangers % 4 == 0 else 'example.com'}"
            orders.add(rng.choice(plans), email, ScenarioOrder())
            builder.world.scenarios.setdefault(STRANGER, []).append(email.lower())
        elif chance < 0.25 and buyers:
            first = rng.choice(buyers)
            orders.add_other(first.email, _moment_after(builder, first.date))
        else:
            known = rng.choice(builder.subscribers).email if builder.subscribers and rng.random() < 0.6 else None
            email = known or f"visitor{rng.randrange(10_000)}@example.net"
            orders.add_other(email, _moment_after(builder, TODAY - timedelta(days=600)))


def _moment_after(builder: Builder, moment: datetime) -> datetime:
    return moment + timedelta(seconds=int((TODAY - moment).total_seconds() * builder.rng.random()))
