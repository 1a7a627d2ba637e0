"""Puts subscribers into scenarios."""

from __future__ import annotations

from bema_tui.simulator.scenarios.builder import Builder
from bema_tui.simulator.scenarios.catalogue import RENEWAL_SCENARIOS, SCENARIOS, Email, FieldHolds, Scenario
from bema_tui.simulator.scenarios.label import CampaignPlan
from bema_tui.simulator.scenarios.order_drafts import OrderDraft
from bema_tui.simulator.world.records import Subscriber

_WRONG_NUMBER = 99_999_999
_MOST_REPEATED = 0.1
"""Scenarios are repeated up to this share of the subscribers."""


def assign_scenarios(builder: Builder, subscribers: list[Subscriber]) -> int:
    """Puts subscribers into every scenario, once at least and again while there are many.

    Returns how many of the subscribers it used, from the first on.
    """
    plans = builder.label.plans
    scenarios = SCENARIOS + (RENEWAL_SCENARIOS if builder.world.settings.renewals else ())
    used = 0
    for turn in range(len(plans)):
        if turn and used > len(subscribers) * _MOST_REPEATED:
            break
        for place, scenario in enumerate(scenarios):
            turned = [plans[(place + turn + step) % len(plans)] for step in range(len(plans))]
            plan = next((plan for plan in turned if _fits(builder, scenario, plan)), None)
            if used < len(subscribers) and plan is not None:
                _apply(builder, scenario, plan, subscribers[used])
                used += 1
    return used


def _fits(builder: Builder, scenario: Scenario, plan: CampaignPlan) -> bool:
    """Returns whether a campaign has the field and the groups of a scenario, and there is room for its orders."""
    has_field = scenario.field is None or plan.field_key is not None
    has_room = len(scenario.orders) <= builder.orders.left
    return has_field and has_room and all(tier in plan.groups for tier in scenario.tiers)


def _apply(builder: Builder, scenario: Scenario, plan: CampaignPlan, subscriber: Subscriber) -> None:
    world = builder.world
    world.set_status(subscriber, scenario.status)
    if scenario.full_name is not None:
        subscriber.values |= dict(zip(("name", "last_name"), scenario.full_name, strict=True))
    email = _email_at_mailerlite(scenario.email, subscriber.email)
    if email != subscriber.email:
        world.set_email(subscriber, email)
    for tier in scenario.tiers:
        world.assign(subscriber, plan.groups[tier])
    if scenario.in_foreign_groups:
        for group_id in builder.label.foreign_groups[:2]:
            world.assign(subscriber, group_id)
        for other in builder.label.plans:
            if other is not plan:
                world.assign(subscriber, other.groups["OPT-IN"])
    email_in_shop = _email_in_shop(scenario.email, subscriber.email)
    drafts: list[OrderDraft] = []
    for wanted in scenario.orders:
        drafts.append(builder.orders.add(plan, email_in_shop, wanted, drafts[-1] if drafts else None))
    _set_purchase_field(builder, scenario.field, plan, subscriber, drafts)
    world.scenarios.setdefault(scenario.name, []).append(subscriber.email)


def _email_at_mailerlite(form: Email, email: str) -> str:
    local, _, domain = email.partition("@")
    if form is Email.APOSTROPHE:
        return f"o'{local}@{domain}"
    if form is Email.PLUS:
        return f"{local}+shop@{domain}"
    if form is Email.DOUBLE_DOT:
        return f"{local}..{local}@{domain}"
    return email


def _email_in_shop(form: Email, email: str) -> str:
    if form is Email.ODD_IN_SHOP:
        return f" {email.title()} "
    if form is Email.MISTYPED_IN_SHOP:
        return email.replace("@", "@mistyped.")
    return email


def _set_purchase_field(
    builder: Builder, holds: FieldHolds | None, plan: CampaignPlan, subscriber: Subscriber, drafts: list[OrderDraft]
) -> None:
    if holds is None or plan.field_key is None:
        return
    if holds is FieldHolds.WRONG_NUMBER:
        subscriber.values[plan.field_key] = _WRONG_NUMBER
    elif holds is FieldHolds.SECOND_NUMBER:
        builder.set_purchase_field(subscriber, plan.field_key, drafts[1])
    else:
        by_row_id = holds is FieldHolds.FIRST_ROW_ID
        builder.set_purchase_field(subscriber, plan.field_key, drafts[0], by_row_id=by_row_id)
