"""The words that people read for what the ledger knows as data. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.changes import Cause, Purpose
from bema_tui.rules.tiers import label

_HEADINGS: Final[Mapping[Cause, str]] = MappingProxyType(
    {
        Cause.FIELD_ONLY: "field only",
        Cause.IN_WOOD: "Wood → field only",
        Cause.NOT_ACTIVE: "not active → field only",
        Cause.LOWER_OFF: "two tiers → lower off",
        Cause.REFUND_NOT_ACTIVE: "refund, not active → field only",
        Cause.CREATE_MISSING: "create what is missing",
    }
)
"""The headings of causes that move nobody to another tier."""
_MOVES: Final[Mapping[Cause, str]] = MappingProxyType(
    {
        Cause.REFUND: "refund",
        Cause.NEW_BUYER: "new buyer",
        Cause.TRANSITION: "next campaign",
        Cause.UNDO: "undo",
    }
)
"""The first words of moves whose cause matters more than where they come from."""


def heading(purpose: Purpose) -> str:
    """What a plan calls the changes of one purpose."""
    if purpose.cause in _HEADINGS:
        return _HEADINGS[purpose.cause]
    return f"{_MOVES.get(purpose.cause) or label(purpose.from_tier)} → {label(purpose.to_tier)}"
