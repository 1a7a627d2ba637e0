"""What a plan came to, counted while it is made. A record only."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bema_tui.model import Cause, ChangeKind


@frozen
class PlanTotals:
    """What a plan came to."""

    changes: int
    """Its rows."""
    subscribers: int
    """Subscribers with rows in it."""
    moves: int
    """Subscribers who are moved between groups, or created."""
    left_out: int
    """Subscribers with something to look at and nothing to change."""
    kinds: Mapping[ChangeKind, int]
    """Rows by kind."""
    causes: Mapping[Cause, int]
    """Subscribers by the cause of their rows."""
    adds_by_group: Mapping[str, int]
    """Subscribers who come into a group, by its id."""
    removes_unproved: int
    """Subscribers whom the plan would leave without a tier."""
    lone_adds: int
    """Subscribers who are added to a group while their field stays as it is."""

    @property
    def reverts(self) -> int:
        """Subscribers whose purchase is taken back after a refund."""
        return sum(number for cause, number in self.causes.items() if cause.takes_back)
