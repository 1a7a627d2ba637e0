"""What people ask of runs, whoever's they are; a run obeys at its next safe point."""

from __future__ import annotations

from enum import StrEnum


class ControlVerb(StrEnum):
    """What a person can ask of a run that is at work."""

    STOP = "stop"
    """End at the next safe point."""
    PAUSE = "pause"
    """Wait at the next safe point, with the lock kept."""
    CONTINUE = "continue"
    """Go on after a pause."""
