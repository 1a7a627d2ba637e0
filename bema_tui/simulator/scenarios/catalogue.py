"""The scenarios of the data set: there is one subscriber at least for every rule of the domain."""

from __future__ import annotations

from enum import Enum, auto

import attrs

from bema_tui.simulator.scenarios.example_names import HOSTILE_LAST_NAME, HOSTILE_NAME
from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES, TIER_SUFFIXES


class Contents(Enum):
    """What an order contains."""

    ALBUM = auto()
    """The campaign's album."""
    BUNDLE = auto()
    """The bundle instead of the album."""
    WITHDRAWN = auto()
    """A product that was deleted since."""
    SEVERAL_ALBUMS = auto()
    """The album with that of another campaign and a shirt."""
    TWO_OPTIONS = auto()
    """Two price options of the album."""
    COPIES = auto()
    """Three copies of the album."""
    TAX = auto()
    """The album with tax."""
    FEE = auto()
    """The album with a fee for the order."""
    ITEM_FEE = auto()
    """The album with a fee for this item."""


class Email(Enum):
    """How an e-mail is spelt."""

    PLAIN = auto()
    """The same everywhere."""
    ODD_IN_SHOP = auto()
    """With capitals and spaces in the shop."""
    APOSTROPHE = auto()
    """With an apostrophe."""
    PLUS = auto()
    """With a plus part."""
    DOUBLE_DOT = auto()
    """With two dots in a row, which no standard allows."""
    MISTYPED_IN_SHOP = auto()
    """Another one in the shop, until somebody edits the order."""


class FieldHolds(Enum):
    """What the purchase field holds."""

    FIRST_NUMBER = auto()
    """The number of the first order."""
    SECOND_NUMBER = auto()
    """The number of the second order."""
    FIRST_ROW_ID = auto()
    """The row id of the first order."""
    WRONG_NUMBER = auto()
    """A number that no order has."""


@attrs.frozen
class ScenarioOrder:
    """One order of the subscriber."""

    status: str = "complete"
    """The order's status, in the shop's words."""
    mode: str = "live"
    """``live`` or ``test``."""
    free: bool = False
    """Whether a discount makes it free."""
    contents: Contents = Contents.ALBUM
    """What was bought."""
    entered_late: bool = False
    """Whether somebody entered it long after its date, so that it stands first in the list."""
    renews: bool = False
    """Whether it has the key of the order before it, as a renewal has."""


@attrs.frozen
class Scenario:
    """The state of one subscriber in one campaign."""

    name: str
    """What the state document calls it."""
    tiers: tuple[str, ...] = ()
    """The suffixes of the tiers that the subscriber is in."""
    orders: tuple[ScenarioOrder, ...] = ()
    """The subscriber's orders of the campaign, the oldest first."""
    field: FieldHolds | None = None
    """What the purchase field holds; None: it is empty."""
    status: str = "active"
    """The subscriber's status at MailerLite."""
    email: Email = Email.PLAIN
    """How the e-mail is spelt."""
    in_foreign_groups: bool = False
    """Whether the subscriber is in foreign groups and in other campaigns, too."""
    full_name: tuple[str, str] | None = None
    """First and last name; None: the data set chooses."""


_ONE = (ScenarioOrder(),)
_UNPURCHASED = TIER_SUFFIXES[:5]
_NUMBER = FieldHolds.FIRST_NUMBER


