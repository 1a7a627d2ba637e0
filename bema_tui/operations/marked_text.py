"""Lines of text whose parts have signs and colours by what they mean; a front end knows how it draws them."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Sign(StrEnum):
    """A sign in a line; the front end knows how it is drawn."""

    GOOD = "ok"
    """All is well."""
    WARNING = "warn"
    """Somebody should look."""
    BAD = "bad"
    """Something is wrong."""
    ACTIVE = "dot"
    """Something goes on."""
    POINT = "note"
    """One point of a list."""


class Tone(StrEnum):
    """The colour of a part of a line, by what it means."""

    WARNING = "warn"
    """Somebody should look."""
    BAD = "bad"
    """Something is wrong."""
    ACCENT = "accent"
    """What goes on."""


@frozen
class MarkedText:
    """A part of a line that stands out."""

    sign: Sign | None
    """Drawn before the text."""
    text: str = ""
    """Said behind the sign."""
    tone: Tone | None = None
    """How both are coloured; None: as the rest."""


Line = tuple[str | MarkedText, ...]
"""One line: plain parts and marked ones."""


def unmarked(parts: Line) -> str:
    """A line without its signs and colours."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)
