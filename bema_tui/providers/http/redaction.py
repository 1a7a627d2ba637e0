"""Keys and tokens are wrapped as soon as they arrive, and struck out of every text that came from outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from bema_tui.errors import ConfigurationError

HIDDEN: Final = "[hidden]"
_TELLS: Final = 8  # characters of a secret that are too many to show


class Secret:
    """A key or token that does not show itself in a ``repr``, an f-string or a traceback with local variables."""

    __slots__ = ("_value",)

    def __init__(self, value: str, *, setting: str) -> None:
        """Wrap ``value``, which came from ``setting``.

        Raises:
            ConfigurationError: it is empty, or holds what no key can (a space, a line end, a letter outside ASCII).
        """
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            problem = "is not set" if not value else "holds a character that no key has (a space or a line end?)"
            raise ConfigurationError(f"{setting} {problem}.", where=setting, advice="Copy the key again, whole.")
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the request and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """``text`` without any of ``secrets``: plain, or as a URL or JSON spells them (a slash is escaped there, or not).

    What was cut may end within a secret: its beginning is struck out as well, from eight characters on.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret.reveal())}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    for spelling in sorted(spellings, key=len, reverse=True):
        text = _without_beginnings(text, spelling)
    return text


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield quote(value)
    yield quote(value, safe="")
    in_json = json.dumps(value)[1:-1]
    yield in_json
    yield in_json.replace("/", "\\/")


def _without_beginnings(text: str, secret: str) -> str:
    start = secret[:_TELLS]
    found = text.find(start) if len(secret) > _TELLS else -1
    while found >= 0:
        end = found + len(start)
        while end < len(text) and end - found < len(secret) and text[end] == secret[end - found]:
            end += 1
        text = text[:found] + HIDDEN + text[end:]
        found = text.find(start, found + len(HIDDEN))
    return text
