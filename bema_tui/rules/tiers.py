"""The tiers' names and the moves a purchase causes, so that both are written down once. Domain rules, section 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.errors import RuleError
from bema_tui.model import Tier

ORDER: Final[tuple[Tier, ...]] = tuple(Tier)
"""Opt-in to wood, then the purchased ones: the order in which groups are read and shown."""

SUFFIX: Final[Mapping[Tier, str]] = MappingProxyType(
    {
        Tier.OPT_IN: "OPT-IN",
        Tier.GOLD: "GOLD",
        Tier.SILVER: "SILVER",
        Tier.BRONZE: "BRONZE",
        Tier.WOOD: "WOOD",
        Tier.GOLD_PURCHASED: "GOLD_PURCHASE",
        Tier.SILVER_PURCHASED: "SILVER_PURCHASE",
        Tier.BRONZE_PURCHASED: "BRONZE_PURCHASE",
    }
)
"""What a group's written name ends in."""

LABEL: Final[Mapping[Tier, str]] = MappingProxyType(
    {
        Tier.OPT_IN: "Opt-In",
        Tier.GOLD: "Gold",
        Tier.SILVER: "Silver",
        Tier.BRONZE: "Bronze",
        Tier.WOOD: "Wood",
        Tier.GOLD_PURCHASED: "Gold Purchased",
        Tier.SILVER_PURCHASED: "Silver Purchased",
        Tier.BRONZE_PURCHASED: "Bronze Purchased",
    }
)
"""What people read."""

NO_TIER: Final = "no tier"
"""What people read for somebody who is in none of a campaign's groups."""

_PURCHASE_MOVES: Final[Mapping[Tier | None, Tier]] = MappingProxyType(
    {
        Tier.OPT_IN: Tier.GOLD_PURCHASED,
        Tier.GOLD: Tier.GOLD_PURCHASED,
        None: Tier.GOLD_PURCHASED,
        Tier.SILVER: Tier.SILVER_PURCHASED,
        Tier.BRONZE: Tier.BRONZE_PURCHASED,
    }
)

_BEFORE: Final[Mapping[Tier, Tier]] = MappingProxyType(
    {
        Tier.GOLD_PURCHASED: Tier.GOLD,
        Tier.SILVER_PURCHASED: Tier.SILVER,
        Tier.BRONZE_PURCHASED: Tier.BRONZE,
    }
)

_SEPARATOR: Final = re.compile(r"[_ -]+")


def words_of(name: str) -> list[str]:
    """The words of a group's or field's name, in capitals, whatever parts them."""
    return _SEPARATOR.split(name.strip(" ").upper())


def _tier_words(text: str) -> tuple[str, ...]:
    return tuple("PURCHASE" if word == "PURCHASED" else word for word in words_of(text))


_BY_WORDS: Final[Mapping[tuple[str, ...], Tier]] = MappingProxyType({_tier_words(SUFFIX[tier]): tier for tier in ORDER})


def label(tier: Tier | None) -> str:
    """The tier as people read it; None is "no tier"."""
    return NO_TIER if tier is None else LABEL[tier]


def purchased_tier(tier: Tier | None) -> Tier | None:
    """Where a valid purchase takes somebody who stands in ``tier`` (None: unassigned).

    None means nobody is moved: a buyer in wood stays, and so does who has bought already.
    """
    return _PURCHASE_MOVES.get(tier)


def tier_before(purchased: Tier) -> Tier:
    """The tier a refund leads back to when the ledger does not know better: X_purchased → X.

    Raises:
        RuleError: ``purchased`` is not a purchased tier.
    """
    if purchased not in _BEFORE:
        raise RuleError(f"{LABEL[purchased]} is not a purchased tier", tried="find the tier before a purchase")
    return _BEFORE[purchased]


def parse_tier(text: str) -> Tier | None:
    """A tier from its enum value, its label or its suffix, whatever the case and the separators; None if it is none."""
    if not text.isascii():
        return None
    return _BY_WORDS.get(_tier_words(text))
