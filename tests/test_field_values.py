"""Values of a field: which of them mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.field_values import FieldValue, canonical, same_value


@given(st.integers(1, 10**15 - 1), st.integers(0, 4))
def test_values_compare_as_integers(number: int, zeros: int) -> None:
    for value in (str(number), "0" * zeros + str(number), f"{number}.0", f"{number}.000", float(number), f" {number} "):
        assert same_value(number, value)
        assert same_value(value, number)
        assert not same_value(number + 1, value)


@pytest.mark.parametrize("unset", [None, "", " ", 0, "0", "000", 0.0, "0.0"])
def test_unset_in_all_its_forms(unset: FieldValue) -> None:
    assert same_value(unset, None)
    assert canonical(unset) is None
    assert not same_value(unset, "1")


@pytest.mark.parametrize(("one", "other"), [("BEMA-3-X", "BEMA-3-Y"), ("12.5", "12"), ("1e3", 1000), ("-1", 1)])
def test_what_is_no_whole_number_compares_as_it_is(one: FieldValue, other: FieldValue) -> None:
    assert same_value(one, one)
    assert not same_value(one, other)
