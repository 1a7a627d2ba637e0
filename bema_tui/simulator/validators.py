"""Checks of the numbers in settings and fault profiles."""

from __future__ import annotations

from typing import Any

import attrs


def share(_instance: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{field.name} is a share from 0 to 1, not {value!r}")


def seconds(_instance: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{field.name} is a number from 0, not {value!r}")


def whole(_instance: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{field.name} is a whole number from 0, not {value!r}")


whole_or_none = attrs.validators.optional(whole)
