"""What people ask of runs, whoever's they are; a run obeys at its next safe point."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class ControlVerb(StrEnum):
    """What a person can ask of a run that is at work."""

    STOP = "stop"
    """End at the next safe point."""
    PAUSE = "pause"
    """Wait at the next safe point, with the lock kept."""
    CONTINUE = "continue"
    """Go on after a pause."""


@frozen
class ControlRequest:
    """What somebody asked of a run, and how far that is."""

    id: int
    """Its number; later ones are larger."""
    verb: ControlVerb
    """What was asked."""
    by_user: str
    """Who asked."""
    reason: str
    """Why, in their words; empty where they did not say."""
    asked_at: datetime
    """When it was written down."""
    seen_at: datetime | None = None
    """When the run's process saw it; None: not yet."""
    done_at: datetime | None = None
    """When the run had obeyed, or had ended; None: not yet."""
