"""How numbers, ages, bars and foreign text become cells; pure, so that every rule of it is tested."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len
from textual.content import Content, Span

from bema_tui.cells import chars_within
from bema_tui.text import on_screen
from bema_tui.tui.glyphs import Glyphs

Part: TypeAlias = str | tuple[str, str] | Content
_WIDENS = "\ufe0f"
"""Asks for the wide picture of a sign; terminals differ in whether they obey."""


def plain(text: str) -> str:
    """Foreign text without anything that a terminal would obey, or that no screen can measure.

    The text is cleaned where it enters the program; this is the second wall, before the terminal.
    """
    return text if text.isascii() and text.isprintable() else on_screen(text).replace(_WIDENS, "")


def line(*parts: Part) -> Content:
    """One line from strings, ``(text, style name)`` pairs and finished lines. Nothing is ever read as markup."""
    texts: list[str] = []
    spans: list[Span] = []
    position = 0
    for part in parts:
        if isinstance(part, Content):
            spans += [Span(position + span.start, position + span.end, span.style) for span in part.spans]
            text = part.plain
        elif isinstance(part, tuple):
            text = plain(part[0])
            if text and part[1]:
                spans.append(Span(position, position + len(text), part[1]))
        else:
            text = plain(part)
        texts.append(text)
        position += len(text)
    return Content("".join(texts), spans)


def width_of(text: str | Content) -> int:
    """The cells that a line takes on the screen."""
    return cell_len(text if isinstance(text, str) else text.plain)


def cut_line(content: Content, width: int) -> Content:
    """A line cut to ``width`` cells, as ``cut`` does, with its styles kept; blanks at its end are no loss."""
    if cell_len(content.plain) <= width:
        return content
    if width <= 0:
        return Content("")
    kept = chars_within(content.plain, width)
    if content.plain[kept:].isspace():
        return content[:kept]
    return line(content[: chars_within(content.plain, width - 1)], "~")


def fit(content: str | Content, width: int, *, right: bool = False) -> Content:
    """A line of exactly ``width`` cells: cut or filled with blanks, at the left side when ``right``."""
    text = cut_line(line(content), width)
    blank = " " * max(0, width - cell_len(text.plain))
    return line(blank, text) if right else line(text, blank)


def wrap(content: Content, width: int) -> list[Content]:
    """A line broken between words into lines of at most ``width`` cells; the later ones stand as deep as the first."""
    if width_of(content) <= width:
        return [content]
    text = content.plain
    indent = len(text) - len(text.lstrip(" "))
    depth = max(0, min(indent, width - 2))  # the widest signs take two cells, and would be lost in one
    return [line(" " * depth, row) for row in content[indent:].wrap(max(1, width - depth))]


def folded(text: str) -> str:
    """Text as it is searched: without case and accents, because nobody types ``Zoë`` on every keyboard."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).casefold()


def spread(left: Content, right: Content, width: int) -> Content:
    """``left`` at the left edge and ``right`` at the right one; ``right`` goes first when there is no room."""
    room = width - width_of(right)
    if room < width_of(left) + 1:
        return fit(left, width)
    return line(fit(left, room), right)


def pack(parts: Sequence[Content], width: int, gap: str = "  ") -> Content:
    """As many of the parts as fit, in their order; the rest is left out whole."""
    taken: list[Content] = []
    used = 0
    for part in parts:
        need = width_of(part) + (len(gap) if taken else 0)
        if used + need > width:
            continue
        taken.append(part)
        used += need
    return line(*_between(taken, gap))


def _between(parts: Sequence[Content], gap: str) -> Iterable[Part]:
    for index, part in enumerate(parts):
        if index:
            yield gap
        yield part


def short_count(number: int) -> str:
    """A number in at most four cells, thousands as ``1.2k``, ``12k`` or ``2m``; never one that looks smaller."""
    if number < 1000:
        return str(number)
    if number < 10_000:
        return f"{number / 1000:.1f}k" if number < 9_950 else "10k"
    return f"{number / 1000:.0f}k" if number < 999_500 else f"{number / 1_000_000:.0f}m"


def percent(share: float | None) -> str:
    """A share of 0 to 1 with one decimal place."""
    return "-" if share is None else f"{share * 100:.1f} %"


def bar(share: float, width: int, glyphs: Glyphs) -> str:
    """A bar of ``width`` cells for a share of 0 to 1, with eighths of a cell where the set has them."""
    share = min(1.0, max(0.0, share))
    steps = len(glyphs.parts) + 1
    filled = int(share * width * steps + 1e-9)
    whole, rest = divmod(filled, steps)
    text = glyphs.full * whole + (glyphs.parts[rest - 1] if rest else "")
    return text + glyphs.light * (width - len(text))


def solid(share: float, width: int, glyphs: Glyphs) -> str:
    """A bar without its empty rest, filled with blanks; anything above 0 shows at least the thinnest part."""
    text = bar(share, width, glyphs).rstrip(glyphs.light)
    if not text and share > 0:
        text = glyphs.parts[:1] or glyphs.full
    return text.ljust(width)


def spark(values: Sequence[float], high: float, width: int, glyphs: Glyphs) -> str:
    """The newest ``width`` values, oldest first, as steps on the fixed scale 0 to ``high``."""
    steps = glyphs.spark
    newest = list(values)[-width:] if width > 0 else []
    top = len(steps) - 1
    drawn = (steps[min(top, max(0, round(value / high * top)))] if high > 0 else steps[0] for value in newest)
    return "".join(drawn).ljust(width)
