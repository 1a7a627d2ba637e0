"""A row whose truth moved is refused with the reason; the rest rests on what MailerLite shows now."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.model import ChangeKind, ChangeState, Subscriber, SubscriberStatus
from bema_tui.rules.wording.changes import outcome_text
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.apply.recheck import is_shown, judge_subscriber
from tests.sync.rows import GROUPS, move, row, subscriber


def judged(
    rows: list[LedgerRow], found: Subscriber | None, *, move_inactive: bool = False, pending: list[int] | None = None
) -> dict[int, str]:
    waiting = [r for r in rows if (r.id in pending if pending is not None else r.state is ChangeState.PLANNED)]
    skipped = judge_subscriber(rows, waiting, found, GROUPS, move_inactive=move_inactive).skipped
    by_id = {r.id: r for r in rows}
    return {
        row_id: outcome_text(evolve(by_id[row_id], state=one.state, outcome=one.outcome, detail=one.detail))
        for row_id, one in skipped.items()
    }


def test_an_unmoved_subscriber_goes() -> None:
    assert judged(move(), subscriber("11")) == {}


def test_nobody_is_moved_into_a_group_that_is_gone() -> None:
    skipped = judged(move(target="900"), subscriber("11"))
    assert skipped == {2: "the group is gone from MailerLite", 3: "its add was not applied"}


def test_foreign_groups_are_nobodys_business() -> None:
    assert judged(move(), subscriber("11", "900")) == {}


def test_who_is_gone_is_gone() -> None:
    assert judged(move(), None) == dict.fromkeys((1, 2, 3), "the subscriber is gone from MailerLite")


def test_an_automation_moved_them_down() -> None:
    skipped = judged(move(), subscriber("13"))
    assert skipped[2] == "moved meanwhile: stands in Silver now"
    assert skipped[3] == "is not in the group any more"
    assert 1 not in skipped


def test_a_second_tier_appeared() -> None:
    assert judged(move(), subscriber("11", "12"))[2] == "moved meanwhile: stands in Opt-In and Gold now"


def test_somebody_made_the_move_already() -> None:
    skipped = judged(move(), subscriber("16", stored=10391))
    assert skipped == {
        1: "the field has this value already",
        2: "is in the group already",
        3: "is not in the group any more",
    }


def test_the_field_changed() -> None:
    assert judged(move(), subscriber("11", stored=5)) == {1: "the field holds 5 now"}


@pytest.mark.parametrize("stored", ["10391", 10391, 10391.0])
def test_values_compare_as_integers(stored: float | str) -> None:
    shown = Subscriber(id="1", email="a@example.com", status=None, fields={"key": stored}, group_ids=frozenset())
    assert is_shown(move()[0], shown)


def test_who_left_is_not_moved_any_more() -> None:
    gone_inactive = subscriber("11", status=SubscriberStatus.UNSUBSCRIBED)
    assert set(judged(move(), gone_inactive)) == {2, 3}
    assert judged(move(), gone_inactive, move_inactive=True) == {}


def test_a_remove_after_its_add_needs_the_add_to_be_shown() -> None:
    rows = move()
    rows[1] = evolve(rows[1], state=ChangeState.APPLIED)
    assert judged(rows, subscriber("11", "16"), pending=[3]) == {}
    assert judged(rows, subscriber("11"), pending=[3]) == {3: "moved meanwhile: stands in Opt-In now"}


def test_a_lower_tier_goes_only_while_the_purchased_one_is_held() -> None:
    lower_off = [row(1, ChangeKind.REMOVE_GROUP, "11", before="11")]
    assert judged(lower_off, subscriber("11", "16")) == {}
    assert judged(lower_off, subscriber("11")) == {1: "moved meanwhile: stands in Opt-In now"}
    renamed = [row(1, ChangeKind.REMOVE_GROUP, "900", before="900")]
    assert judged(renamed, subscriber("900", "16")) == {1: "moved meanwhile: stands in Gold Purchased now"}


def test_a_lower_tier_stays_beside_two_purchased_ones() -> None:
    lower_off = [row(1, ChangeKind.REMOVE_GROUP, "11", before="11")]
    assert judged(lower_off, subscriber("11", "16", "17")) == {
        1: "moved meanwhile: stands in Opt-In and Gold Purchased and Silver Purchased now"
    }


def test_a_revert_that_was_half_done_is_completed_beside_the_lower_tier() -> None:
    revert = [row(1, ChangeKind.REMOVE_GROUP, "16", before="16")]
    assert judged(revert, subscriber("12", "16")) == {}
    assert judged(revert, subscriber("16")) == {1: "moved meanwhile: stands in Gold Purchased now"}


def test_a_placing_starts_from_no_tier() -> None:
    placing = move()[:2]
    assert judged(placing, subscriber("900")) == {}
    assert judged(placing, subscriber("12"))[2] == "moved meanwhile: stands in Gold now"
