"""The states that people of the data set are put into: at least one person for every rule of the domain."""

from __future__ import annotations

import attrs

from bema_tui.simulator.scenarios.example_names import HOSTILE_LAST_NAME, HOSTILE_NAME
from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES, TIER_SUFFIXES


@attrs.frozen
class Bought:
    """One order of a person.

    `what`: album, bundle, withdrawn, several (two campaigns and a shirt), options, copies, tax, fee, item_fee.
    """

    status: str = "complete"
    mode: str = "live"
    free: bool = False
    what: str = "album"
    late: bool = False
    """True: entered long after its date, so that it stands first in the list."""
    renews: bool = False
    """True: it carries the key of the order before it, as a renewal does."""


@attrs.frozen
class Role:
    """A state of one person in one campaign.

    `field`: the place of the order whose number the purchase field holds, ``row`` for the first order's row id,
    ``wrong`` for a number that is no order, or None. `address`: how the shop or MailerLite spells the e-mail; a
    ``typo`` is somebody else's until the order is edited.
    """

    name: str
    tiers: tuple[str, ...] = ()
    orders: tuple[Bought, ...] = ()
    field: int | str | None = None
    status: str = "active"
    address: str = "plain"
    foreign: bool = False
    called: tuple[str, str] | None = None
    """First and last name, where they matter."""


_ONE = (Bought(),)
_UNPURCHASED = TIER_SUFFIXES[:5]


def _by_tier() -> list[Role]:
    roles = [Role(f"buyer in {suffix}", (suffix,), _ONE) for suffix in _UNPURCHASED]
    roles += [Role(f"buyer in {suffix} without field", (suffix,), _ONE) for suffix in PURCHASED_SUFFIXES]
    roles += [Role(f"settled in {suffix}", (suffix,), _ONE, field=0) for suffix in PURCHASED_SUFFIXES]
    roles += [Role(f"no buyer in {suffix}", (suffix,)) for suffix in TIER_SUFFIXES]
    return roles


ROLES: tuple[Role, ...] = (
    Role("hostile name", ("GOLD",), _ONE, called=(HOSTILE_NAME, HOSTILE_LAST_NAME)),
    *_by_tier(),
    Role("unassigned buyer", (), _ONE),
    Role("two unpurchased tiers", ("GOLD", "SILVER"), _ONE),
    Role("two unpurchased tiers, no buyer", ("SILVER", "BRONZE")),
    Role("purchased and lower tier", ("GOLD_PURCHASE", "GOLD"), _ONE, field=0),
    Role("purchased and two lower tiers", ("SILVER_PURCHASE", "SILVER", "WOOD"), _ONE),
    Role("two purchased tiers", ("GOLD_PURCHASE", "SILVER_PURCHASE"), _ONE),
    *(Role(f"{s} buyer", ("GOLD",), _ONE, status=s) for s in ("unsubscribed", "bounced", "junk", "unconfirmed")),
    Role("two orders", ("SILVER",), _ONE * 2),
    Role("field holds the other order", ("GOLD_PURCHASE",), _ONE * 2, field=1),
    Role("field holds a wrong number", ("GOLD_PURCHASE",), _ONE, field="wrong"),
    Role("field holds the row id", ("SILVER_PURCHASE",), _ONE, field="row"),
    Role("field without any order", ("GOLD_PURCHASE",), (), field="wrong"),
    Role("refunded, field set", ("GOLD_PURCHASE",), (Bought("refunded"),), field=0),
    Role("refunded, no field", ("SILVER",), (Bought("refunded"),)),
    Role("refunded, bought again", ("BRONZE",), (Bought("refunded"), Bought())),
    Role("partially refunded", ("GOLD",), (Bought("partially_refunded"),)),
    Role("revoked", ("SILVER",), (Bought("revoked"),)),
    Role("on hold", ("OPT-IN",), (Bought("on_hold"),)),
    Role("test mode", ("GOLD",), (Bought(mode="test"),)),
    Role("free order", ("SILVER",), (Bought(free=True),)),
    Role("pending", ("OPT-IN",), (Bought("pending"),)),
    Role("failed", ("GOLD",), (Bought("failed"),)),
    Role("abandoned", ("WOOD",), (Bought("abandoned"),)),
    Role("odd spelling in the shop", ("GOLD",), _ONE, address="odd"),
    Role("apostrophe in the address", ("SILVER",), _ONE, address="apostrophe"),
    Role("plus address", ("BRONZE",), _ONE, address="plus"),
    Role("several albums in one order", ("GOLD",), (Bought(what="several"),), foreign=True),
    Role("two price options in one order", ("SILVER",), (Bought(what="options"),)),
    Role("order with a fee", ("GOLD",), (Bought(what="fee"),)),
    Role("bought the bundle only", ("GOLD",), (Bought(what="bundle"),)),
    Role("bought a withdrawn product only", ("SILVER",), (Bought(what="withdrawn"),)),
    Role("order entered late", ("BRONZE",), (Bought(late=True),)),
    Role("buyer in foreign groups", ("OPT-IN",), _ONE, foreign=True),
    Role("several copies", ("GOLD",), (Bought(what="copies"),)),
    Role("order with tax", ("SILVER",), (Bought(what="tax"),)),
    Role("order with a fee for its item", ("BRONZE",), (Bought(what="item_fee"),)),
    Role("processing", ("OPT-IN",), (Bought("processing"),)),
    Role("order in the bin", ("GOLD",), (Bought("trash"),)),
    Role("address that is no proper one", ("GOLD",), _ONE, address="dots"),
    Role("name that is too long", ("SILVER",), _ONE, called=("Ana", "de la " * 20 + "Cruz")),
)
EDITS: tuple[Role, ...] = (
    Role("two orders of one key", ("GOLD",), (Bought(), Bought(renews=True))),
    Role("a renewal that is on hold", ("SILVER",), (Bought(), Bought("on_hold", renews=True))),
    Role("a renewal that a plugin may list", ("BRONZE",), (Bought(), Bought("edd_subscription", renews=True))),
    Role("refunded, then renewed", ("GOLD",), (Bought("refunded"), Bought(renews=True))),
    Role("address mistyped at the checkout", ("SILVER",), _ONE, address="typo"),
)
"""Buyers whose orders change their address, or share a key: only where the settings ask for them."""
