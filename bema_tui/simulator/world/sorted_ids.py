"""Ids in ascending order, so that a cursor is found without a scan."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable


class SortedIds:
    """A set of ids that is read in pages, the largest id first."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = sorted(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._ids, number)
        return place < len(self._ids) and self._ids[place] == number

    def add(self, number: int) -> None:
        if not self._ids or number > self._ids[-1]:
            self._ids.append(number)
        elif number not in self:
            insort(self._ids, number)

    def discard(self, number: int) -> None:
        place = bisect_left(self._ids, number)
        if place < len(self._ids) and self._ids[place] == number:
            del self._ids[place]

    def newest(self, limit: int | None, offset: int = 0) -> list[int]:
        """Returns ids from the largest down, after `offset` of them; all when there is no limit."""
        end = max(0, len(self._ids) - offset)
        start = 0 if limit is None else max(0, end - limit)
        return self._ids[start:end][::-1]

    def below(self, number: int, limit: int) -> list[int]:
        """Returns up to `limit` ids under `number`, from the largest down."""
        end = bisect_left(self._ids, number)
        return self._ids[max(0, end - limit) : end][::-1]

    def above(self, number: int, limit: int) -> list[int]:
        """Returns the `limit` ids next above `number`, from the largest down."""
        start = bisect_left(self._ids, number + 1)
        return self._ids[start : start + limit][::-1]
