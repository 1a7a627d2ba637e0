"""Orders: which count, which one the field names, what the field can hold. Domain rules, section 4."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import Order
from bema_tui.rules.choices import Rules
from bema_tui.rules.purchases import KnownOrder, by_age, choose, is_valid, not_settled, since, writable_number
from tests.rules.builders import CAMPAIGN, DAY, order


@pytest.mark.parametrize(
    ("known", "rules", "valid"),
    [
        (order(), Rules(), True),
        (order(status="partially_refunded"), Rules(), True),
        (order(status="partially_refunded"), Rules(partial_refund_counts=False), False),
        (order(status="revoked"), Rules(), False),
        (order(status="on_hold"), Rules(), False),
        (order(status="refunded", listed=False), Rules(), False),
        (order(listed=False), Rules(), False),
        (order(mode="test"), Rules(), False),
        (order(product="12"), Rules(), False),
        (order(price="0"), Rules(), False),
        (order(price="0"), Rules(count_free_orders=True), True),
    ],
)
def test_which_orders_are_valid(known: KnownOrder, rules: Rules, valid: bool) -> None:
    assert is_valid(known, CAMPAIGN, rules) is valid


def test_the_price_is_that_of_the_campaigns_item() -> None:
    free, paid = order(price="0").order, order(product="12").order
    both = KnownOrder(evolve(free, items=(*free.items, *paid.items)), listed=True)
    assert not is_valid(both, CAMPAIGN, Rules())
    assert is_valid(both, evolve(CAMPAIGN, product_ids=("11", "12")), Rules())


def test_revoked_and_on_hold_are_not_settled_while_listed() -> None:
    states = [not_settled(order(status=status), CAMPAIGN, Rules()) for status in ("revoked", "on_hold", "complete")]
    assert states == [True, True, False]
    assert not not_settled(order(status="on_hold", listed=False), CAMPAIGN, Rules())


@pytest.mark.parametrize(
    ("number", "kind", "value"),
    [
        ("10391", "number", "10391"),
        ("999999999999999", "number", "999999999999999"),
        ("1000000000000000", "number", None),
        ("010391", "number", None),
        ("0", "number", None),
        ("", "number", None),
        ("BEMA-3-X", "number", None),
        ("٣", "number", None),
        ("12\n", "number", None),
        ("BEMA-3-X", "text", "BEMA-3-X"),
        ("010391", "text", "010391"),
        ("0", "text", None),
        ("", "text", None),
        ("10391", "date", None),
    ],
)
def test_what_a_field_can_hold(number: str, kind: str, value: str | None) -> None:
    assert writable_number(number, kind) == value


@given(st.integers(1, 10**15 - 1))
def test_a_number_of_digits_is_written_as_it_is(number: int) -> None:
    assert writable_number(str(number)) == str(number)


ORDERS = st.lists(
    st.builds(
        lambda number, days, key: order(str(number), days=days, key=key).order,
        st.integers(1, 9),
        st.integers(0, 3),
        st.sampled_from("abcdef"),
    ),
    min_size=1,
    max_size=6,
)


@given(valid=ORDERS, stored=st.integers(1, 12))
def test_the_stored_order_stays_else_the_earliest_is_taken(valid: Sequence[Order], stored: int) -> None:
    choice = choose(valid, stored)
    assert choice is not None
    if any(one.number == str(stored) for one in valid):
        assert choice.keep
        assert choice.order.number == str(stored)
    else:
        assert not choice.keep
        assert all(by_age(choice.order) <= by_age(one) for one in valid)


def test_an_accepted_row_id_stands_for_its_order() -> None:
    valid = [order("10391", key="k1").order, order("10400", key="k2", days=1).order]
    choice = choose(valid, "57", {"57": valid[1].identity})
    assert choice is not None
    assert (choice.order.key, choice.keep) == ("k2", True)
    other = choose(valid, "57", {"57": order("1", key="somebody else's").order.identity})
    assert other is not None
    assert (other.order.key, other.keep) == ("k1", False)


@pytest.mark.fault("D2")
def test_of_orders_with_one_key_the_accepted_one_is_meant() -> None:
    first, renewal = order("10391", key="k").order, order("10400", key="k", days=365).order
    choice = choose([first, renewal], "57", {"57": renewal.identity})
    assert choice is not None
    assert (choice.order, choice.keep) == (renewal, True)


@pytest.mark.fault("A1")
def test_an_order_whose_date_is_unknown_comes_last_and_is_since_nothing() -> None:
    undated = evolve(order("10001").order, date_utc=None)
    late = order("10391", days=400).order
    choice = choose([undated, late], None)
    assert choice is not None
    assert choice.order == late
    alone = choose([undated], None)
    assert alone is not None
    assert alone.order == undated
    assert since(undated, None)
    assert not since(undated, DAY)
    assert since(late, DAY)


def test_no_order_no_choice() -> None:
    assert choose([], "10391") is None
