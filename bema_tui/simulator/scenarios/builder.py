"""What the parts of the data set share while it is built."""

from __future__ import annotations

import random

import attrs

from bema_tui.simulator.scenarios.label import Label
from bema_tui.simulator.scenarios.order_drafts import OrderDraft, OrderDrafts
from bema_tui.simulator.world.records import Subscriber
from bema_tui.simulator.world.world import World


@attrs.frozen
class PurchaseFieldValue:
    """A purchase field that is filled once the order has its number."""

    subscriber: Subscriber
    """Whose field it is."""
    field_key: str
    """The key of the field."""
    draft: OrderDraft
    """The order whose number the field gets."""
    by_row_id: bool
    """Whether the field gets the order's row id; else its number."""


@attrs.define
class Builder:
    """A data set that is being built."""

    world: World
    """The account and the shop that are filled."""
    rng: random.Random
    """Where every draw comes from: the order of the draws decides what a seed gives."""
    label: Label
    """The products, groups and fields that the subscribers and orders are about."""
    orders: OrderDrafts
    """The orders so far."""
    subscribers: list[Subscriber] = attrs.Factory(list)
    """In the order of their ids."""
    _field_values: list[PurchaseFieldValue] = attrs.Factory(list)

    def set_purchase_field(
        self, subscriber: Subscriber, field_key: str, draft: OrderDraft, *, by_row_id: bool = False
    ) -> None:
        """Fills the field as soon as the order has its number."""
        self._field_values.append(PurchaseFieldValue(subscriber, field_key, draft, by_row_id))

    def fill_purchase_fields(self) -> None:
        """Must be called when all orders have their numbers."""
        for value in self._field_values:
            order = value.draft.order
            assert order is not None
            value.subscriber.values[value.field_key] = order.row_id if value.by_row_id else order.number
