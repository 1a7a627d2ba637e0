"""Checks one move of one subscriber between tiers. Domain rules, sections 3 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from bema_tui.interfaces import Validator
from bema_tui.model import Cause, Tier
from bema_tui.rules.moves import MOVES, Move, inverse
from bema_tui.rules.tiers import label
from bema_tui.validators.base import CollectingValidator

MAX_MOVES_A_DAY: Final = 3
UNASSIGNED: Final = "unassigned"
MOVES_TODAY: Final = "moves_today"
"""The field whose error passes with the day, by itself."""


class TierMoveValidator(CollectingValidator):
    """Checks ``from_tier``, ``to_tier``, ``has_purchase``, ``moves_today``, ``reason``, ``undo``.

    A tier is a ``Tier``, its value, or None or ``unassigned``; ``moves_today`` counts the moves the subscriber had on
    this local day before this one; ``reason`` is a ``Cause`` that moves people. ``undo`` asks for the inverse and is
    exempt from the daily limit; its ``reason`` is ``undo`` or that of the move taken back.
    """

    def __init__(self, *, most_a_day: int = MAX_MOVES_A_DAY) -> None:
        super().__init__()
        self._most_a_day = most_a_day

    def check(self, record: Mapping[str, object]) -> None:
        """Note all that is wrong with one move."""
        undo = bool(record.get("undo"))
        reason = self._reason(record.get("reason"))
        source_known, source = self._tier(record, "from_tier")
        target_known, target = self._tier(record, "to_tier")
        if source_known and target_known and (source, target) not in _allowed(reason, undo=undo):
            why = f" for the reason {reason}" if reason else ""
            self.add_error("to_tier", f"{label(source)} → {label(target)} is not a move of the rules{why}")
        if target is not None and target.purchased and not record.get("has_purchase"):
            self.add_error("has_purchase", f"is needed for {label(target)}")
        self._check_day(record.get(MOVES_TODAY), undo=undo)

    def _reason(self, value: object) -> Cause | None:
        known = {cause.value: cause for cause in MOVES}
        reason = known.get(value) if isinstance(value, str) else None
        if reason is None:
            self.warn("reason", f"{value!r} is not known" if value else "is not given")
        return reason

    def _tier(self, record: Mapping[str, object], field: str) -> tuple[bool, Tier | None]:
        """Whether the field names a tier or none on purpose, and the tier."""
        if field not in record:
            self.add_error(field, "is required")
            return False, None
        value = record[field]
        if value is None or value == UNASSIGNED:
            return True, None
        tier = next((known for known in Tier if known.value == value), None)
        if tier is None:
            self.add_error(field, f"{value!r} is none of the eight")
        return tier is not None, tier

    def _check_day(self, moves_today: object, *, undo: bool) -> None:
        if undo:
            return
        if not isinstance(moves_today, int) or moves_today < 0:
            self.add_error(MOVES_TODAY, "is required, as a count")
        elif moves_today >= self._most_a_day:
            self.add_error(MOVES_TODAY, f"is {moves_today} already, at most {self._most_a_day} a day are made")


def _allowed(reason: Cause | None, *, undo: bool) -> frozenset[Move]:
    """The moves a reason allows; without a known one every move that purchases, transitions and refunds make."""
    if undo:
        return inverse(MOVES[reason]) if reason is Cause.LOWER_OFF else MOVES[Cause.UNDO]
    if reason is not None:
        return MOVES[reason]
    return MOVES[Cause.PURCHASE] | MOVES[Cause.TRANSITION] | MOVES[Cause.REFUND]


if TYPE_CHECKING:
    _implements: type[Validator] = TierMoveValidator
