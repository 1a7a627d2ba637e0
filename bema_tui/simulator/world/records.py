"""The records of the simulated account and shop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from bema_tui.simulator.world.label_names import TierName, read_field_name, read_group_name
from bema_tui.simulator.world.sorted_ids import SortedIds

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")


@attrs.define(eq=False)
class Subscriber:
    """A subscriber at MailerLite, in the words of its API. Times are UTC text."""

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
    """None: not deleted."""
    forget_at: str | None = None
    """When a subscriber that was forgotten ends for good."""
    values: dict[str, Any] = attrs.Factory(dict)
    """Field values by key, without those that are not set."""
    groups: set[int] = attrs.Factory(set)
    """The ids of its groups."""


@attrs.define(eq=False)
class Group:
    """A group of MailerLite."""

    id: int
    name: str
    created_at: str
    sent_count: int = 0
    opens_count: int = 0
    clicks_count: int = 0
    members: dict[str, SortedIds] = attrs.Factory(lambda: {status: SortedIds() for status in STATUSES})
    """The ids of its subscribers by status."""
    counted: dict[str, int] = attrs.Factory(lambda: dict.fromkeys(STATUSES, 0))
    """What its counters show by status; they may be old."""

    @property
    def tier(self) -> TierName | None:
        """The campaign's tier that this group is; None: a foreign group."""
        return read_group_name(self.name)

    def recount(self) -> None:
        """Brings the counters up to date."""
        self.counted = {status: len(ids) for status, ids in self.members.items()}


@attrs.define(eq=False)
class Field:
    """A custom or default field of MailerLite."""

    id: int
    name: str
    key: str
    """It never changes after the creation."""
    type: str
    is_default: bool = False

    @property
    def campaign(self) -> str | None:
        """The code of the campaign whose purchase field this is; None: another field."""
        return read_field_name(self.name)


@attrs.define(eq=False)
class Automation:
    """An automation that starts when a subscriber joins one of its groups."""

    id: int
    name: str
    enabled: bool
    trigger_id: int
    group_ids: list[int]
    created_at: str
    started: int = 0
    """How often a subscriber joined one of its groups while it was enabled: each time, mail goes out."""


@attrs.frozen
class Term:
    """A category of the shop's products."""

    id: int
    name: str
    slug: str
    """It ends in ``-artist`` for the category of an artist."""


@attrs.define(eq=False)
class Product:
    """A download of the shop."""

    id: int
    title: str
    slug: str
    created: str
    categories: list[Term]
    prices: dict[str, Decimal]
    """Prices by option; the option of a product without options is ""."""
    status: str = "publish"
    bundle_of: list[int] = attrs.Factory(list)
    """The ids of the products that it bundles."""


@attrs.frozen
class OrderItem:
    """One line of an order."""

    object_id: int
    product_id: int
    quantity: int
    name: str
    """The product's title when it was sold."""
    price: Decimal
    """The line's total after the discount, with tax."""
    price_name: str = ""
    """The price option; "": none."""


@attrs.define(eq=False)
class Order:
    """An order of the shop, or the row that a refund left behind. Dates are UTC text."""

    row_id: int
    """What `id=` takes."""
    number: int
    """What the shop shows as `ID`."""
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
    """The row id of the order that this row refunds; None: an order."""
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
    """A customer of the shop."""

    id: int
    email: str
    """As typed with the first order."""
    first_name: str
    last_name: str
    created: str
    user_id: int = 0
    second_email: str | None = None


@attrs.frozen
class Campaign:
    """What the data set meant a campaign to be; the state shows it, nothing else uses it."""

    code: str
    artist: str
    album: str
    product_id: int
    field_key: str | None
    """The key of its purchase field; None: it has none."""
