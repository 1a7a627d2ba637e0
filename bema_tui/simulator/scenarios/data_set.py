"""Builds a world from a seed: a label with its campaigns, a mailing list of any size, and the orders of its shop."""

from __future__ import annotations

import random

from bema_tui.simulator.scenarios.assignment import assign_scenarios
from bema_tui.simulator.scenarios.builder import Builder
from bema_tui.simulator.scenarios.label import create_label
from bema_tui.simulator.scenarios.members import add_members, add_other_orders
from bema_tui.simulator.scenarios.order_drafts import OrderDrafts
from bema_tui.simulator.scenarios.orders import create_orders
from bema_tui.simulator.scenarios.subscribers import create_subscribers, join_foreign_groups
from bema_tui.simulator.settings import SimulatorSettings
from bema_tui.simulator.world.world import World


def build_world(settings: SimulatorSettings) -> World:
    """Returns the world of these settings; the same settings always give the same world."""
    world = World(settings)
    rng = random.Random(f"world {settings.seed}")  # noqa: S311 - must be repeatable
    label = create_label(world, rng)
    builder = Builder(world, rng, label, OrderDrafts(label, rng, settings.orders))
    create_subscribers(builder)
    unassigned = list(builder.subscribers)
    rng.shuffle(unassigned)
    used = assign_scenarios(builder, unassigned)
    others = sorted(unassigned[used:], key=lambda subscriber: subscriber.id)
    join_foreign_groups(builder, others)
    for plan in label.plans:
        add_members(builder, plan, others)
    add_other_orders(builder)
    create_orders(world, rng, builder.orders.drafts)
    builder.fill_purchase_fields()
    for group in world.groups.values():
        group.recount()
    return world
