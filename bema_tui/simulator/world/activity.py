"""Changes that happen to the shop and the account by themselves: a new order, an automation that demotes."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES
from bema_tui.simulator.world.records import Group, Order, OrderItem, Subscriber
from bema_tui.simulator.world.world import World, now_text

_NEXT_TIER = {"OPT-IN": "SILVER", "GOLD": "SILVER", "SILVER": "BRONZE", "BRONZE": "WOOD"}


def new_order(world: World, wanted: dict[str, Any]) -> Order:
    """A new order; needs `email` and `product`, takes price, status, mode, date_utc and key."""
    row_id = max(world.orders, default=0) + 1
    product = int(wanted["product"])
    title = world.products[product].title if product in world.products else "Withdrawn"
    item = OrderItem(row_id * 10, product, 1, title, Decimal(str(wanted.get("price", "9.99"))))
    made = Order(
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
    world.add_order(made)
    return made


def demote_someone(world: World, rng: random.Random, *, spares_buyers: bool = True) -> bool:
    """Moves an active member one tier down, as MailerLite's automations do; says whether there was one.

    `spares_buyers`: nobody who has a purchased tier of the campaign already.
    """
    for group in rng.sample(sorted(world.groups.values(), key=lambda group: group.id), len(world.groups)):
        lower = tier_below(world, group)
        if lower is None:
            continue
        members = [world.subscribers[number] for number in group.members["active"].newest(None)]
        fitting = [person for person in members if not (spares_buyers and _bought(world, person, group))]
        if fitting:
            person = rng.choice(fitting)
            with world.by_others():
                world.unassign(person, group.id)
                world.assign(person, lower.id)
            return True
    return False


def tier_below(world: World, group: Group) -> Group | None:
    """The group that automations move people of a group to; None for the lowest, and for purchased ones."""
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


def _bought(world: World, person: Subscriber, group: Group) -> bool:
    """Whether a person has a purchased tier of the group's campaign: automations leave those alone."""
    own = world.tier_of(group.id)
    tiers = [world.tier_of(number) for number in person.groups]
    return own is not None and any(
        tier is not None and tier.campaign == own.campaign and tier.suffix in PURCHASED_SUFFIXES for tier in tiers
    )
