"""Which moves between tiers exist and why they are made, as data. Domain rules, section 3."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.model import Cause, Tier
from bema_tui.rules.tiers import ORDER, purchased_tier, tier_before

Move = tuple[Tier | None, Tier | None]
"""From and to; None is unassigned."""

MATRIX: Final[Mapping[Tier, Tier]] = MappingProxyType(
    {
        Tier.GOLD_PURCHASED: Tier.GOLD,
        Tier.SILVER_PURCHASED: Tier.GOLD,
        Tier.BRONZE_PURCHASED: Tier.OPT_IN,
    }
)
"""The tier in the source campaign → the tier in the next campaign."""


def transition(source_tier: Tier | None) -> Tier | None:
    """The tier in the next campaign for somebody of ``source_tier``; None: only buyers are moved on."""
    return None if source_tier is None else MATRIX.get(source_tier)


def _purchase_moves() -> frozenset[Move]:
    sources: tuple[Tier | None, ...] = (None, *ORDER)
    return frozenset((source, target) for source in sources if (target := purchased_tier(source)) is not None)


def _refund_moves() -> frozenset[Move]:
    before = {(target, source) for source, target in _purchase_moves() if source is not None}
    return frozenset(before | {(tier, tier_before(tier)) for tier in MATRIX})


def _lower_off() -> frozenset[Move]:
    return frozenset((low, high) for low in ORDER if not low.purchased for high in ORDER if high.purchased)


def inverse(moves: frozenset[Move]) -> frozenset[Move]:
    """The same moves backwards."""
    return frozenset((target, source) for source, target in moves)


def _undo_moves() -> frozenset[Move]:
    placed_next = frozenset((None, target) for target in MATRIX.values())
    return inverse(_purchase_moves() | _refund_moves() | placed_next)


def _placings() -> frozenset[Move]:
    return frozenset((source, target) for source, target in _purchase_moves() if source is None)


MOVES: Final[Mapping[Cause, frozenset[Move]]] = MappingProxyType(
    {
        Cause.PURCHASE: _purchase_moves(),
        Cause.PLACED: _placings(),
        Cause.NEW_BUYER: _placings(),
        Cause.LOWER_OFF: _lower_off(),
        Cause.TRANSITION: frozenset(MATRIX.items()),
        Cause.REFUND: _refund_moves(),
        Cause.UNDO: _undo_moves(),
    }
)
"""Every move the engine may make, by its cause; a cause that is not here moves nobody.

A transition's ``from`` is the tier in the source campaign. ``lower_off`` is from the lower tier that is taken
away to the purchased tier that stays; it is no way to get there, so only its own cause allows it.
"""
