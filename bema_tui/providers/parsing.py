"""Structuring foreign JSON with cattrs: odd values are accepted, unknown keys ignored, and every fault has its path."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from re import compile as pattern
from typing import Any, Final, NewType, TypeVar, get_origin

import attrs
from cattrs import BaseValidationError, ClassValidationError, Converter, IterableValidationError
from cattrs.cols import list_structure_factory
from cattrs.gen import make_dict_structure_fn

from bema_tui.bounds import AMOUNT, LIST_ROWS
from bema_tui.emails import trimmed, without_invisible
from bema_tui.text import clean, is_clean, on_screen

DigitId = NewType("DigitId", str)
"""An identifier of ASCII digits, from a string or a number."""

Label = NewType("Label", str)
"""Text of people, cleaned; a missing one is empty."""

Remark = NewType("Remark", str)
"""Text that nothing is decided by: cleaned; empty, whatever else stands there."""

Token = NewType("Token", str)
"""Text of a program (a key, a status): not empty, without controls, at most 255 characters."""

Email = NewType("Email", str)
"""An e-mail address as typed, without what is invisible around it; without controls, at most 320 characters."""

Count = NewType("Count", int)
"""A number of things, from a number or its digits, within ``LIST_ROWS``; null is none."""

Money = NewType("Money", Decimal)
"""An amount with any number of decimals, within ``AMOUNT``."""

MoneyIfAny = NewType("MoneyIfAny", Decimal)
"""An amount that nothing rests on: 0 where none can be read."""

Flag = NewType("Flag", bool)
"""Yes or no, also as 0, 1 or their text."""

Scalars = NewType("Scalars", dict[str, Any])
"""Custom fields by key: text (cleaned), finite numbers or nothing. PHP writes none as ``[]``; null says nothing."""

StructureHook = Callable[[Any, Any], Any]

T = TypeVar("T")

_DIGITS: Final = pattern(r"[0-9]{1,30}")
_DECIMAL: Final = pattern(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_MOST_NUMBER: Final = 10**18
_LONGEST_EMAIL: Final = 320


class FaultError(Exception):
    """A value that can't be used: the dotted path of each bad field, and what is wrong with it."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{path}: {text}" if path else text for path, text in faults[:3]))
        self.faults = faults

    @property
    def path(self) -> str:
        """The first bad field."""
        return self.faults[0][0]


def structure(raw: object, kind: type[T]) -> T:
    """``raw`` as the attrs class ``kind``.

    Raises:
        FaultError: with the path of every bad field.
    """
    try:
        return converter.structure(raw, kind)
    except BaseValidationError as error:
        faults = tuple(_faults(error, ""))
    except (ValueError, TypeError) as error:
        faults = (("", str(error)),)
    raise FaultError(faults)


def excerpt(value: object) -> str:
    """A bad value, short and safe, for a message."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return clean(repr(on_screen(value)) if isinstance(value, str) else str(value), 60)


def member(body: Mapping[str, object], key: str) -> Mapping[str, object]:
    """``body[key]`` if it is an object, else an empty one; PHP writes an empty object as ``[]``."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _faults(error: BaseException, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(error, ClassValidationError):
        named, rest = error.group_exceptions()
        for inner, note in named:
            yield from _faults(inner, f"{path}.{note.name}" if path else str(note.name))
    elif isinstance(error, IterableValidationError):
        indexed, rest = error.group_exceptions()
        for inner, place in indexed:
            yield from _faults(inner, f"{path}.{place.index}" if path else str(place.index))
    elif isinstance(error, BaseExceptionGroup):
        rest = [inner for inner in error.exceptions if isinstance(inner, Exception)]
    elif isinstance(error, FaultError):
        yield from ((f"{path}.{inner}" if path else inner, text) for inner, text in error.faults)
        return
    else:
        yield path, "is missing" if isinstance(error, KeyError) else clean(str(error) or "is not usable", 200)
        return
    for inner in rest:
        yield from _faults(inner, path)


def _plain_int(value: object) -> int | None:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_NUMBER * 1000 else None
    )


