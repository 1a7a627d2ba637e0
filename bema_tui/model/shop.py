"""What the shop holds: orders and products."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from attrs import Factory, field, frozen

from bema_tui.emails import key_of


class OrderStatus(StrEnum):
    """The shop's words for an order that the rules know; an order may carry another. Domain rules, section 4."""

    COMPLETE = "complete"
    """It is paid."""
    PARTIALLY_REFUNDED = "partially_refunded"
    """A part of the money went back."""
    REFUNDED = "refunded"
    """All of the money went back; the shop does not list it any more."""
    REVOKED = "revoked"
    """The shop took it back; it lists it still."""
    ON_HOLD = "on_hold"
    """The shop holds it back; it lists it."""


@frozen
class OrderItem:
    """One line of an order."""

    product_id: str
    """What a campaign is known by."""
    name: str
    """The product's name as it was sold; nothing is decided by it."""
    price: Decimal
    """The line's total after discount, with tax."""


class OrderIdentity(NamedTuple):
    """What tells an order from every other: key and date; where two have both in common, the number as well."""

    key: str
    """The payment key, which a renewal shares with the order that it renews."""
    date_utc: datetime | None
    """When it was made; None where the shop does not know it."""
    number: str
    """The shop's ``ID``. Its numbering may change, so another number does not make another order by itself."""

    def same_order(self, other: OrderIdentity) -> bool:
        """Whether both are of one order, as far as key and date say."""
        return (self.key, self.date_utc) == (other.key, other.date_utc)


@frozen
class Order:
    """An order as the shop shows it."""

    key: str
    """The payment key, which a renewal shares with the order that it renews."""
    number: str
    """The ``ID`` that people see, and that the purchase field holds."""
    email: str
    """The buyer's e-mail as typed."""
    status: str
    """The shop's word: ``complete``, ``partially_refunded``, ``refunded``, ``revoked``, ``on_hold`` or another."""
    mode: str
    """``live``; anything else is a test."""
    date_utc: datetime | None
    """When it was made; None where the shop does not know it."""
    total: Decimal
    """The whole amount; negative for a row that is a refund. 0 where it can't be read."""
    items: tuple[OrderItem, ...]
    """What was bought."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing. Domain rules, section 4."""

    @property
    def identity(self) -> OrderIdentity:
        """Which order this is. Domain rules, section 4."""
        return OrderIdentity(self.key, self.date_utc, self.number)


@frozen
class Product:
    """A shop product."""

    id: str
    """The shop's id, of digits."""
    title: str
    """Its name in the shop: of an album, the album's."""
    created: datetime | None
    """When it was made, in the shop's local time though labelled UTC: good for a year, and for no more."""
    categories: tuple[tuple[str, str], ...] = ()
    """Slug and name of each; the slug of an artist ends in ``-artist``."""
