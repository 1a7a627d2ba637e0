"""What a read of a service may be used for, and what of it can't be used."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Completeness(StrEnum):
    """What a read may be used for."""

    COMPLETE = "complete"
    """Everything came: what is not in it is not there."""
    PARTIAL = "partial"
    """What came is true; more may be there."""
    FAILED = "failed"
    """Nothing may rest on it."""


@frozen
class BrokenRow:
    """A field of a row that could not be used."""

    path: str
    """Where it stands: ``page 1: data.3.email``."""
    problem: str
    """What is wrong with it, with its value, as a clause."""
    subscriber_id: str = ""
    """Whose row it is; empty where that can't be read."""
    email: str = ""
    """The e-mail in the row; empty where that can't be read."""
    row: str = ""
    """Where the row stands: ``page 1: data.3``."""


@frozen
class Sample:
    """What a look at a few rows of a list found."""

    rows: int
    """How many there were."""
    broken: tuple[BrokenRow, ...] = ()
    """What can't be used of them."""


@frozen
class ConnectionReport:
    """What a connection test found: the service answered, and allows what we need."""

    identity: str
    """Who answered: the account's id, or the shop's URL."""
    seconds: float = 0.0
    """How long the answer took."""
    sample: Sample | None = None
    """How a few rows look; None where none were asked for."""