def _by_tier() -> list[Scenario]:
    scenarios = [Scenario(f"buyer in {suffix}", (suffix,), _ONE) for suffix in _UNPURCHASED]
    scenarios += [Scenario(f"buyer in {suffix} without field", (suffix,), _ONE) for suffix in PURCHASED_SUFFIXES]
    scenarios += [Scenario(f"up to date in {suffix}", (suffix,), _ONE, field=_NUMBER) for suffix in PURCHASED_SUFFIXES]
    scenarios += [Scenario(f"non-buyer in {suffix}", (suffix,)) for suffix in TIER_SUFFIXES]
    return scenarios


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("hostile name", ("GOLD",), _ONE, full_name=(HOSTILE_NAME, HOSTILE_LAST_NAME)),
    *_by_tier(),
    Scenario("unassigned buyer", (), _ONE),
    Scenario("two unpurchased tiers", ("GOLD", "SILVER"), _ONE),
    Scenario("two unpurchased tiers, no buyer", ("SILVER", "BRONZE")),
    Scenario("purchased and lower tier", ("GOLD_PURCHASE", "GOLD"), _ONE, field=_NUMBER),
    Scenario("purchased and two lower tiers", ("SILVER_PURCHASE", "SILVER", "WOOD"), _ONE),
    Scenario("two purchased tiers", ("GOLD_PURCHASE", "SILVER_PURCHASE"), _ONE),
    *(Scenario(f"{s} buyer", ("GOLD",), _ONE, status=s) for s in ("unsubscribed", "bounced", "junk", "unconfirmed")),
    Scenario("two orders", ("SILVER",), _ONE * 2),
    Scenario("field holds the other order", ("GOLD_PURCHASE",), _ONE * 2, field=FieldHolds.SECOND_NUMBER),
    Scenario("field holds a wrong number", ("GOLD_PURCHASE",), _ONE, field=FieldHolds.WRONG_NUMBER),
    Scenario("field holds the row id", ("SILVER_PURCHASE",), _ONE, field=FieldHolds.FIRST_ROW_ID),
    Scenario("field without any order", ("GOLD_PURCHASE",), (), field=FieldHolds.WRONG_NUMBER),
    Scenario("refunded, field set", ("GOLD_PURCHASE",), (ScenarioOrder("refunded"),), field=_NUMBER),
    Scenario("refunded, no field", ("SILVER",), (ScenarioOrder("refunded"),)),
    Scenario("refunded, bought again", ("BRONZE",), (ScenarioOrder("refunded"), ScenarioOrder())),
    Scenario("partially refunded", ("GOLD",), (ScenarioOrder("partially_refunded"),)),
    Scenario("revoked", ("SILVER",), (ScenarioOrder("revoked"),)),
    Scenario("on hold", ("OPT-IN",), (ScenarioOrder("on_hold"),)),
    Scenario("test mode", ("GOLD",), (ScenarioOrder(mode="test"),)),
    Scenario("free order", ("SILVER",), (ScenarioOrder(free=True),)),
    Scenario("pending", ("OPT-IN",), (ScenarioOrder("pending"),)),
    Scenario("failed", ("GOLD",), (ScenarioOrder("failed"),)),
    Scenario("abandoned", ("WOOD",), (ScenarioOrder("abandoned"),)),
    Scenario("odd spelling in the shop", ("GOLD",), _ONE, email=Email.ODD_IN_SHOP),
    Scenario("apostrophe in the e-mail", ("SILVER",), _ONE, email=Email.APOSTROPHE),
    Scenario("e-mail with a plus", ("BRONZE",), _ONE, email=Email.PLUS),
    Scenario(
        "several albums in one order",
        ("GOLD",),
        (ScenarioOrder(contents=Contents.SEVERAL_ALBUMS),),
        in_foreign_groups=True,
    ),
    Scenario("two price options in one order", ("SILVER",), (ScenarioOrder(contents=Contents.TWO_OPTIONS),)),
    Scenario("order with a fee", ("GOLD",), (ScenarioOrder(contents=Contents.FEE),)),
    Scenario("bought the bundle only", ("GOLD",), (ScenarioOrder(contents=Contents.BUNDLE),)),
    Scenario("bought a withdrawn product only", ("SILVER",), (ScenarioOrder(contents=Contents.WITHDRAWN),)),
    Scenario("order entered late", ("BRONZE",), (ScenarioOrder(entered_late=True),)),
    Scenario("buyer in foreign groups", ("OPT-IN",), _ONE, in_foreign_groups=True),
    Scenario("several copies", ("GOLD",), (ScenarioOrder(contents=Contents.COPIES),)),
    Scenario("order with tax", ("SILVER",), (ScenarioOrder(contents=Contents.TAX),)),
    Scenario("order with a fee for its item", ("BRONZE",), (ScenarioOrder(contents=Contents.ITEM_FEE),)),
    Scenario("processing", ("OPT-IN",), (ScenarioOrder("processing"),)),
    Scenario("order in the trash", ("GOLD",), (ScenarioOrder("trash"),)),
    Scenario("invalid e-mail", ("GOLD",), _ONE, email=Email.DOUBLE_DOT),
    Scenario("name that is too long", ("SILVER",), _ONE, full_name=("Ana", "de la " * 20 + "Cruz")),
)
RENEWAL_SCENARIOS: tuple[Scenario, ...] = (
    Scenario("two orders of one key", ("GOLD",), (ScenarioOrder(), ScenarioOrder(renews=True))),
    Scenario("a renewal that is on hold", ("SILVER",), (ScenarioOrder(), ScenarioOrder("on_hold", renews=True))),
    Scenario(
        "a renewal that a plugin may list",
        ("BRONZE",),
        (ScenarioOrder(), ScenarioOrder("edd_subscription", renews=True)),
    ),
    Scenario("refunded, then renewed", ("GOLD",), (ScenarioOrder("refunded"), ScenarioOrder(renews=True))),
    Scenario("e-mail mistyped at the checkout", ("SILVER",), _ONE, email=Email.MISTYPED_IN_SHOP),
)
"""Buyers whose orders change their e-mail or share a key: only where the settings want `renewals`."""
