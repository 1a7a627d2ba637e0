"""Foreign text is cleaned once, here, so that nothing further in can be moved, recoloured or reordered by a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

LIMIT: Final = 1000
"""The default bound of a cleaned text, in characters."""

_BIDI: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
_BREAKS: Final = (0x2028, 0x2029)
_C1: Final = range(0x80, 0xA0)
_SURROGATES: Final = range(0xD800, 0xE000)
_JOINERS: Final = "\u200c\u200d"
"""Letters of some scripts and emoji are joined by these; they move nothing on a screen."""


def _code(code: int) -> str:
    return f"‹{code:x}›"


def _hex(codes: Iterable[int]) -> dict[int, str]:
    return {code: _code(code) for code in codes}


_VISIBLE: Final[dict[int, str]] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **_hex(_C1),
    **_hex(_BIDI),
    **_hex(_BREAKS),
    **_hex(_SURROGATES),
}


def clean(text: str, limit: int = LIMIT) -> str:
    """``text`` with every control made visible, at most ``limit`` characters long.

    C0 and DEL become control pictures (``␛``); C1, bidi controls, line and paragraph separators and lone surrogates
    become their code in ``‹ ›``. Everything else is kept: marks, scripts, emoji. Cleaning twice changes nothing.
    """
    if len(text) <= limit and text.isprintable():
        return text
    # Cut first too, so that a text of many megabytes costs no more than a short one.
    visible = text[: limit + 1].translate(_VISIBLE)
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"


def one_line(text: str, limit: int = LIMIT) -> str:
    """Return ``text`` on one line: white space becomes one blank, then it is cleaned."""
    return clean(" ".join(text.split()), limit)


def on_screen(text: str) -> str:
    """Return ``text`` as a screen may draw it: cleaned, and each other format character (zero-width, soft) visible too.

    What is kept of them matters for e-mails, which are cleaned by a rule of their own; no screen can measure them.
    """
    if text.isprintable():
        return text
    return "".join(map(_drawn, text.translate(_VISIBLE)))


def _drawn(char: str) -> str:
    return _code(ord(char)) if unicodedata.category(char) == "Cf" and char not in _JOINERS else char


def is_clean(text: str) -> bool:
    """Whether ``text`` holds nothing that ``clean`` would make visible."""
    return text.isprintable() or not any(ord(char) in _VISIBLE for char in text)
