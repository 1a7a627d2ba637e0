"""What each way of reading a campaign's members costs, before anything of it is read; the cheapest is taken. Pure."""

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
    """What is known before reading."""

    passes: Sequence[int]
    """How many members each group and status that is read should have, by the group's own counts."""
    outside: int
    """How many buyers are expected in no group."""
    outside_known: int
    """How many of `outside` MailerLite is expected to know."""
    several: int
    """How many members are expected in more than one tier."""
    account: int | None
    """How many subscribers the account holds; None: nobody asked, because it was not worth a request."""
    group_page: int = GROUP_PAGE
    """How many rows a page of a group holds."""
    account_page: int = ACCOUNT_PAGE
    """How many rows a page of the account holds."""
    finds_unknown: bool = False
    """Whether buyers must be looked up even after a sweep did not show them."""
    batch: BatchCost = field(factory=BatchCost)
    """What batches take of the quota."""


@frozen
class ReadingCost:
    """A way of reading and its cost.

    Both ways are safe by the domain rules, section 6: a row without groups fails the read, a subscriber who shows two
    tiers or who bought and shows none is read again, and what came is compared with the groups' own counts.
    """

    strategy: ReadingStrategy
    """The way of reading."""
    requests: int
    """How many HTTP requests it makes."""
    units: int
    """What the quota counts of them."""


def by_groups(needs: ReadingNeeds) -> ReadingCost:
    """Return the cost of each group and status by itself, then a look-up for every buyer whom no group showed."""
    pages = sum(max(1, math.ceil(members / needs.group_page)) for members in needs.passes)
    pages += bool(needs.outside and not sum(needs.passes))  # nobody read is known: the newest subscribers are
    return _with_looks(ReadingStrategy.BY_GROUPS, pages, needs.several + _by_email(needs.outside), needs.batch)


def by_sweep(needs: ReadingNeeds) -> ReadingCost:
    """Return the cost of the whole account once, then a second look at the buyers who are in no group."""
    subscribers = needs.account if needs.account is not None else max(needs.passes, default=0)
    pages = max(1, math.ceil(subscribers / needs.account_page))
    unknown = needs.outside - needs.outside_known if needs.finds_unknown else 0
    looks = needs.several + needs.outside_known + _by_email(unknown)
    return _with_looks(ReadingStrategy.BY_SWEEP, pages, looks, needs.batch)


def worth_counting(needs: ReadingNeeds) -> bool:
    """Return whether a sweep could be cheaper, with the fewest the account can hold and a request to count them."""
    return by_sweep(needs).units + 1 < by_groups(needs).units


def cheapest(needs: ReadingNeeds) -> ReadingCost:
    """Return the way that takes least of the quota; by groups where both take the same, or the size is not known."""
    groups, swept = by_groups(needs), by_sweep(needs)
    return swept if needs.account is not None and swept.units < groups.units else groups


def _by_email(emails: int) -> int:
    """Return the look-ups of so many e-mails, with the one of somebody known that proves the others."""
    return emails + 1 if emails else 0


def _with_looks(strategy: ReadingStrategy, pages: int, looks: int, batch: BatchCost) -> ReadingCost:
    """Return the cost of so many pages and closer looks, fifty in a batch."""
    whole, rest = divmod(looks, MOST_ITEMS)
    units = pages + whole * batch.units(1 + MOST_ITEMS) + (batch.units(1 + rest) if rest else 0)
    return ReadingCost(strategy, pages + whole + bool(rest), units)