def _digit_id(value: object) -> str:
    number = _plain_int(value)
    text = str(number) if number is not None else value
    if isinstance(text, str) and _DIGITS.fullmatch(text):
        return text
    raise ValueError(f"{excerpt(value)} is not an id of digits")


def _label(value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return clean(value)
    if _plain_int(value) is not None or isinstance(value, float):
        return str(value)
    raise ValueError(f"{excerpt(value)} is not text")


def _remark(value: object) -> str:
    try:
        return _label(value)
    except ValueError:
        return ""


def _token(value: object) -> str:
    text = str(value) if _plain_int(value) is not None else value
    if isinstance(text, str) and 0 < len(text) <= 255 and is_clean(text):
        return text
    raise ValueError(f"{excerpt(value)} is not a usable text")


def _email(value: object) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST_EMAIL:
        seen = trimmed(value)
        seen = seen if is_clean(seen) else without_invisible(seen)
        if is_clean(seen):
            return seen
    raise ValueError(f"{excerpt(value)} is not a usable e-mail address")


def _count(value: object) -> int:
    if value is None:
        return 0
    number = LIST_ROWS.whole(int(value) if isinstance(value, float) and value.is_integer() else value)
    if number is not None:
        return number
    raise ValueError(f"{excerpt(value)} is not a count")


def _money(value: object) -> Decimal:
    text = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, str | int | float) and not isinstance(value, bool) and _DECIMAL.fullmatch(text):
        amount = Decimal(text)
        if amount in AMOUNT:
            return amount
        raise ValueError(f"{excerpt(value)} is not an amount {AMOUNT}")
    raise ValueError(f"{excerpt(value)} is not an amount")


def _money_if_any(value: object) -> Decimal:
    try:
        return _money(value)
    except ValueError:
        return Decimal(0)


def _scalar(value: object) -> str | int | float | None:
    if value is None:
        return None
    if isinstance(value, int) and abs(value) < _MOST_NUMBER:
        return int(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(f"{excerpt(value)} is not a field's value")


def _flag(value: object) -> bool:
    if value in (True, 1, "1", "true"):
        return True
    if value in (False, 0, "0", "false", "", None):
        return False
    raise ValueError(f"{excerpt(value)} is not yes or no")


def _many(value: object) -> list[object]:
    """A list, also where PHP wrote nothing, false, or an object with numbers as keys."""
    if value is None or value is False:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and all(str(key).isdigit() for key in value):
        return list(value.values())
    raise ValueError(f"{excerpt(value)} is not a list")


def _scalars(value: object) -> dict[str, object]:
    if value == []:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{excerpt(value)} is not an object of fields")
    result: dict[str, object] = {}
    faults: list[tuple[str, str]] = []
    for key, item in value.items():
        name = clean(str(key), 255)
        try:
            result[name] = _scalar(item)
        except ValueError as error:
            faults.append((name, str(error)))
    if faults:
        raise FaultError(tuple(faults))
    return result


def _object_hook(kind: type[Any], using: Converter) -> StructureHook:
    inner = make_dict_structure_fn(kind, using, _cattrs_detailed_validation=True)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"{excerpt(value)} is not an object")
        return inner(value, kind)

    return hook


def _list_hook(kind: type[Any], using: Converter) -> StructureHook:
    inner = list_structure_factory(kind, using)
    return lambda value, _: inner(_many(value), kind)


def _make_converter() -> Converter:
    made = Converter(detailed_validation=True)

    def register(kind: object, function: Callable[[object], object]) -> None:
        made.register_structure_hook_func(lambda asked: asked is kind, lambda value, _: function(value))

    register(DigitId, _digit_id)
    register(Label, _label)
    register(Remark, _remark)
    register(Token, _token)
    register(Email, _email)
    register(Count, _count)
    register(Money, _money)
    register(MoneyIfAny, _money_if_any)
    register(Flag, _flag)
    register(Scalars, _scalars)
    made.register_structure_hook_factory(_is_list, _list_hook)
    made.register_structure_hook_factory(attrs.has, _object_hook)
    return made


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list


converter: Final = _make_converter()
