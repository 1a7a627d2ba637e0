"""Which orders count for a campaign, which of them the purchase field names, and how. Domain rules, section 4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import frozen

from bema_tui.field_values import FieldType, FieldValue, canonical, same_value
from bema_tui.model import Campaign, Order, OrderIdentity, OrderStatus
from bema_tui.rules.choices import Rules

Aliases = Mapping[str, OrderIdentity]
"""A stored field value that is a row id of the old plugin → the order that the shop has under it."""
NO_ALIASES: Final[Aliases] = MappingProxyType({})

NOT_SETTLED: Final = frozenset({OrderStatus.REVOKED, OrderStatus.ON_HOLD})
"""Listed by the shop, and no purchase."""
LISTED: Final = (OrderStatus.COMPLETE, OrderStatus.PARTIALLY_REFUNDED, *sorted(NOT_SETTLED))
"""The statuses under which the shop lists an order."""
LIVE: Final = "live"

_LAST: Final = datetime.max.replace(tzinfo=UTC)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")


def counting_statuses(*, partial: bool) -> tuple[OrderStatus, ...]:
    """Return the statuses with which an order is a purchase; one refunded in part only where ``partial`` is set."""
    return (OrderStatus.COMPLETE, OrderStatus.PARTIALLY_REFUNDED) if partial else (OrderStatus.COMPLETE,)


@frozen
class KnownOrder:
    """An order of the store. One that is not listed carries the last status known, which may be that of a look-up."""

    order: Order
    """The order as it was shown last."""
    listed: bool
    """Whether the shop's latest reads prove that it is in the list (a complete full read, or a recent read since)."""


@frozen
class Choice:
    """The order that the purchase field names."""

    order: Order
    """The order."""
    keep: bool
    """Whether the field's present value stands for this order already."""
    why: str
    """How it was chosen."""


def holds_product(order: Order, campaign: Campaign, *, free: bool) -> bool:
    """Whether an item of the order is one of the campaign's products, with a price unless ``free`` ones count."""
    return any(item.product_id in campaign.product_ids and (free or item.price > Decimal(0)) for item in order.items)


def could_count(order: Order, campaign: Campaign, rules: Rules) -> bool:
    """Whether the order is a purchase of the campaign's album in some status: live, and paid unless free ones count."""
    return order.mode == LIVE and holds_product(order, campaign, free=rules.count_free_orders)


def _counts_by_item(known: KnownOrder, campaign: Campaign, rules: Rules) -> bool:
    return known.listed and could_count(known.order, campaign, rules)


def is_valid(known: KnownOrder, campaign: Campaign, rules: Rules) -> bool:
    """Whether the order is a purchase of the campaign's album."""
    counting = counting_statuses(partial=rules.partial_refund_counts)
    return known.order.status in counting and _counts_by_item(known, campaign, rules)


def not_settled(known: KnownOrder, campaign: Campaign, rules: Rules) -> bool:
    """Whether the shop lists the order for this campaign as revoked or on hold."""
    return known.order.status in NOT_SETTLED and _counts_by_item(known, campaign, rules)


def partly_refunded(known: KnownOrder, campaign: Campaign, rules: Rules) -> bool:
    """Whether the shop lists the order for this campaign as partly refunded, counted or not."""
    return known.order.status == OrderStatus.PARTIALLY_REFUNDED and _counts_by_item(known, campaign, rules)


def writable_number(number: str, field_type: str = FieldType.NUMBER) -> str | None:
    """The text to write into the purchase field for an order's ``ID``; None when the field cannot hold it.

    A number field takes digits only, no leading zero, at most 15; a text field any ID; no field ever 0.
    """
    if field_type == FieldType.TEXT:
        return number if canonical(number) is not None else None
    if field_type == FieldType.NUMBER and _NUMBER.fullmatch(number):
        return number
    return None


def named_by(orders: Iterable[KnownOrder], value: str, aliases: Aliases) -> list[KnownOrder]:
    """The orders that a stored value, in the form that values compare in, names: by number, or by an old row id."""
    alias = aliases.get(value)
    return [
        known
        for known in orders
        if same_value(known.order.number, value) or (alias is not None and known.order.identity.same_order(alias))
    ]


def by_age(order: Order) -> tuple[datetime, str, str]:
    """The sort key of orders: date, then payment key, then number; an order without a known date comes last."""
    return order.date_utc or _LAST, order.key, order.number


def since(order: Order, start: datetime | None) -> bool:
    """Whether the order is known to be no older than ``start``; without a start every order is."""
    return start is None or (order.date_utc is not None and order.date_utc >= start)


def choose(valid: Iterable[Order], stored: FieldValue, aliases: Aliases = NO_ALIASES) -> Choice | None:
    """The order for the purchase field among one subscriber's valid orders; None when there is none.

    Args:
        valid: the subscriber's valid orders for the campaign.
        stored: what the field holds now.
        aliases: stored values that the shop was asked about.
    """
    ranked = sorted(valid, key=by_age)
    if not ranked:
        return None
    value = canonical(stored)
    if value is not None:
        for order in ranked:
            if same_value(order.number, value):
                return Choice(order, keep=True, why="the order the field names")
        named = aliases.get(value) or aliases.get(str(stored))
        for order in ranked:
            if named is not None and order.identity.same_order(named):
                return Choice(order, keep=True, why=f"the field names it by its old row id {value}")
    return Choice(ranked[0], keep=False, why="earliest valid order")
