"""What each way of reading a campaign's people costs, before anything of it is read; the cheapest is taken. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import field, frozen

from bema_tui.model import ReadingStrategy
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.providers.quota.period import BatchCost

GROUP_PAGE = 1000
ACCOUNT_PAGE = 100
"""Rows a page holds until an answer said: the service's documentation, and what is known to be granted."""


@frozen
class ReadingNeeds:
    """What is known before reading.

    ``passes`` are the members of each group and status that is asked for, by the group's own counts. ``outside`` are
    buyers who are expected in no group, ``outside_known`` those of them whom MailerLite is expected to know, and
    ``several`` people who are expected in more than one tier. ``account`` is the number of people in it, None when it
    was not worth asking. ``finds_unknown`` says that buyers must be looked up even after a sweep did not show them.
    """

    passes: Sequence[int]
    outside: int
    outside_known: int
    several: int
    account: int | None
    group_page: int = GROUP_PAGE
    account_page: int = ACCOUNT_PAGE
    finds_unknown: bool = False
    batch: BatchCost = field(factory=BatchCost)


@frozen
class ReadingCost:
    """A way of reading, its HTTP requests, and what they take of the quota.

    Both ways are safe by the domain rules, section 6: rows without groups fail them, who shows two tiers or bought and
    shows none is read again, and the groups' own counts are held against what came.
    """

    strategy: ReadingStrategy
    requests: int
    units: int


def by_groups(needs: ReadingNeeds) -> ReadingCost:
    """Return the cost of each group and status by itself, then a look-up for every buyer whom no group showed."""
    pages = sum(max(1, math.ceil(people / needs.group_page)) for people in needs.passes)
    pages += bool(needs.outside and not sum(needs.passes))  # nobody read is known: the newest people are read for it
    return _with_looks(ReadingStrategy.BY_GROUPS, pages, needs.several + _by_address(needs.outside), needs.batch)


def by_sweep(needs: ReadingNeeds) -> ReadingCost:
    """Return the cost of the whole account once, then a second look at the buyers who are in no group."""
    people = needs.account if needs.account is not None else max(needs.passes, default=0)
    pages = max(1, math.ceil(people / needs.account_page))
    unknown = needs.outside - needs.outside_known if needs.finds_unknown else 0
    people_again = needs.several + needs.outside_known + _by_address(unknown)
    return _with_looks(ReadingStrategy.BY_SWEEP, pages, people_again, needs.batch)


def worth_counting(needs: ReadingNeeds) -> bool:
    """Return whether a sweep could be cheaper, with the fewest people the account can hold and a request to count."""
    return by_sweep(needs).units + 1 < by_groups(needs).units


def cheapest(needs: ReadingNeeds) -> ReadingCost:
    """Return the way that takes least of the quota; by groups where both take the same, or the size is not known."""
    groups, swept = by_groups(needs), by_sweep(needs)
    return swept if needs.account is not None and swept.units < groups.units else groups


def _by_address(people: int) -> int:
    """Return the look-ups of so many addresses, with the one of somebody known that proves the others."""
    return people + 1 if people else 0


def _with_looks(strategy: ReadingStrategy, pages: int, people: int, batch: BatchCost) -> ReadingCost:
    """With a closer look at so many people, fifty in a batch."""
    whole, rest = divmod(people, MOST_ITEMS)
    units = pages + whole * batch.units(1 + MOST_ITEMS) + (batch.units(1 + rest) if rest else 0)
    return ReadingCost(strategy, pages + whole + bool(rest), units)
