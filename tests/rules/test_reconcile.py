"""Buyers against their tiers and their field. Domain rules, sections 3 and 6."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import Cause, ChangeKind, FindingRule, Purpose, SubscriberStatus, Tier
from bema_tui.rules.choices import Rules
from bema_tui.rules.naming import group_name
from bema_tui.rules.purchases import KnownOrder
from bema_tui.rules.reconcile import reconcile_member, reconcile_unknown_buyer
from bema_tui.rules.records import Member
from tests.rules.builders import (
    CAMPAIGN,
    CODE,
    DAY,
    EMAIL,
    FIELD,
    GROUPS,
    context,
    found,
    member,
    order,
    without,
    written,
)

FIELD_SET = ("field", None, "10391")


@pytest.mark.parametrize(
    ("tier", "purchased", "target"),
    [
        (Tier.OPT_IN, Tier.GOLD_PURCHASED, "GOLD_PURCHASE"),
        (Tier.GOLD, Tier.GOLD_PURCHASED, "GOLD_PURCHASE"),
        (Tier.SILVER, Tier.SILVER_PURCHASED, "SILVER_PURCHASE"),
        (Tier.BRONZE, Tier.BRONZE_PURCHASED, "BRONZE_PURCHASE"),
    ],
)
def test_a_buyer_moves_to_the_purchased_tier(tier: Tier, purchased: Tier, target: str) -> None:
    outcome = reconcile_member(context(), member(tier), [order()])
    left = GROUPS[tier].name.removeprefix(f"{CODE}_")
    assert written(outcome.changes) == [FIELD_SET, ("add", None, target), ("remove", left, None)]
    assert {change.purpose for change in outcome.changes} == {Purpose(Cause.PURCHASE, tier, purchased)}
    assert [change.tier for change in outcome.changes] == [None, purchased, tier]
    assert [change.needs_add for change in outcome.changes] == [False, False, True]
    assert outcome.findings == ()


def test_a_change_carries_all_that_the_ledger_needs() -> None:
    field, add, remove = reconcile_member(context(), member(Tier.OPT_IN), [order()]).changes
    assert (field.target, field.target_name, field.kind) == (FIELD.key, FIELD.name, ChangeKind.SET_FIELD)
    assert add.target == GROUPS[Tier.GOLD_PURCHASED].id
    assert remove.target == GROUPS[Tier.OPT_IN].id
    assert {change.reason for change in (field, add, remove)} == {
        "order 10391, complete, 2026-11-19 20:44, earliest valid order"
    }
    assert (field.subscriber_id, field.email, field.name) == ("171234567890123456", EMAIL, "Ana")


def test_a_buyer_in_wood_stays() -> None:
    outcome = reconcile_member(context(), member(Tier.WOOD), [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert outcome.changes[0].purpose == Purpose(Cause.IN_WOOD)
    assert found(outcome.findings) == [FindingRule.WOOD_PURCHASE]
    assert "10391" in outcome.findings[0].message


def test_an_unassigned_buyer_is_placed() -> None:
    outcome = reconcile_member(context(), member(), [order()])
    assert written(outcome.changes) == [FIELD_SET, ("add", None, "GOLD_PURCHASE")]
    assert {change.purpose for change in outcome.changes} == {Purpose(Cause.PLACED, to_tier=Tier.GOLD_PURCHASED)}


@pytest.mark.parametrize(("days", "placed"), [(-1, True), (0, True), (1, False)])
def test_only_an_order_since_the_start_places(days: int, placed: bool) -> None:
    campaign = evolve(CAMPAIGN, start=DAY + timedelta(days=days))
    outcome = reconcile_member(context(campaign=campaign), member(), [order()])
    assert len(outcome.changes) == (2 if placed else 1)
    assert (outcome.changes[0].purpose == Purpose(Cause.FIELD_ONLY)) is not placed


def test_placing_can_be_switched_off() -> None:
    outcome = reconcile_member(context(Rules(place_unassigned_buyers=False)), member(), [order()])
    assert written(outcome.changes) == [FIELD_SET]


@pytest.mark.parametrize(
    "known", [member(seen_before=True), member(placed_by_us=Tier.GOLD_PURCHASED), member(before_purchase=Tier.GOLD)]
)
def test_who_was_in_the_campaign_before_is_never_placed_again(known: Member) -> None:
    outcome = reconcile_member(context(), known, [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert found(outcome.findings) == [FindingRule.DRIFT]


def test_somebody_moved_back_a_subscriber_we_placed() -> None:
    moved = member(Tier.SILVER, placed_by_us=Tier.GOLD_PURCHASED, stored="10391")
    outcome = reconcile_member(context(), moved, [order()])
    assert written(outcome.changes) == [("add", None, "SILVER_PURCHASE"), ("remove", "SILVER", None)]
    assert found(outcome.findings) == [FindingRule.DRIFT]
    assert "Gold Purchased" in outcome.findings[0].message
    demoted = member(Tier.SILVER, placed_by_us=Tier.GOLD, before_purchase=Tier.GOLD_PURCHASED)
    assert reconcile_member(context(), demoted, [order(status="refunded", listed=False)]).findings == ()
    still = member(Tier.GOLD_PURCHASED, placed_by_us=Tier.GOLD_PURCHASED, stored="10391")
    assert reconcile_member(context(), still, [order()]).findings == ()


@pytest.mark.parametrize("tier", [Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED, Tier.BRONZE_PURCHASED])
def test_in_a_purchased_tier_only_the_field_is_set(tier: Tier) -> None:
    outcome = reconcile_member(context(), member(tier), [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert outcome.changes[0].purpose == Purpose(Cause.FIELD_ONLY)


def test_the_lower_tiers_go_when_one_is_purchased() -> None:
    outcome = reconcile_member(context(), member(Tier.BRONZE_PURCHASED, Tier.GOLD, Tier.WOOD), [order()])
    assert written(outcome.changes) == [FIELD_SET, ("remove", "GOLD", None), ("remove", "WOOD", None)]
    assert {change.purpose for change in outcome.changes} == {Purpose(Cause.LOWER_OFF)}
    assert not any(change.needs_add for change in outcome.changes)
    assert outcome.findings == ()


@pytest.mark.parametrize(
    "tiers",
    [
        (Tier.GOLD, Tier.SILVER),
        (Tier.GOLD, Tier.WOOD),
        (Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED),
        (Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED, Tier.OPT_IN),
    ],
)
def test_nobody_is_moved_out_of_two_tiers_that_no_rule_orders(tiers: tuple[Tier, ...]) -> None:
    outcome = reconcile_member(context(), member(*tiers), [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert found(outcome.findings) == [FindingRule.TWO_TIERS]


@pytest.mark.parametrize("status", [status for status in SubscriberStatus if status is not SubscriberStatus.ACTIVE])
@pytest.mark.parametrize("tiers", [(Tier.GOLD,), (), (Tier.GOLD_PURCHASED, Tier.GOLD)])
def test_who_is_not_active_gets_the_field_only(status: SubscriberStatus, tiers: tuple[Tier, ...]) -> None:
    quiet = member(*tiers, status=status)
    outcome = reconcile_member(context(), quiet, [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert outcome.changes[0].purpose == Purpose(Cause.NOT_ACTIVE)
    active = reconcile_member(context(), member(*tiers), [order()])
    allowed = reconcile_member(context(Rules(move_inactive=True)), quiet, [order()])
    assert written(allowed.changes) == written(active.changes)


def test_an_unknown_status_is_not_active() -> None:
    assert written(reconcile_member(context(), member(Tier.GOLD, status=None), [order()]).changes) == [FIELD_SET]


@pytest.mark.parametrize(
    ("stored", "changes"),
    [
        ("10391", []),
        ("10400", []),
        ("010400.0", []),
        ("77", [("field", "77", "10391")]),
        ("0", [FIELD_SET]),
        ("", [FIELD_SET]),
    ],
)
def test_the_field_is_set_when_it_differs(stored: str, changes: list[tuple[str, str | None, str | None]]) -> None:
    orders = [order("10400", days=2), order("10391")]
    outcome = reconcile_member(context(), member(Tier.GOLD_PURCHASED, stored=stored), orders)
    assert written(outcome.changes) == changes


def test_an_old_row_id_is_left_and_still_proves_the_purchase() -> None:
    outcome = reconcile_member(context(), member(Tier.GOLD, stored="57"), [order()], {"57": order().order.identity})
    assert [change.kind for change in outcome.changes] == [ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP]
    assert "old row id 57" in outcome.changes[0].reason


def test_orders_of_other_addresses_are_not_theirs_but_capitals_do_not_matter() -> None:
    assert reconcile_member(context(), member(Tier.GOLD), [order(email="bo@example.org")]).changes == ()
    assert len(reconcile_member(context(), member(Tier.GOLD), [order(email=" Ana@Example.ORG ")]).changes) == 3


def test_a_number_that_does_not_fit_holds_the_subscriber_back() -> None:
    outcome = reconcile_member(context(), member(Tier.GOLD), [order("BEMA-3-X")])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.ORDER_NUMBER_UNFIT]
    text = context(field=evolve(FIELD, type="text"))
    assert written(reconcile_member(text, member(Tier.GOLD), [order("BEMA-3-X")]).changes)[0] == (
        "field",
        None,
        "BEMA-3-X",
    )


@pytest.mark.parametrize("field", [None, evolve(FIELD, type="date")])
def test_without_a_usable_field_nothing_is_planned(field: object) -> None:
    outcome = reconcile_member(context(field=field), member(Tier.WOOD), [order()])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.WOOD_PURCHASE]


def test_a_missing_group_skips_only_the_moves_into_it() -> None:
    lacking = context(groups=without(Tier.SILVER_PURCHASED))
    skipped = reconcile_member(lacking, member(Tier.SILVER), [order()])
    assert written(skipped.changes) == [FIELD_SET]
    assert skipped.changes[0].purpose == Purpose(Cause.FIELD_ONLY)
    assert len(reconcile_member(lacking, member(Tier.GOLD), [order()]).changes) == 3


def test_a_window_read_sets_fields_and_moves_buyers() -> None:
    assert len(reconcile_member(context(full_shop_read=False), member(Tier.GOLD), [order()]).changes) == 3


@pytest.mark.parametrize("tiers", [(Tier.GOLD,), (Tier.GOLD_PURCHASED, Tier.GOLD)])
def test_after_a_read_that_shrank_a_move_waits_as_a_whole(tiers: tuple[Tier, ...]) -> None:
    outcome = reconcile_member(context(shrank=True), member(*tiers), [order()])
    assert written(outcome.changes) == [FIELD_SET]
    assert outcome.changes[0].purpose == Purpose(Cause.FIELD_ONLY)


def test_a_partial_refund_counts_and_is_told() -> None:
    part = [order(status="partially_refunded")]
    counted = reconcile_member(context(), member(Tier.GOLD), part)
    assert len(counted.changes) == 3
    assert "partially refunded" in counted.changes[0].reason
    assert found(counted.findings) == [FindingRule.PARTIAL_REFUND]
    not_counted = reconcile_member(context(Rules(partial_refund_counts=False)), member(Tier.GOLD), part)
    assert not_counted.changes == ()
    assert found(not_counted.findings) == [FindingRule.PARTIAL_REFUND]


def test_an_order_on_hold_is_told_and_nothing_is_done() -> None:
    outcome = reconcile_member(context(), member(Tier.GOLD), [order(status="on_hold")])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.ORDER_NOT_SETTLED]


def test_who_has_not_bought_needs_nothing() -> None:
    for tiers in ((), (Tier.GOLD,), (Tier.WOOD,)):
        outcome = reconcile_member(context(), member(*tiers), [])
        assert (outcome.changes, outcome.findings) == ((), ())
    assert reconcile_member(context(), member(seen_before=True), []).findings == ()
    two = reconcile_member(context(), member(Tier.GOLD, Tier.SILVER), [])
    assert (two.changes, found(two.findings)) == ((), [FindingRule.TWO_TIERS])


def test_a_buyer_whom_the_mailing_service_does_not_know() -> None:
    off = reconcile_unknown_buyer(context(), "bo@example.org", [order(email=" Bo@example.org")])
    assert off.changes == ()
    assert found(off.findings) == [FindingRule.BUYER_UNKNOWN]
    assert off.findings[0].subject == "bo@example.org"
    waiting = reconcile_unknown_buyer(context(), EMAIL, [order(status="revoked")])
    assert found(waiting.findings) == [FindingRule.ORDER_NOT_SETTLED]
    assert reconcile_unknown_buyer(context(), EMAIL, [order(email="bo@example.org")]).findings == ()


def test_a_new_buyer_is_created_only_where_the_label_wants_it_and_since_the_start() -> None:
    wanted = context(Rules(add_new_buyers=True))
    made = reconcile_unknown_buyer(wanted, "bo@example.org", [order(email="Bo@example.org")])
    assert [(c.kind, c.email, c.after, c.target) for c in made.changes] == [
        (ChangeKind.CREATE_SUBSCRIBER, "bo@example.org", "10391", wanted.groups[Tier.GOLD_PURCHASED].id)
    ]
    assert made.findings == ()
    later = evolve(wanted, campaign=evolve(wanted.campaign, start=datetime(2030, 1, 1, tzinfo=UTC)))
    without_group = evolve(wanted, groups=without(Tier.GOLD_PURCHASED))
    for unfit in (later, without_group, evolve(wanted, field=None)):
        left = reconcile_unknown_buyer(unfit, EMAIL, [order(email=EMAIL)])
        assert (left.changes, found(left.findings)) == ((), [FindingRule.BUYER_UNKNOWN])


TIER_SETS = st.frozensets(st.sampled_from(list(Tier)), max_size=3)
MEMBERS = st.builds(
    lambda tiers, stored, status, seen, placed: member(
        *tiers, stored=stored, status=status, seen_before=seen, placed_by_us=placed
    ),
    TIER_SETS,
    st.sampled_from([None, "0", "1", "2", "99"]),
    st.sampled_from([*SubscriberStatus]),
    st.booleans(),
    st.sampled_from([None, Tier.GOLD_PURCHASED]),
)
ORDERS = st.lists(
    st.builds(
        lambda number, status, listed, email: order(number, status=status, listed=listed, email=email),
        st.sampled_from(["1", "2", "X-3"]),
        st.sampled_from(["complete", "refunded", "on_hold", "partially_refunded"]),
        st.booleans(),
        st.sampled_from([EMAIL, EMAIL.upper(), "bo@example.org"]),
    ),
    max_size=3,
)
RULES = st.builds(
    Rules,
    place_unassigned_buyers=st.booleans(),
    partial_refund_counts=st.booleans(),
    on_refund=st.sampled_from(["flag", "revert"]),
    move_inactive=st.booleans(),
)


def _after(known: Member, outcome_changes: list[tuple[str, str | None, str | None]]) -> Member:
    by_name = {group_name(CODE, tier).removeprefix(f"{CODE}_"): tier for tier in Tier}
    tiers, stored = set(known.tiers), known.stored
    for kind, before, after in outcome_changes:
        if kind == "field":
            stored = after
        elif kind == "add":
            tiers.add(by_name[str(after)])
        else:
            tiers.remove(by_name[str(before)])
    return evolve(known, tiers=frozenset(tiers), stored=stored)


@given(MEMBERS, ORDERS, RULES, st.booleans(), st.booleans())
def test_no_outcome_breaks_what_must_always_hold(
    known: Member, orders: list[KnownOrder], rules: Rules, full: bool, shrank: bool
) -> None:
    campaign = context(rules, full_shop_read=full, shrank=shrank)
    outcome = reconcile_member(campaign, known, orders)
    changes = written(outcome.changes)
    kinds = [kind for kind, _, _ in changes]
    assert kinds == sorted(kinds, key=["field", "add", "remove"].index)
    after = _after(known, changes)
    assert bool(after.tiers) >= bool(known.tiers), "nobody may lose the last tier"
    assert "0" not in [value for kind, _, value in changes if kind == "field"]
    if known.status is not SubscriberStatus.ACTIVE and not rules.move_inactive:
        assert after.tiers == known.tiers
    if shrank:
        assert known.tiers <= after.tiers
    if not any(entry.listed for entry in orders) and rules.on_refund == "flag":
        assert changes == []
    again = reconcile_member(campaign, after, orders)
    assert again.changes == (), "a second pass writes nothing"
