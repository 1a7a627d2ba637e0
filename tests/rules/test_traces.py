"""What is said of a number in somebody's field that no order of theirs has: what was shown when, or written when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bema_tui.model import FindingRule, Tier
from bema_tui.rules.reconcile import reconcile_member
from bema_tui.rules.records import FormerEmail, Sighting, Trace
from tests.rules.builders import EMAIL, context, found, member

pytestmark = pytest.mark.fault("A12")
EARLY, LATE = datetime(2026, 11, 3, 20, tzinfo=UTC), datetime(2026, 11, 19, 8, tzinfo=UTC)
ONCE = (FormerEmail("Ana@example.org", EMAIL, EARLY),)
OTHER = "neu@example.org"


def seen(
    email: str = OTHER, *, listed: bool = True, product: str = "11", former: tuple[FormerEmail, ...] = ()
) -> Sighting:
    return Sighting("10391", email, email, listed, LATE, frozenset({product}), former)


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (Trace(), "which the shop never showed, for this e-mail or another."),
        (Trace(written_at=EARLY), "written here on 2026-11-03; the shop shows no order of that number any more."),
        (Trace((seen(),)), "which the shop never showed for this e-mail; it is under neu@example.org."),
        (Trace((seen(listed=False),)), "it was last, on 2026-11-19, under neu@example.org."),
        (Trace((seen(),), EARLY), "written here on 2026-11-03 and which in the shop is under neu@example.org."),
        (
            Trace((seen(former=ONCE),), EARLY),
            "which the shop showed for Ana@example.org until 2026-11-03 and which now is under neu@example.org.",
        ),
        (Trace((seen(EMAIL, product="7"),)), "which holds no product of 2026_ETB_NBL."),
        (Trace((seen(), seen("x@x.org", former=ONCE))), "until 2026-11-03 and which now is under x@x.org."),
        (Trace((seen("x@x.org", product="7"), seen())), "it is under neu@example.org."),
    ],
)
def test_the_sentence_tells_what_is_known(trace: Trace, said: str) -> None:
    outcome = reconcile_member(context(), member(Tier.GOLD_PURCHASED, stored="10391", trace=trace), [])
    assert found(outcome.findings) == [FindingRule.PURCHASE_UNPROVEN]
    assert outcome.findings[0].message.startswith("Marked with order 10391, ")
    assert said in outcome.findings[0].message
    assert outcome.changes == ()


def test_a_purchased_tier_without_a_number_is_told_by_the_order_that_once_was_theirs() -> None:
    told = []
    for trace in (Trace(), Trace((seen(former=ONCE),))):
        outcome = reconcile_member(context(), member(Tier.GOLD_PURCHASED, trace=trace), [])
        assert found(outcome.findings) == [FindingRule.PURCHASE_UNPROVEN]
        told.append(outcome.findings[0].message)
    assert told == [
        "In a purchased tier, and no order of theirs is known.",
        "In a purchased tier; their order 10391 is one that the shop showed for Ana@example.org until 2026-11-03 "
        "and which now is under neu@example.org.",
    ]
