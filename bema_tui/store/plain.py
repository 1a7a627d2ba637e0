"""Text on one line: the store's cleaner of names and messages that people will read."""

from __future__ import annotations

import unicodedata

_NOT_PRINTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # letters of some scripts and emoji are joined by these; they move nothing on a screen


def plain(text: str) -> str:
    """Text on one line: white space becomes a blank; control, bidi and line codes become the replacement sign."""
    spaced = " ".join(text.split())
    return "".join(
        "\ufffd" if unicodedata.category(sign) in _NOT_PRINTED and sign not in _JOINERS else sign for sign in spaced
    )
