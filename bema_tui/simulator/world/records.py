"""The things a simulated account and shop hold: people, groups, fields, automations, products, customers, orders."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import attrs

from bema_tui.simulator.world.label_names import TierName, read_field_name, read_group_name

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")


class SortedIds:
    """Ids in ascending order, so that a cursor is found without a scan."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = sorted(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._ids, number)
        return at < len(self._ids) and self._ids[at] == number

    def add(self, number: int) -> None:
        if not self._ids or number > self._ids[-1]:
            self._ids.append(number)
        elif number not in self:
            insort(self._ids, number)

    def discard(self, number: int) -> None:
        at = bisect_left(self._ids, number)
        if at < len(self._ids) and self._ids[at] == number:
            del self._ids[at]

    def newest(self, limit: int | None, offset: int = 0) -> list[int]:
        """Ids from the largest down, after `offset` of them; all when there is no limit."""
        end = max(0, len(self._ids) - offset)
        start = 0 if limit is None else max(0, end - limit)
        return self._ids[start:end][::-1]

    def below(self, number: int, limit: int) -> list[int]:
        """Up to `limit` ids under `number`, from the largest down."""
        end = bisect_left(self._ids, number)
        return self._ids[max(0, end - limit) : end][::-1]

    def above(self, number: int, limit: int) -> list[int]:
        """The `limit` ids next above `number`, from the largest down."""
        start = bisect_left(self._ids, number + 1)
        return self._ids[start : start + limit][::-1]


@attrs.define(eq=False)
class Subscriber:
    """A person at MailerLite. `values` holds only the fields that are set; times are UTC text."""

    id: int
    email: str
    status: str
    created_at: str
    updated_at: str
    subscribed_at: str | None
    source: str = "import"
    sent: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    ip_address: str | None = None
    unsubscribed_at: str | None = None
    opted_in_at: str | None = None
    optin_ip: str | None = None
    deleted_at: str | None = None
    forget_at: str | None = None
    values: dict[str, Any] = attrs.Factory(dict)
    groups: set[int] = attrs.Factory(set)


@attrs.define(eq=False)
class Group:
    """A group and its members by status. `counted` is what its counters show, which may be old."""

    id: int
    name: str
    created_at: str
    sent_count: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    members: dict[str, SortedIds] = attrs.Factory(lambda: {status: SortedIds() for status in STATUSES})
    counted: dict[str, int] = attrs.Factory(lambda: dict.fromkeys(STATUSES, 0))

    @property
    def tier(self) -> TierName | None:
        """The campaign tier that this group is, or None for a foreign group."""
        return read_group_name(self.name)

    def recount(self) -> None:
        self.counted = {status: len(ids) for status, ids in self.members.items()}


@attrs.define(eq=False)
class Field:
    """A custom or default field; the key never changes after creation."""

    id: int
    name: str
    key: str
    type: str
    is_default: bool = False

    @property
    def campaign(self) -> str | None:
        """The campaign whose purchase field this is, or None."""
        return read_field_name(self.name)


@attrs.define(eq=False)
class Automation:
    """An automation that starts when someone joins one of its groups."""

    id: int
    name: str
    enabled: bool
    trigger_id: int
    group_ids: list[int]
    created_at: str
    started: int = 0
    """How often somebody joined one of its groups while it was enabled: each time, mail goes out."""


@attrs.frozen
class Term:
    """A category of the shop; an artist's has a slug that ends in ``-artist``."""

    id: int
    name: str
    slug: str


@attrs.define(eq=False)
class Product:
    """A download of the shop. `amounts`: price by option name, "" for a product without options."""

    id: int
    title: str
    slug: str
    created: str
    categories: list[Term]
    amounts: dict[str, Decimal]
    status: str = "publish"
    bundle_of: list[int] = attrs.Factory(list)


@attrs.frozen
class OrderItem:
    """One line of an order; `price` is the line's total after discount with tax, `name` as sold."""

    object_id: int
    product_id: int
    quantity: int
    name: str
    price: Decimal
    price_name: str = ""


@attrs.define(eq=False)
class Order:
    """An order, or with `refund_of` the row that a refund left behind. Dates are UTC text."""

    row_id: int
    number: int
    key: str
    email: str
    status: str
    mode: str
    date_utc: str
    customer_id: int
    user_id: int
    items: list[OrderItem]
    tax: Decimal = Decimal(0)
    gateway: str = "stripe"
    transaction_id: str = ""
    fees: list[dict[str, Any]] = attrs.Factory(list)
    discounts: dict[str, Decimal] = attrs.Factory(dict)
    refund_of: int | None = None
    revision: int = 0
    """Grows with every change of the order."""

    @property
    def total(self) -> Decimal:
        return sum((item.price for item in self.items), Decimal(0)) + sum(
            (Decimal(fee["amount"]) for fee in self.fees), Decimal(0)
        )

    @property
    def subtotal(self) -> Decimal:
        bought = sum((item.price for item in self.items), Decimal(0))
        return bought - self.tax + sum(self.discounts.values(), Decimal(0))


@attrs.define(eq=False)
class Customer:
    """A customer of the shop; the e-mail is as typed first."""

    id: int
    email: str
    first_name: str
    last_name: str
    created: str
    user_id: int = 0
    second_email: str | None = None


@attrs.frozen
class Campaign:
    """What the data set meant a campaign to be; shown by the state, used by nothing else."""

    code: str
    artist: str
    album: str
    product_id: int
    field_key: str | None
