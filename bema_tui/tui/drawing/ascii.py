"""A screen in ASCII, cell by cell, for terminals that can't show anything else."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_ALIKE = {"→": ">", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "~", "×": "x", "‹": "<", "›": ">"}
_CONTROLS = range(0x2400, 0x2422)
"""The pictures by which ``text.clean`` shows controls."""


def ascii_of(char: str) -> str:
    """Returns a character as ASCII of the same width: what looks like it, its letter without the accent, else ``?``."""
    if char.isascii():
        return char
    if char in _ALIKE:
        return _ALIKE[char]
    if ord(char) in _CONTROLS:
        return "^"
    letter = unicodedata.normalize("NFKD", char)[0]
    width = cell_len(char)
    return letter if width == 1 and letter.isascii() else "?" * width


class AsciiFilter(LineFilter):
    """Draws every character that is not ASCII as the nearest one that is."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [
            segment if segment.text.isascii() else segment._replace(text="".join(map(ascii_of, segment.text)))
            for segment in segments
        ]
