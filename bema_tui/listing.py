"""A foreign list as it came: the rows that can be used, and what is known of those that can't."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, overload

from attrs import Factory, field, frozen

from bema_tui.emails import key_of

T_co = TypeVar("T_co", covariant=True)


@frozen
class UnreadRow:
    """A row of a list that can't be used. What can't be read of it is empty."""

    path: str
    """Where it stands in the list."""
    problem: str
    """What is wrong with it."""
    id: str = ""
    """Its id."""
    name: str = ""
    """Its name."""
    usable: bool = False
    """Whether it is among the list's rows all the same, because nothing rests on what is wrong with it."""


@frozen
class UnreadableSale:
    """A row of the shop's sales that can't be used. What can't be read of it is empty."""

    place: str
    """Where it stood in the list, as ``page 1: sales.3``."""
    path: str
    """Its first bad field."""
    problem: str
    """Every bad field with its value, and what is wrong with it."""
    number: str = ""
    """Its ``ID``."""
    key: str = ""
    """Its purchase key."""
    email: str = ""
    """Its e-mail as typed."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing; empty means that the sale could concern anybody."""


@frozen
class Listing(Sequence[T_co]):
    """A whole list: the rows that can be used, which it is a sequence of, and those that can't."""

    rows: tuple[T_co, ...]
    """The rows that can be used."""
    broken: tuple[UnreadRow, ...] = ()
    """The rows that can't be used whole."""

    @overload
    def __getitem__(self, place: int) -> T_co: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[T_co, ...]: ...

    def __getitem__(self, place: int | slice) -> T_co | tuple[T_co, ...]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def hiding(self) -> tuple[UnreadRow, ...]:
        """The rows that are not among the others: what a list lacks may be one of them."""
        return tuple(row for row in self.broken if not row.usable)
