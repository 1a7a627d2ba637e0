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
    """The id; it never changes."""
    email: str
    """The e-mail."""
    status: str
    """One of `STATUSES`."""
    created_at: str
    """When the account got the subscriber."""
    updated_at: str
    """When the subscriber was last changed."""
    subscribed_at: str | None
    """When the subscriber joined; None: never."""
    source: str = "import"
    """How the subscriber came to the account."""
    sent: int = 0
    """How many mails were sent."""
    opens_count: int = 0
    """How many mails were opened."""
    clicks_count: int = 0
    """How many links in mails were followed."""
    ip_address: str | None = None
    """The network address that the subscriber joined from; None: not known."""
    unsubscribed_at: str | None = None
    """When the subscriber left; None: still there."""
    opted_in_at: str | None = None
    """When a double opt-in was confirmed; None: there was none."""
    optin_ip: str | None = None
    """The network address that confirmed a double opt-in; None: there was none."""
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
    """The id; it never changes."""
    name: str
    """The name, by which the program knows a tier."""
    created_at: str
    """When it was created, as UTC text."""
    sent_count: int = 0
    """How many mails were sent to it."""
    opens_count: int = 0
    """How many of them were opened."""
    clicks_count: int = 0
    """How many links in them were followed."""
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
    """The id; it never changes."""
    name: str
    """The name, by which the program knows a purchase field."""
    key: str
    """It never changes after the creation."""
    type: str
    """``text``, ``number`` or ``date``."""
    is_default: bool = False
    """Whether every account has the field; else somebody created it."""

    @property
    def campaign(self) -> str | None:
        """The code of the campaign whose purchase field this is; None: another field."""
        return read_field_name(self.name)


@attrs.define(eq=False)
class Automation:
    """An automation that starts when a subscriber joins one of its groups."""

    id: int
    """The id."""
    name: str
    """The name."""
    enabled: bool
    """Whether it acts."""
    trigger_id: int
    """The id of what starts it."""
    group_ids: list[int]
    """The ids of the groups that set it off."""
    created_at: str
    """When it was created, as UTC text."""
    started: int = 0
    """How often a subscriber joined one of its groups while it was enabled: each time, mail goes out."""


@attrs.frozen
class Term:
    """A category of the shop's products."""

    id: int
    """The id."""
    name: str
    """The name."""
    slug: str
    """It ends in ``-artist`` for the category of an artist."""


@attrs.define(eq=False)
class Product:
    """A download of the shop."""

    id: int
    """The id."""
    title: str
    """The title today."""
    slug: str
    """The last part of its URL."""
    created: str
    """When it was created, as UTC text."""
    categories: list[Term]
    """Its categories, that of its artist among them."""
    prices: dict[str, Decimal]
    """Prices by option; the option of a product without options is ""."""
    status: str = "publish"
    """``publish``, or ``draft`` while it is not sold yet."""
    bundle_of: list[int] = attrs.Factory(list)
    """The ids of the products that it bundles."""


@attrs.frozen
class OrderItem:
    """One line of an order."""

    object_id: int
    """The id of the line itself."""
    product_id: int
    """The id of the product."""
    quantity: int
    """How many copies; negative in a refund's row."""
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
    """The purchase key; a renewal has the key of the order it renews."""
    email: str
    """The e-mail as typed."""
    status: str
    """The status, in the shop's words."""
    mode: str
    """``live`` or ``test``."""
    date_utc: str
    """When it was ordered."""
    customer_id: int
    """The id of the customer."""
    user_id: int
    """The id of the customer's WordPress account; 0: a guest."""
    items: list[OrderItem]
    """Its lines."""
    tax: Decimal = Decimal(0)
    """The tax within the prices of the lines."""
    gateway: str = "stripe"
    """The way of payment."""
    transaction_id: str = ""
    """The number of the payment; "": none."""
    fees: list[dict[str, Any]] = attrs.Factory(list)
    """The fees, as the shop prints them."""
    discounts: dict[str, Decimal] = attrs.Factory(dict)
    """The amounts taken off, by discount code."""
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
    """The id."""
    email: str
    """As typed with the first order."""
    first_name: str
    """The first name."""
    last_name: str
    """The last name."""
    created: str
    """When the customer first ordered, as UTC text."""
    user_id: int = 0
    """The id of the customer's WordPress account; 0: a guest."""
    second_email: str | None = None
    """Another e-mail of the customer; None: there is none."""


@attrs.frozen
class Campaign:
    """What the data set meant a campaign to be; the state shows it, nothing else uses it."""

    code: str
    """The campaign's code."""
    artist: str
    """The name of the artist."""
    album: str
    """The title of the album."""
    product_id: int
    """The id of the album."""
    field_key: str | None
    """The key of its purchase field; None: it has none."""
