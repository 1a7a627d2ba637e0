"""Checks one move of one subscriber between tiers. Domain rules, sections 3 and 5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from bema_tui.interfaces import Validator
from bema_tui.model import Cause, Tier
from bema_tui.rules.choices import WriteLimits
from bema_tui.rules.moves import MOVES, Move, inverse
from bema_tui.rules.tiers import label
from bema_tui.validators.base import CollectingValidator

_A_DAY: Final = WriteLimits().moves_per_day
MOVES_TODAY: Final = "moves_today"
"""The field whose error passes with the day, by itself."""


@frozen
class MoveRecord:
    """One move of one subscriber."""

    from_tier: str | None
    """A ``Tier`` or its value; None: unassigned."""
    to_tier: str | None
    """The same."""
    has_purchase: bool
    """Whether the purchase field holds an order once the plan is applied."""
    moves_today: int
    """The moves that the subscriber had on this local day before this one."""
    reason: Cause | None
    """Why they are moved; of an undo ``undo``, or the cause of the move that is taken back."""
    undo: bool = False
    """Whether it takes a move back: the inverse is asked for, and the daily limit does not count."""


class TierMoveValidator(CollectingValidator[MoveRecord]):
    """Checks that a move is one of the rules, has its purchase, and is not one too many for the day."""

    def __init__(self, *, most_a_day: int = _A_DAY) -> None:
        super().__init__()
        self._most_a_day = most_a_day

    def check(self, record: MoveRecord) -> None:
        """Note all that is wrong with one move."""
        reason = self._reason(record.reason)
        source_known, source = self._tier("from_tier", record.from_tier)
        target_known, target = self._tier("to_tier", record.to_tier)
        if source_known and target_known and (source, target) not in _allowed(reason, undo=record.undo):
            why = f" for the reason {reason}" if reason else ""
            self.add_error("to_tier", f"{label(source)} → {label(target)} is not a move of the rules{why}")
        if target is not None and target.purchased and not record.has_purchase:
            self.add_error("has_purchase", f"is needed for {label(target)}")
        if not record.undo and record.moves_today >= self._most_a_day:
            self.add_error(MOVES_TODAY, f"is {record.moves_today} already, at most {self._most_a_day} a day are made")

    def _reason(self, value: Cause | None) -> Cause | None:
        if value in MOVES:
            return value
        self.warn("reason", "is not given" if value is None else f"{value.value!r} moves nobody")
        return None

    def _tier(self, field: str, value: str | None) -> tuple[bool, Tier | None]:
        """Whether it is a tier or none on purpose, and the tier."""
        if value is None:
            return True, None
        tier = next((known for known in Tier if known.value == value), None)
        if tier is None:
            self.add_error(field, f"{value!r} is none of the eight")
        return tier is not None, tier


def _allowed(reason: Cause | None, *, undo: bool) -> frozenset[Move]:
    """The moves a reason allows; without a known one every move that purchases, transitions and refunds make."""
    if undo:
        return inverse(MOVES[reason]) if reason is Cause.LOWER_OFF else MOVES[Cause.UNDO]
    if reason is not None:
        return MOVES[reason]
    return MOVES[Cause.PURCHASE] | MOVES[Cause.TRANSITION] | MOVES[Cause.REFUND]


if TYPE_CHECKING:
    _implements: type[Validator[MoveRecord]] = TierMoveValidator
