"""Keys and tokens are wrapped as soon as they arrive, and struck out of every text that came from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from bema_tui.errors import ConfigurationError

HIDDEN: Final = "[hidden]"


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
    """``text`` without any of ``secrets``, plain or as a URL spells them (a slash is escaped there, or not)."""
    spellings = {
        spelling
        for secret in secrets
        for spelling in (secret.reveal(), quote(secret.reveal()), quote(secret.reveal(), safe=""))
    }
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    return text
