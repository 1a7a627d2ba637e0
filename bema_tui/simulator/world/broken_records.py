"""Records that come out of the services broken, and single requests that are answered as a test wants it."""

from __future__ import annotations

import copy
from typing import Any, Final, Literal

import attrs

KINDS: Final = ("order", "product", "subscriber", "group", "field", "automation")
WHERE: Final = ("everywhere", "lists", "alone")
Where = Literal["everywhere", "lists", "alone"]


@attrs.frozen(kw_only=True)
class Break:
    """How one record is broken wherever it is shown; the record itself stays as it is.

    Raises:
        ValueError: no such kind or place.
    """

    kind: str = attrs.field(validator=attrs.validators.in_(KINDS))
    id: int
    """A row id for an order."""
    set: dict[str, Any] = attrs.field(factory=dict, validator=attrs.validators.instance_of(dict))
    """Values by path (``products.0.price``); the empty path stands for the whole row."""
    drop: list[str] = attrs.field(factory=list, validator=attrs.validators.instance_of(list))
    """Paths of what is left out."""
    where: Where = attrs.field(default="everywhere", validator=attrs.validators.in_(WHERE))
    """``lists``: whole in an answer about it alone. ``alone``: the other way."""

    def applied(self, row: dict[str, Any]) -> Any:
        broken: Any = {"": copy.deepcopy(row)}
        for path, value in self.set.items():
            at, name = _parent(broken, path)
            at[name] = copy.deepcopy(value)
        for path in self.drop:
            at, name = _parent(broken, path)
            del at[name]
        return broken[""]


class BrokenRows:
    """The records that are broken at present, by kind and id."""

    def __init__(self) -> None:
        self._breaks: dict[tuple[str, int], Break] = {}
        self._marks: dict[tuple[str, int], int] = {}

    def add(self, one: Break) -> None:
        """Breaks a record, in the place of how it was broken before."""
        name = one.kind, one.id
        self._breaks[name] = one
        self._marks[name] = self._marks.get(name, 0) + 1

    def mend(self, kind: str, number: int) -> None:
        """Shows a record whole again."""
        self._breaks.pop((kind, number), None)
        self._marks[kind, number] = self._marks.get((kind, number), 0) + 1

    def mark(self, kind: str, number: int) -> int:
        """A number that changes whenever the record begins to be shown in another way."""
        return self._marks.get((kind, number), 0)

    def shown(self, kind: str, number: int, row: dict[str, Any], *, alone: bool = False) -> Any:
        """The row as it comes out of the service."""
        found = self._breaks.get((kind, number))
        if found is None or found.where == ("lists" if alone else "alone"):
            return row
        return found.applied(row)


@attrs.define(kw_only=True)
class Scripted:
    """An answer that stands in for the service's own, to one method and path; the request has no effect.

    `path` is below ``/api`` for MailerLite (``subscribers/1``), also as an item of a batch; for the shop it is the
    endpoint with what is asked for (``sales?id=7``).
    """

    side: Literal["mailerlite", "edd"] = attrs.field(
        default="mailerlite", validator=attrs.validators.in_(("mailerlite", "edd"))
    )
    method: str = "GET"
    path: str
    status: int = attrs.field(default=500, validator=attrs.validators.instance_of(int))
    body: Any = None
    times: int | None = None
    """How often; None: always."""


class ScriptedAnswers:
    """Answers that a test wants instead of the services' own."""

    def __init__(self) -> None:
        self._answers: list[Scripted] = []

    def add(self, one: Scripted) -> None:
        self._answers.append(one)

    def take(self, side: str, method: str, path: str) -> Scripted | None:
        """The answer for this request, the one that was added first, if any."""
        for one in self._answers:
            if (one.side, one.method, one.path) == (side, method, path) and one.times != 0:
                if one.times is not None:
                    one.times -= 1
                return one
        return None

    def clear(self) -> None:
        self._answers.clear()


def _parent(root: Any, path: str) -> tuple[Any, Any]:
    """The object or list that holds a path, and the name or place of it there."""
    at, name = root, ""
    for part in path.split(".") if path else ():
        at = at[name]
        name = int(part) if isinstance(at, list) else part  # type: ignore[assignment]
    return at, name
