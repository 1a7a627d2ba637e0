"""The words that people read for the steps of a run. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from bema_tui.model import Phase


def phase_text(phase: Phase) -> str:
    """Returns what a step is called on the screens and in commands."""
    return "check unknown" if phase is Phase.CHECK_UNKNOWN else phase.value
