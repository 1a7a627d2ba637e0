"""Values of a custom field, and which of them mean the same. Domain rules, section 4."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

FieldValue = str | int | float | None
"""What a custom field holds, as MailerLite shows it or takes it; None is unset."""


class FieldType(StrEnum):
    """The types that a purchase field may have; MailerLite has others, which can't hold an order's number."""

    NUMBER = "number"
    """What the program creates: digits alone."""
    TEXT = "text"
    """For a shop whose numbers are not of digits alone."""


_INTEGER: Final = re.compile(r"([0-9]+)(\.0*)?")


def as_text(value: str | float) -> str:
    """Return a value as text; a whole number has no decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def canonical(value: FieldValue) -> str | None:
    """Return a value in the form that values compare in: an integer without zeros in front, else the text.

    Unset is None; so are the empty text and 0. MailerLite shows a number sometimes as text, and may give it decimals.
    """
    if value is None:
        return None
    text = as_text(value).strip()
    whole = _INTEGER.fullmatch(text)
    if whole:
        return whole.group(1).lstrip("0") or None
    return text or None


def same_value(one: FieldValue, other: FieldValue) -> bool:
    """Return whether two values mean the same order number (or are both unset)."""
    return canonical(one) == canonical(other)
