"""Gives every draft of an order its row, its number and its customer."""

from __future__ import annotations

import random

import attrs

from bema_tui.simulator.scenarios.example_names import NAMES
from bema_tui.simulator.scenarios.order_drafts import OrderDraft
from bema_tui.simulator.world.records import Customer, Order, OrderItem
from bema_tui.simulator.world.world import World

_FIRST_NUMBER = 301
"""Order numbers start here and row ids at 1, so that a number is often another order's row id."""
_UNPAID = ("pending", "processing", "abandoned", "failed", "trash")


def create_orders(world: World, rng: random.Random, drafts: list[OrderDraft]) -> None:
    """Adds the orders to the shop. Refunds take rows of their own, so that row ids have gaps."""
    ordered = sorted(drafts, key=lambda draft: (draft.entered_late, draft.date))
    row_id = 0
    item_id = 0
    customers: dict[str, Customer] = {}
    for place, draft in enumerate(ordered):
        row_id += 1 if rng.random() > 0.03 else 2
        renewed = None if draft.renews is None else draft.renews.order
        customer = _customer(world, customers, draft)
        items = []
        for line in draft.lines:
            item_id += 1
            items.append(OrderItem(item_id, line.product_id, line.quantity, line.name, line.price, line.option))
        free = all(item.price == 0 for item in items)
        draft.order = Order(
            row_id,
            _FIRST_NUMBER + place,
            f"{rng.getrandbits(128):032x}" if renewed is None else renewed.key,
            draft.email,
            draft.status,
            draft.mode,
            draft.date.strftime("%Y-%m-%d %H:%M:%S"),
            customer.id,
            customer.user_id,
            items,
            gateway="manual" if free else "stripe",
            tax=draft.tax,
            transaction_id="" if free or draft.status in _UNPAID else f"pi_{rng.getrandbits(80):020x}",
            fees=draft.fees,
            discounts=draft.discounts,
        )
        world.add_order(draft.order)
        if draft.status in ("refunded", "partially_refunded"):
            row_id += 1
            world.add_order(_refund_row(draft.order, row_id, f"{rng.getrandbits(128):032x}"))


def _refund_row(order: Order, row_id: int, key: str) -> Order:
    """Returns the row that a refund leaves behind: negative, "complete", and shown by its own id alone."""
    items = [
        OrderItem(item.object_id + 500_000, item.product_id, -item.quantity, item.name, -item.price, item.price_name)
        for item in order.items
    ]
    return attrs.evolve(
        order,
        row_id=row_id,
        key=key,
        status="complete",
        items=items,
        tax=-order.tax,
        transaction_id="",
        refund_of=order.row_id,
    )


def _customer(world: World, known: dict[str, Customer], draft: OrderDraft) -> Customer:
    email = draft.email.strip().lower()
    if email not in known:
        number = len(known) + 1
        first, last, _ = NAMES[number % len(NAMES)]
        customer = Customer(number, draft.email.strip(), first, last, draft.date.strftime("%Y-%m-%d %H:%M:%S"))
        customer.user_id = number + 1 if number % 3 == 0 else 0
        customer.second_email = f"second{number}@other.example.com" if number % 20 == 0 else None
        known[email] = world.customers[number] = customer
    return known[email]
