"""Turns the plain values of file, environment and flags into records, and names everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import cattrs
from attrs import fields, fields_dict, frozen, resolve_types
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, override

from bema_tui.bounds import SETTINGS, Bounds
from bema_tui.environment import is_text
from bema_tui.secrets import Secret

R = TypeVar("R")

Tables = Mapping[str, Mapping[str, type]]
"""The tables of a settings file: the records that each is made of, by the name that the whole has for them."""


@frozen
class Mistake:
    """One thing that is wrong. It never holds a value, which may be a secret."""

    name: str
    """The setting as an operator writes it; empty where there is none of that name."""
    words: str
    """What is wrong, to be read behind the name."""


class WrongValues(Exception):
    """The values hold mistakes."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = mistakes


def structure(values: Mapping[str, Any], whole: type[R], plain: frozenset[str], tables: Tables) -> R:
    """Return the record that ``values`` make: those of its own that are ``plain``, and one record for each of a table.

    Raises:
        WrongValues: with every mistake.
    """
    arguments, unknown = _sorted_out(values, plain, tables)
    try:
        record = _converter(tables).structure(arguments, whole)
    except ClassValidationError as error:
        raise WrongValues((*unknown, *_mistakes(error, tables))) from None
    if unknown:
        raise WrongValues(unknown)
    return record


def _sorted_out(
    values: Mapping[str, Any], plain: frozenset[str], tables: Tables
) -> tuple[dict[str, Any], tuple[Mistake, ...]]:
    """The values by the record that they belong to, and those that belong to none."""
    arguments: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in values.items():
        if name in tables:
            for key, entry in value.items():
                owner = next((one for one, record in tables[name].items() if key in fields_dict(record)), None)
                if owner is None:
                    unknown.append(f"{name}.{key}")
                else:
                    arguments.setdefault(owner, {})[key] = entry
        elif name in plain:
            arguments[name] = value
        else:
            unknown.append(name)
    return arguments, tuple(Mistake("", f"unknown setting {name}") for name in unknown)


def _converter(tables: Tables) -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(Secret, _secret)
    converter.register_structure_hook_func(_is(tuple), _texts)
    converter.register_structure_hook_func(_is(Literal), _choice)
    for kind in (bool, str):
        converter.register_structure_hook(kind, _strict(kind))
    for table, records in tables.items():
        for record in records.values():
            numbers: dict[str, Any] = {
                entry.name: override(struct_hook=_number(SETTINGS[f"{table}.{entry.name}"], whole=entry.type is int))
                for entry in fields(resolve_types(record))
                if entry.type in (int, float)
            }
            converter.register_structure_hook(record, make_dict_structure_fn(record, converter, **numbers))
    return converter


def _mistakes(error: BaseException, tables: Tables, path: tuple[str, ...] = ()) -> tuple[Mistake, ...]:
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        inside = [(inner, (*path, note.name)) for inner, note in with_notes] + [(inner, path) for inner in without]
        return tuple(mistake for inner, place in inside for mistake in _mistakes(inner, tables, place))
    ours = isinstance(error, (ValueError, TypeError)) and str(error).startswith("must ")
    return (Mistake(_name(path, tables), f": {error if ours else 'wrong value'}"),)


def _name(path: tuple[str, ...], tables: Tables) -> str:
    """A place in the whole, as operators write the setting."""
    owner, *rest = path
    table = next((name for name, records in tables.items() if owner in records), owner)
    return ".".join((table, *rest))


def _secret(value: object, _type: object) -> Secret:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return Secret(_text(value))


def _text(value: str) -> str:
    """A text without blanks around it."""
    if not is_text(value):
        raise ValueError("must be text in UTF-8")
    if "\0" in value:
        raise ValueError("must not hold a NUL")
    return value.strip()


def _is(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _texts(value: object, _type: object) -> tuple[str, ...]:
    """A list of texts: one text alone would be taken for a list of its letters."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('must be a list of texts, such as ["one", "two"]')
    return tuple(_text(entry) for entry in value)


def _choice(value: object, kind: Any) -> object:
    """One of the words that a setting knows."""
    if value not in get_args(kind):
        raise ValueError(f"must be {' or '.join(map(repr, get_args(kind)))}")
    return value


def _strict(kind: type) -> Any:
    """Nothing is bent."""

    def structure(value: object, _type: object) -> object:
        if kind is bool:
            if isinstance(value, bool):
                return value
            raise ValueError("must be true or false")
        if isinstance(value, str):
            return _text(value)
        raise ValueError("must be text")

    return structure


def _number(bounds: Bounds, *, whole: bool) -> Any:
    """Numbers within their bounds. They may come as text: the environment has nothing else."""

    def structure(value: object, _type: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError("must be a number")  # noqa: TRY004 (cattrs collects both; the words are what counts)
        try:
            number = int(value) if isinstance(value, int) or (whole and isinstance(value, str)) else float(value)
        except ValueError:
            raise ValueError(f"must be a {'whole ' if whole else ''}number {bounds}") from None
        if number not in bounds:
            raise ValueError(f"must be {bounds}")
        if whole and number != int(number):
            raise ValueError(f"must be a whole number {bounds}")
        return int(number) if whole else float(number)

    return structure
