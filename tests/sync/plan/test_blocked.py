"""A campaign without a field that can hold an order's number is blocked."""

from __future__ import annotations

import pytest

from bema_tui.errors import BemaError, NeedsNewSync
from bema_tui.listing import UnreadRow
from bema_tui.model import Campaign, CustomField
from bema_tui.rules.groups_and_field import check_campaign
from bema_tui.sync.plan.blocked import refuse_blocked

CODE = "2024_ETB_NBL"
NAME = f"{CODE}_PURCHASE"
HIDDEN = UnreadRow("data.3", "name: is no text")


def field(kind: str) -> CustomField:
    return CustomField("1", NAME, NAME.lower(), kind)


def blocked(*fields: CustomField, hidden: tuple[UnreadRow, ...] = ()) -> None:
    check = check_campaign(Campaign(CODE, "No Better Love", ("118",)), (), fields, (), hidden)
    refuse_blocked(CODE, check.field, check)


@pytest.mark.parametrize("kind", ["number", "text"])
def test_a_field_that_can_hold_an_order_number_blocks_nothing(kind: str) -> None:
    blocked(field(kind), hidden=(HIDDEN,))


def test_one_that_the_plan_creates_blocks_nothing() -> None:
    check = check_campaign(Campaign(CODE, "No Better Love", ("118",)), (), ())
    refuse_blocked(CODE, field("number"), check)


def test_a_field_of_another_type_says_what_helps() -> None:
    with pytest.raises(BemaError, match="a purchase field of type date") as refused:
        blocked(field("date"))
    assert not isinstance(refused.value, NeedsNewSync)
    assert f"Make a field {NAME}D of type number" in refused.value.advice


def test_a_missing_field_needs_a_sync_that_creates_it() -> None:
    with pytest.raises(NeedsNewSync) as refused:
        blocked()
    assert f"sync {CODE} --create-missing" in refused.value.advice


def test_a_field_that_may_be_there_is_not_to_be_created() -> None:
    with pytest.raises(BemaError, match=r"may be a row that can't be read \(data.3: name: is no text\)") as refused:
        blocked(hidden=(HIDDEN,))
    assert not isinstance(refused.value, NeedsNewSync)
