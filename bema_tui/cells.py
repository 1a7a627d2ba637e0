"""How much of a text has room on a terminal: wide signs take two cells. Pure."""

from __future__ import annotations

from rich.cells import cell_len


def cut(text: str, width: int) -> str:
    """Returns text of at most ``width`` cells; what had to be cut ends in ``~``."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return text[: chars_within(text, width - 1)] + "~"


def chars_within(text: str, width: int) -> int:
    """Returns how many characters of the text have room in ``width`` cells."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > width:
            return index
    return len(text)
