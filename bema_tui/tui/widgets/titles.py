"""The rule with a panel's name on it, heavy where the focus is."""

from __future__ import annotations

from textual.content import Content

from bema_tui.tui.format import cut_line, fit, line, width_of
from bema_tui.tui.glyphs import Glyphs

_EMPTY = Content("")


def title_rule(left: Content, width: int, glyphs: Glyphs, *, focused: bool, right: Content = _EMPTY) -> Content:
    """``── left ─────── right ─`` over ``width`` cells; ``right`` goes first when there is no room."""
    char = glyphs.heavy if focused else glyphs.light
    style = "title" if focused else "muted"
    if width < 8:
        return fit(left, width)
    left = cut_line(left, width - 5)
    name = line((left.plain, "title")) if focused else left
    tail = line(" ", right, " ", (char, style)) if right else _EMPTY
    room = width - 4 - width_of(name) - width_of(tail)
    if room < 1:
        tail, room = _EMPTY, width - 4 - width_of(name)
    return line((char * 2, style), " ", name, " ", (char * room, style), tail)
