"""The checks of a plan: what each found, with its figures, and what follows. Records only; the words are made last."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from attrs import frozen


class CheckName(StrEnum):
    """Which check it is."""

    SHOP_READ = "shop_read"
    """Whether the shop's sales were read, and each of them can be read."""
    MEMBERS_READ = "members_read"
    """Whether MailerLite's subscribers were read, and each of them can be read."""
    TIERS_KEPT = "tiers_kept"
    """Whether everybody still stands in a tier when the plan is applied."""
    NOBODY_CREATED = "nobody_created"
    """Whether the plan creates subscribers."""
    NOTHING_TAKEN_BACK = "nothing_taken_back"
    """Whether the plan takes purchases back after a refund."""
    NO_READ_SHRANK = "no_read_shrank"
    """Whether a read gave much less than the last good one."""
    FEW_MOVES = "few_moves"
    """Whether the plan moves more subscribers than may be moved without a look at it."""
    OLDER = "older"
    """A check that an older version of this program wrote down, in its words."""


class CheckResult(StrEnum):
    """What follows from a check."""

    PASSED = "passed"
    """All is well."""
    LOOK = "look"
    """Somebody should look at it; it holds nothing up."""
    HOLD = "hold"
    """The plan needs an approval: it waits for the yes of somebody who saw it."""
    REFUSE = "refuse"
    """Nothing of the plan may be applied."""


class ReadSide(StrEnum):
    """What a read is counted by."""

    MEMBERS = "members"
    """Members of the campaign's groups, as MailerLite showed them."""
    ORDERS = "orders"
    """Orders that the shop listed."""


@frozen
class ReadSizes:
    """How much a read of both sides gave."""

    members: int | None
    """Members of the campaign's groups; None: they were never read."""
    orders: int | None
    """Orders that the shop listed; None: they were never read."""


@frozen
class ShrunkRead:
    """A read that gave much less than the last good one."""

    side: ReadSide
    """What was read."""
    before: int
    """How many there were at the last good read."""
    now: int
    """How many there are now."""


@frozen
class ShopCheck:
    """``SHOP_READ``."""

    name: ClassVar = CheckName.SHOP_READ
    result: CheckResult
    """What follows."""
    whole: bool
    """Whether the whole list was read, not its newest orders alone."""
    orders: int
    """Orders that were read."""
    unreadable: int
    """Sales that can't be read."""


@frozen
class MembersCheck:
    """``MEMBERS_READ``."""

    name: ClassVar = CheckName.MEMBERS_READ
    result: CheckResult
    """What follows."""
    members: int
    """Members who were read."""
    left_alone: int
    """Subscribers who can't be read, and of whom nothing is planned."""
    incomplete_groups: tuple[str, ...] = ()
    """Groups not all of whose members could be read."""


@frozen
class TiersCheck:
    """``TIERS_KEPT``."""

    name: ClassVar = CheckName.TIERS_KEPT
    result: CheckResult
    """What follows."""
    stranded: int
    """Subscribers whom the plan would leave without a tier."""


@frozen
class CreatedCheck:
    """``NOBODY_CREATED``."""

    name: ClassVar = CheckName.NOBODY_CREATED
    result: CheckResult
    """What follows."""
    created: int
    """Subscribers whom the plan creates."""


@frozen
class TakenBackCheck:
    """``NOTHING_TAKEN_BACK``."""

    name: ClassVar = CheckName.NOTHING_TAKEN_BACK
    result: CheckResult
    """What follows."""
    subscribers: int
    """Subscribers whose purchase is taken back."""


@frozen
class ShrunkCheck:
    """``NO_READ_SHRANK``."""

    name: ClassVar = CheckName.NO_READ_SHRANK
    result: CheckResult
    """What follows."""
    percent: float
    """By how much a read may be smaller than the last good one."""
    reads: tuple[ShrunkRead, ...] = ()
    """Those that shrank by more."""


@frozen
class MovesCheck:
    """``FEW_MOVES``."""

    name: ClassVar = CheckName.FEW_MOVES
    result: CheckResult
    """What follows."""
    moves: int
    """Subscribers whom the plan moves."""
    members: int
    """Members of the campaign."""
    limit: int
    """How many may be moved without a look at the plan."""


@frozen
class OlderCheck:
    """``OLDER``."""

    name: ClassVar = CheckName.OLDER
    result: CheckResult
    """What follows."""
    text: str
    """What it says."""


Check = ShopCheck | MembersCheck | TiersCheck | CreatedCheck | TakenBackCheck | ShrunkCheck | MovesCheck | OlderCheck
"""One check of a plan."""


def passed_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks in which all is well."""
    return _with(checks, CheckResult.PASSED)


def holding_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks for which the plan needs an approval."""
    return _with(checks, CheckResult.HOLD)


def refusing_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks for which nothing of the plan may be applied."""
    return _with(checks, CheckResult.REFUSE)


def _with(checks: Iterable[Check], result: CheckResult) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.result is result)
