"""A small language for the shape of an answer, and the comparison of a value with it.

A text names types, with `|` between those that are allowed; a dict names every key that there must be, and no other:
`name?` may be missing, `*` stands for further keys; a list of one shape is a list of such things, an empty list is an
empty list; a tuple offers several shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_MONEY = re.compile(r"-?\d+\.\d{9}", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


TYPES: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "false": lambda value: value is False,
    "int": _is_int,
    "number": lambda value: _is_int(value) or isinstance(value, float),
    "text": lambda value: isinstance(value, str) and value != "",
    "empty": lambda value: value == "" and isinstance(value, str),
    "digits": lambda value: isinstance(value, str) and _DIGITS.fullmatch(value) is not None,
    "signed": lambda value: isinstance(value, str) and _DIGITS.fullmatch(value.removeprefix("-")) is not None,
    "hex": lambda value: isinstance(value, str) and _HEX.fullmatch(value) is not None,
    "money": lambda value: isinstance(value, str) and _MONEY.fullmatch(value) is not None,
    "time": lambda value: isinstance(value, str) and _TIME.fullmatch(value) is not None,
    "iso": lambda value: isinstance(value, str) and _ISO.fullmatch(value) is not None,
}


def differences(value: Any, shape: Any, path: str = "$") -> list[str]:
    """Where a value is not of a shape, by path; empty if it is."""
    if isinstance(shape, str):
        fits = any(TYPES[name](value) for name in shape.split("|"))
        return [] if fits else [f"{path}: {value!r} is not {shape}"]
    if isinstance(shape, tuple):
        found = [differences(value, one, path) for one in shape]
        return min(found, key=len)
    if isinstance(shape, list):
        return _list_differences(value, shape, path)
    return _dict_differences(value, shape, path)


def _list_differences(value: Any, shape: list[Any], path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: {value!r} is not a list"]
    if not shape:
        return [f"{path}: {len(value)} things in a list that is empty"] if value else []
    return [line for place, one in enumerate(value) for line in differences(one, shape[0], f"{path}[{place}]")]


def _dict_differences(value: Any, shape: dict[str, Any], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is not an object"]
    named = {key.removesuffix("?"): inner for key, inner in shape.items() if key != "*"}
    needed = {key for key in shape if key != "*" and not key.endswith("?")}
    found = [f"{path}.{key}: missing" for key in sorted(needed - set(value))]
    for key, inner in value.items():
        if key not in named and "*" not in shape:
            found.append(f"{path}.{key}: unheard of")
        else:
            found += differences(inner, named.get(key, shape.get("*")), f"{path}.{key}")
    return found
