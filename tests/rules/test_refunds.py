"""People marked as buyers without a valid order. Domain rules, section 4, refunds."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from attrs import evolve

from bema_tui.model import Cause, ChangeKind, FindingRule, Purpose, SubscriberStatus, Tier
from bema_tui.rules.choices import Rules
from bema_tui.rules.purchases import KnownOrder
from bema_tui.rules.reconcile import reconcile_member
from bema_tui.rules.records import Member
from bema_tui.rules.tiers import SUFFIX
from tests.rules.builders import CAMPAIGN, GROUPS, context, found, member, order, without, written

REFUNDED = order(status="refunded", listed=False)
REVERT = Rules(on_refund="revert")
CLEARED = ("field", "10391", None)


def buyer(tier: Tier = Tier.GOLD_PURCHASED, *more: Tier, **changes: object) -> Member:
    return member(tier, *more, **{"stored": "10391", **changes})


@pytest.mark.parametrize(
    ("orders", "rule"),
    [
        ([REFUNDED], FindingRule.REFUNDED_PURCHASE),
        ([order(listed=False)], FindingRule.ORDER_GONE),
        ([order(status="trash", listed=False)], FindingRule.ORDER_GONE),
        ([], FindingRule.PURCHASE_UNPROVEN),
        ([order("77", status="refunded", listed=False)], FindingRule.PURCHASE_UNPROVEN),
        ([order(email="new@example.org")], FindingRule.PURCHASE_UNPROVEN),
        ([order(product="12")], FindingRule.PURCHASE_UNPROVEN),
        ([order(mode="test")], FindingRule.PURCHASE_UNPROVEN),
        ([order(price="0")], FindingRule.PURCHASE_UNPROVEN),
        ([order(mode="test", status="refunded", listed=False)], FindingRule.PURCHASE_UNPROVEN),
        ([order(price="0", status="refunded", listed=False)], FindingRule.PURCHASE_UNPROVEN),
        ([order(mode="test", key="k", listed=False), REFUNDED], FindingRule.REFUNDED_PURCHASE),
        ([order(status="on_hold")], FindingRule.ORDER_NOT_SETTLED),
        ([order(status="revoked")], FindingRule.ORDER_NOT_SETTLED),
        ([REFUNDED, order(key="same number", listed=False)], FindingRule.ORDER_GONE),
    ],
)
@pytest.mark.parametrize("rules", [Rules(), REVERT])
def test_what_is_told_about_a_mark_without_a_valid_order(
    orders: list[KnownOrder], rule: FindingRule, rules: Rules
) -> None:
    outcome = reconcile_member(context(rules), buyer(), orders)
    assert found(outcome.findings) == [rule]
    assert bool(outcome.changes) is (rules is REVERT and rule is FindingRule.REFUNDED_PURCHASE)


def test_a_purchased_tier_alone_is_a_mark_too() -> None:
    for orders, rule in (([REFUNDED], FindingRule.REFUNDED_PURCHASE), ([], FindingRule.PURCHASE_UNPROVEN)):
        outcome = reconcile_member(context(), buyer(stored=None), orders)
        assert found(outcome.findings) == [rule]


def test_a_stored_value_alone_is_a_mark_too() -> None:
    for tiers in ((), (Tier.GOLD,), (Tier.WOOD,)):
        assert found(reconcile_member(context(), member(*tiers, stored="10391"), [REFUNDED]).findings) == [
            FindingRule.REFUNDED_PURCHASE
        ]


def test_only_a_full_read_proves_absence() -> None:
    outcome = reconcile_member(context(REVERT, full_shop_read=False), buyer(), [REFUNDED])
    assert (outcome.changes, outcome.findings) == ((), ())


@pytest.mark.parametrize(
    ("tier", "before", "back"),
    [
        (Tier.GOLD_PURCHASED, None, Tier.GOLD),
        (Tier.GOLD_PURCHASED, Tier.OPT_IN, Tier.OPT_IN),
        (Tier.SILVER_PURCHASED, None, Tier.SILVER),
        (Tier.BRONZE_PURCHASED, Tier.BRONZE, Tier.BRONZE),
        (Tier.SILVER_PURCHASED, Tier.OPT_IN, Tier.SILVER),
        (Tier.GOLD_PURCHASED, Tier.WOOD, Tier.GOLD),
        # The ledger's last move was an earlier refund's, and somebody put the person back since.
        (Tier.GOLD_PURCHASED, Tier.GOLD_PURCHASED, Tier.GOLD),
    ],
)
def test_a_refund_leads_back_if_wanted(tier: Tier, before: Tier | None, back: Tier) -> None:
    outcome = reconcile_member(context(REVERT), buyer(tier, before_purchase=before), [REFUNDED])
    source = GROUPS[tier].name.partition("NBL_")[2]
    assert written(outcome.changes) == [CLEARED, ("add", None, SUFFIX[back]), ("remove", source, None)]
    assert {change.purpose for change in outcome.changes} == {Purpose(Cause.REFUND, to_tier=back)}
    assert [change.tier for change in outcome.changes] == [None, back, tier]
    assert outcome.changes[-1].needs_add
    assert "10391, refunded" in outcome.changes[0].reason


def test_a_revert_that_was_half_done_is_completed() -> None:
    outcome = reconcile_member(context(REVERT), buyer(Tier.GOLD_PURCHASED, Tier.GOLD, stored=None), [REFUNDED])
    assert written(outcome.changes) == [("remove", "GOLD_PURCHASE", None)]
    assert not outcome.changes[0].needs_add
    assert found(outcome.findings) == [FindingRule.REFUNDED_PURCHASE]


def test_a_revert_clears_the_field_of_who_has_no_purchased_tier() -> None:
    outcome = reconcile_member(context(REVERT), member(Tier.WOOD, stored="10391"), [REFUNDED])
    assert written(outcome.changes) == [CLEARED]
    assert outcome.changes[0].purpose == Purpose(Cause.REFUND, to_tier=Tier.WOOD)


def test_a_revert_does_not_move_who_is_not_active() -> None:
    outcome = reconcile_member(context(REVERT), buyer(status=SubscriberStatus.BOUNCED), [REFUNDED])
    assert written(outcome.changes) == [CLEARED]
    assert outcome.changes[0].purpose == Purpose(Cause.REFUND_NOT_ACTIVE)


STANDS = [(), *((tier,) for tier in Tier), *combinations(Tier, 2)]


@pytest.mark.fault("A5")
@pytest.mark.parametrize("status", SubscriberStatus)
@pytest.mark.parametrize("rules", [Rules(), REVERT, Rules(on_refund="revert", move_inactive=True)])
@pytest.mark.parametrize("missing", [frozenset(), frozenset({Tier.GOLD})])
def test_whatever_clears_or_reverts_is_marked_as_taken_back_and_says_that_it_waits(
    status: SubscriberStatus, rules: Rules, missing: frozenset[Tier]
) -> None:
    purchased = {group.id for tier, group in GROUPS.items() if tier.purchased}
    for tiers, stored in product(STANDS, ("10391", None)):
        someone = member(*tiers, status=status, stored=stored)
        outcome = reconcile_member(context(rules, groups=without(*missing)), someone, [REFUNDED])
        taken = [
            change
            for change in outcome.changes
            if (change.kind is ChangeKind.SET_FIELD and change.after is None)
            or (change.kind is ChangeKind.REMOVE_GROUP and change.target in purchased)
        ]
        assert bool(taken) is bool(outcome.changes), "a refund is no reason for anything else"
        assert all(change.cause.takes_back for change in outcome.changes)
        assert not taken or rules.on_refund == "revert"
        told = [f.message for f in outcome.findings if f.rule is FindingRule.REFUNDED_PURCHASE]
        assert len(told) == (stored is not None or any(tier.purchased for tier in tiers))
        assert all(("waits for a yes of its own" in message) is bool(taken) for message in told)
        again = reconcile_member(context(rules, groups=without(*missing)), someone, [REFUNDED, order("10500", days=3)])
        assert not any(change.cause.takes_back for change in again.changes)


def test_nothing_is_reverted_when_a_read_shrank() -> None:
    outcome = reconcile_member(context(REVERT, shrank=True), buyer(), [REFUNDED])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.REFUNDED_PURCHASE]
    assert "nothing is taken back" in outcome.findings[0].message


def test_a_revert_into_a_missing_group_clears_only_the_field() -> None:
    outcome = reconcile_member(context(REVERT, groups=without(Tier.GOLD)), buyer(), [REFUNDED])
    assert written(outcome.changes) == [CLEARED]


@pytest.mark.parametrize("tiers", [(Tier.GOLD_PURCHASED, Tier.SILVER), (Tier.GOLD_PURCHASED, Tier.SILVER_PURCHASED)])
def test_nobody_in_two_tiers_is_reverted(tiers: tuple[Tier, ...]) -> None:
    outcome = reconcile_member(context(REVERT), buyer(*tiers), [REFUNDED])
    assert outcome.changes == ()
    assert set(found(outcome.findings)) == {FindingRule.REFUNDED_PURCHASE, FindingRule.TWO_TIERS}


def test_a_valid_order_outweighs_a_refunded_one() -> None:
    outcome = reconcile_member(context(REVERT), buyer(), [REFUNDED, order("10500", days=3)])
    assert written(outcome.changes) == [("field", "10391", "10500")]
    assert outcome.findings == ()


def test_an_accepted_row_id_names_the_refunded_order() -> None:
    outcome = reconcile_member(context(REVERT), buyer(stored="57"), [REFUNDED], {"57": REFUNDED.order.identity})
    assert written(outcome.changes)[0] == ("field", "57", None)


def test_a_product_that_the_campaign_gave_up_is_never_a_reason_to_write() -> None:
    campaign = evolve(CAMPAIGN, product_ids=("99",))
    outcome = reconcile_member(context(REVERT, campaign=campaign), buyer(), [order(), REFUNDED])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.PURCHASE_UNPROVEN]


def test_a_campaign_without_a_field_is_not_reverted_either() -> None:
    outcome = reconcile_member(context(REVERT, field=None), buyer(stored=None), [REFUNDED])
    assert outcome.changes == ()
    assert found(outcome.findings) == [FindingRule.REFUNDED_PURCHASE]


def test_somebody_elses_refund_is_never_a_reason_to_write() -> None:
    theirs = order(status="refunded", listed=False, email="bo@example.org")
    for stored in ("10391", None):
        outcome = reconcile_member(context(REVERT), buyer(stored=stored), [theirs])
        assert outcome.changes == ()
        assert found(outcome.findings) == [FindingRule.PURCHASE_UNPROVEN]
