"""Keys and tokens: wrapped where they are read, and given out to the request that needs them and to nothing else."""

from __future__ import annotations

from typing import Final

from bema_tui.errors import ConfigurationError

HIDDEN: Final = "[hidden]"
"""What stands in the place of a secret, wherever one would be shown."""


class Secret:
    """A key or token that does not show itself in a ``repr``, an f-string or a traceback with local variables.

    An empty one is a setting that is not set; it is false.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def usable(self, setting: str) -> Secret:
        """Return this secret, where it can be a key at all; ``setting`` names it in the error.

        Raises:
            ConfigurationError: it is empty, or holds what no key can (a space, a line end, a letter outside ASCII).
        """
        if not self or not self._can_be_a_key():
            problem = "holds a character that no key has (a space or a line end?)" if self else "is not set"
            raise ConfigurationError(f"{setting} {problem}.", where=setting, advice="Copy the key again, whole.")
        return self

    def reveal(self) -> str:
        """Return the value itself, for the request and for nothing else."""
        return self._value

    def _can_be_a_key(self) -> bool:
        return self._value.isascii() and self._value.isprintable() and " " not in self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN if self._value else "[not set]"

    __str__ = __repr__


UNSET: Final = Secret("")
"""The secret of a setting that nobody set."""
