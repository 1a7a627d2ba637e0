"""What other people and automations do meanwhile: buy, refund, correct an e-mail, move a subscriber down a tier."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES
from bema_tui.simulator.world.records import Group, Order, OrderItem, Subscriber
from bema_tui.simulator.world.times import now_text
from bema_tui.simulator.world.world import World

_NEXT_TIER = {"OPT-IN": "SILVER", "GOLD": "SILVER", "SILVER": "BRONZE", "BRONZE": "WOOD"}


def create_order(world: World, wanted: dict[str, Any]) -> Order:
    """Adds an order; `wanted` needs `email` and `product`, and may have price, status, mode, date_utc and key."""
    row_id = max(world.orders, default=0) + 1
    product = int(wanted["product"])
    title = world.products[product].title if product in world.products else "Withdrawn"
    item = OrderItem(row_id * 10, product, 1, title, Decimal(str(wanted.get("price", "9.99"))))
    order = Order(
        row_id,
        max((known.number for known in world.orders.values()), default=0) + 1,
        wanted.get("key") or f"{row_id:032x}",
        wanted["email"],
        wanted.get("status", "complete"),
        wanted.get("mode", "live"),
        wanted.get("date_utc") or now_text(),
        0,
        0,
        [item],
    )
    world.add_order(order)
    return order


def sell_to_stranger(world: World, number: int) -> bool:
    """Adds an order of somebody unknown to MailerLite, so that the right outcome of a sync stays the same.

    Returns whether there was a product to buy.
    """
    product = next((product.id for product in world.products.values() if product.status == "publish"), None)
    if product is None:
        return False
    create_order(world, {"email": f"late.fan{number}@example.com", "product": product})
    return True


def refund_recent_order(world: World, rng: random.Random, among: int) -> bool:
    """Refunds a complete order among so many of the newest in the list. Returns whether there was one."""
    complete = _recent_complete_orders(world, among)
    if complete:
        world.set_order_status(rng.choice(complete), "refunded")
    return bool(complete)


def correct_email_of_recent_order(world: World, rng: random.Random, among: int) -> bool:
    """Changes the e-mail of a complete order among so many of the newest in the list. Returns whether there was one."""
    complete = _recent_complete_orders(world, among)
    if complete:
        order = rng.choice(complete)
        world.set_order_email(order, f"corrected.{order.email.strip().lower()}")
    return bool(complete)


def _recent_complete_orders(world: World, among: int) -> list[Order]:
    rows = [world.orders[row_id] for row_id in world.listed.newest(among)]
    return [order for order in rows if order.status == "complete"]


def demote_random_member(world: World, rng: random.Random, *, spare_buyers: bool = True) -> bool:
    """Moves an active member one tier down, as MailerLite's automations do. Returns whether there was one.

    `spare_buyers`: leaves out members who have a purchased tier of the campaign already.
    """
    for group in rng.sample(sorted(world.groups.values(), key=lambda group: group.id), len(world.groups)):
        lower = tier_below(world, group)
        if lower is None:
            continue
        members = [world.subscribers[number] for number in group.members["active"].newest(None)]
        candidates = [member for member in members if not (spare_buyers and _has_purchased_tier(world, member, group))]
        if candidates:
            member = rng.choice(candidates)
            with world.by_others():
                world.unassign(member, group.id)
                world.assign(member, lower.id)
            return True
    return False


def tier_below(world: World, group: Group) -> Group | None:
    """Returns the group that automations move the members of a group to; None for the lowest and the purchased ones."""
    tier = world.tier_of(group.id)
    if tier is None or tier.suffix not in _NEXT_TIER:
        return None
    wanted = (tier.campaign, _NEXT_TIER[tier.suffix])
    return next(
        (
            other
            for other in world.groups.values()
            if (known := world.tier_of(other.id)) is not None and (known.campaign, known.suffix) == wanted
        ),
        None,
    )


def _has_purchased_tier(world: World, member: Subscriber, group: Group) -> bool:
    """Returns whether a member has a purchased tier of the group's campaign."""
    own = world.tier_of(group.id)
    tiers = [world.tier_of(number) for number in member.groups]
    return own is not None and any(
        tier is not None and tier.campaign == own.campaign and tier.suffix in PURCHASED_SUFFIXES for tier in tiers
    )
