"""Records that the services show broken, because a test wants it."""

from __future__ import annotations

import copy
from typing import Any, Final, Literal

import attrs

KINDS: Final = ("order", "product", "subscriber", "group", "field", "automation")
PLACES: Final = ("everywhere", "lists", "alone")
Place = Literal["everywhere", "lists", "alone"]


@attrs.frozen(kw_only=True)
class BrokenRecord:
    """How one record is broken wherever it is shown; the record itself stays as it is.

    Raises:
        ValueError: no such kind or place.
    """

    kind: str = attrs.field(validator=attrs.validators.in_(KINDS))
    """What kind of record it is, one of `KINDS`."""
    id: int
    """The record's id; the row id for an order."""
    set: dict[str, Any] = attrs.field(factory=dict, validator=attrs.validators.instance_of(dict))
    """Values by path (``products.0.price``); the empty path stands for the whole row."""
    drop: list[str] = attrs.field(factory=list, validator=attrs.validators.instance_of(list))
    """The paths of what is left out."""
    where: Place = attrs.field(default="everywhere", validator=attrs.validators.in_(PLACES))
    """``lists``: it is whole in a response about it alone. ``alone``: it is whole in lists."""

    def apply_to(self, row: dict[str, Any]) -> Any:
        """Returns the broken row."""
        broken: Any = {"": copy.deepcopy(row)}
        for path, value in self.set.items():
            parent, name = _parent(broken, path)
            parent[name] = copy.deepcopy(value)
        for path in self.drop:
            parent, name = _parent(broken, path)
            del parent[name]
        return broken[""]


class BrokenRecords:
    """The records that are broken at present, by kind and id."""

    def __init__(self) -> None:
        self._broken: dict[tuple[str, int], BrokenRecord] = {}
        self._versions: dict[tuple[str, int], int] = {}

    def add(self, record: BrokenRecord) -> None:
        """Breaks a record; it replaces how the record was broken before."""
        key = record.kind, record.id
        self._broken[key] = record
        self._versions[key] = self._versions.get(key, 0) + 1

    def restore(self, kind: str, number: int) -> None:
        """Shows a record whole again."""
        self._broken.pop((kind, number), None)
        self._versions[kind, number] = self._versions.get((kind, number), 0) + 1

    def version(self, kind: str, number: int) -> int:
        """Returns a number that changes whenever the record is shown in another way."""
        return self._versions.get((kind, number), 0)

    def row(self, kind: str, number: int, row: dict[str, Any], *, alone: bool = False) -> Any:
        """Returns the row as the service shows it; `alone`: in a response about this record alone."""
        record = self._broken.get((kind, number))
        if record is None or record.where == ("lists" if alone else "alone"):
            return row
        return record.apply_to(row)


def _parent(root: Any, path: str) -> tuple[Any, Any]:
    """Returns the object or list that holds a path, and the name or place of it there."""
    parent, name = root, ""
    for part in path.split(".") if path else ():
        parent = parent[name]
        name = int(part) if isinstance(parent, list) else part  # type: ignore[assignment]
    return parent, name
