"""What a text or a web page that nobody asked for says, in a few words, for a message."""

from __future__ import annotations

import html
import re
from typing import Final

from bema_tui.text import clean

_LOOKED_AT: Final = 16_000  # characters: a page says what it is at its top
_TITLE: Final = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
# An element or a comment that is not closed in what is looked at is left out to its end.
_UNSEEN: Final = re.compile(r"<(script|style|head|svg|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_GAP: Final = re.compile(r" (?=[:;,.!?](\s|$))")
_TAG: Final = re.compile(r"<!--(.*?)(?:-->|\Z)|<[^<>]*>", re.DOTALL)


def first_words(text: str, limit: int = 100) -> str:
    """The first words of ``text`` without its HTML tags, in quotes; empty when it has none."""
    return _quoted(_plain(text[:_LOOKED_AT]), limit)


def page_excerpt(page: str, limit: int = 140) -> str:
    """A web page's title and its first words, in quotes; empty when it has none."""
    page = page[:_LOOKED_AT]
    found = _TITLE.search(page)
    title = _plain(found[1]) if found else ""
    words = _plain(_UNSEEN.sub(" ", page))
    told = words if title and title in words[: len(title) + 20] else f"{title}: {words}".strip(": ")
    return _quoted(told, limit)


def text_of(content: bytes) -> str:
    """The beginning of a body as text, whatever its encoding is."""
    return content[: _LOOKED_AT * 4].decode("utf-8", "replace")


def _quoted(told: str, limit: int) -> str:
    told = clean(told.rstrip("."), limit)
    return f'"{told}"' if told else ""


def _plain(text: str) -> str:
    """Without tags, entities and line breaks; a comment's own words stay, for they name who wrote it."""
    bare = " ".join(html.unescape(_TAG.sub(lambda tag: f" {tag[1] or ''} ", text)).split())
    return _GAP.sub("", bare)
