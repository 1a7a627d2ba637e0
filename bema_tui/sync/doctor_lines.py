"""What ``doctor`` says of one thing that it looked at."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from bema_tui.errors import BemaError, WrongAccount

Verdict = Literal["ok", "warning", "error"]

CONFIGURATION: Final = "configuration"


@frozen
class Line:
    """One thing that was looked at: what, how it is, and what to do about it (empty when it is well)."""

    about: str
    verdict: Verdict
    text: str
    advice: str = ""


def failed(about: str, error: BemaError, verdict: Verdict = "error") -> Line:
    """An error as a line: what it says, where, and what to do; another account or shop is wrong configuration."""
    about = CONFIGURATION if isinstance(error, WrongAccount) else about
    known = not error.where or error.where in error.message
    text = error.message if known else f"{error.message} Where: {error.where}."
    return Line(about, verdict, text, error.advice or "Look at the log file.")
