"""The way of reading: its requests, its share of the quota, and which one is taken."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import ReadingStrategy
from bema_tui.providers.quota.period import BatchCost
from bema_tui.sync.read.costs import (
    ReadingNeeds,
    by_groups,
    by_sweep,
    cheapest,
    worth_counting,
)

NEEDS = ReadingNeeds(passes=[3000, 0, 40], outside=60, outside_known=10, several=2, account=10_000)


def test_groups_take_their_pages_and_a_look_at_every_buyer_in_none() -> None:
    cost = by_groups(NEEDS)
    # Two requests for 60 buyers, 2 people in two tiers, and somebody known, who proves that look-ups find.
    assert (cost.requests, cost.units) == (3 + 1 + 1 + 2, 5 + (2 + 2 + 60 + 1))
    assert by_groups(evolve(NEEDS, passes=[0, 0], several=0)).requests == 2 + 1 + 2


def test_a_sweep_takes_the_accounts_pages_and_a_second_look_at_those_it_found_in_no_group() -> None:
    cost = by_sweep(NEEDS)
    assert (cost.requests, cost.units) == (100 + 1, 100 + 1 + 2 + 10)
    assert by_sweep(evolve(NEEDS, finds_unknown=True)).requests == 102
    assert by_sweep(evolve(NEEDS, account_page=1000)).requests == 11


def test_free_items_make_a_batch_one_request() -> None:
    free = evolve(NEEDS, batch=BatchCost(1, 0))
    assert by_groups(free).units == by_groups(free).requests
    assert cheapest(free).strategy is ReadingStrategy.BY_GROUPS


@given(
    passes=st.lists(st.integers(0, 5000), max_size=12),
    outside=st.integers(0, 400),
    known=st.integers(0, 400),
    account=st.integers(0, 50_000),
    page=st.sampled_from([100, 1000]),
)
def test_the_cheaper_is_taken_and_the_account_counted_only_if_that_can_matter(
    passes: list[int], outside: int, known: int, account: int, page: int
) -> None:
    account = max([account, *passes])
    needs = ReadingNeeds(passes, outside, min(known, outside), 0, None, account_page=page)
    counted = evolve(needs, account=account)
    assert cheapest(needs).strategy is ReadingStrategy.BY_GROUPS, "nobody sweeps an account of unknown size"
    assert cheapest(counted).units == min(by_groups(counted).units, by_sweep(counted).units)
    swept = cheapest(counted).strategy is ReadingStrategy.BY_SWEEP
    if swept and by_sweep(counted).units + 1 < by_groups(counted).units:
        assert worth_counting(needs)
