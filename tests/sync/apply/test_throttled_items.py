"""A single item that is refused because of the quota again and again: when it is the quota, and when the item."""

from __future__ import annotations

import pytest

from bema_tui.bounds import PATIENCE
from bema_tui.errors import RateLimited
from bema_tui.model import ChangeOutcome, ChangeState
from bema_tui.providers.mailerlite.batch import MOST_ITEMS, BatchAnswer
from bema_tui.store.ledger_rows import RowResult
from bema_tui.sync.apply.exchange import BatchLine
from bema_tui.sync.apply.packing import NextBatch
from bema_tui.sync.apply.results import MAX_TRIES, TOO_MANY
from bema_tui.sync.apply.throttled_items import Throttling, given_up
from tests.sync.rows import move

pytestmark = pytest.mark.fault("E5")
ROWS = move()
LINES = [BatchLine("1", row) for row in ROWS]
OK, REFUSED = BatchAnswer(200, {"data": {}}), BatchAnswer(TOO_MANY, {"message": "Too Many Attempts."})


@pytest.mark.parametrize(
    ("answers", "items", "few"),
    [
        ([OK, OK, OK], 0, False),
        ([OK, OK, REFUSED], 1, False),  # the quota may have ended there
        ([REFUSED, OK, OK], 1, False),
        ([REFUSED, REFUSED, REFUSED], 1, True),
    ],
)
def test_a_batch_leaves_room_for_a_read_while_something_is_refused_and_is_small_while_nothing_is_answered(
    answers: list[BatchAnswer], items: int, few: bool
) -> None:
    throttling = Throttling()
    assert throttling.note(LINES, answers) == frozenset()
    assert throttling.items == items
    assert (throttling.most < MOST_ITEMS) is few


@pytest.mark.parametrize(
    ("rounds", "stubborn"),
    [
        ([[REFUSED, OK]] * MAX_TRIES, {ROWS[0].id}),
        ([[REFUSED, OK]] * (MAX_TRIES - 1), set()),
        ([[OK, REFUSED]] * 9, set()),  # nothing behind it is answered: that is the quota
        ([[REFUSED, REFUSED]] * 9, set()),
        ([[REFUSED, OK]] * (MAX_TRIES - 1) + [[OK, OK], [REFUSED, OK]], set()),  # answered in between
        ([[REFUSED, OK], [REFUSED, REFUSED]] * MAX_TRIES, {ROWS[0].id}),
    ],
)
def test_a_row_is_given_up_when_it_alone_is_refused_for_the_third_time(
    rounds: list[list[BatchAnswer]], stubborn: set[int]
) -> None:
    throttling = Throttling()
    found: frozenset[int] = frozenset()
    for answers in rounds:
        found = throttling.note(LINES[:2], answers)
        if found:
            break
    assert found == stubborn


def test_a_read_behind_the_last_row_tells_whether_the_quota_is_why() -> None:
    throttling = Throttling()
    lines = LINES[:1]
    assert not throttling.ends_with_refused(NextBatch((ROWS[0],), ()))
    for _ in range(MAX_TRIES - 1):
        assert throttling.note(lines, [REFUSED, OK]) == frozenset()
        assert throttling.ends_with_refused(NextBatch((ROWS[0],), ()))
    assert not throttling.ends_with_refused(NextBatch((ROWS[0], ROWS[1]), ()))
    assert not throttling.ends_with_refused(NextBatch((), ()))
    assert throttling.note(lines, [REFUSED, OK]) == {ROWS[0].id}


def test_a_line_that_only_reads_somebody_is_no_row() -> None:
    throttling = Throttling()
    assert throttling.note([BatchLine("1", None)], [REFUSED]) == frozenset()
    assert throttling.items == 0


def test_waits_without_any_answer_have_an_end_and_an_answer_begins_them_anew() -> None:
    throttling = Throttling()
    throttling.wait(PATIENCE)
    with pytest.raises(RateLimited) as raised:
        throttling.wait(1.0)
    assert (raised.value.seconds, raised.value.waited) == (1.0, PATIENCE)
    throttling.note(LINES, [REFUSED, REFUSED, REFUSED])
    with pytest.raises(RateLimited):
        throttling.wait(1.0)
    throttling.note(LINES, [REFUSED, OK, REFUSED])
    throttling.wait(PATIENCE)


@pytest.mark.parametrize(
    ("state", "stubborn", "outcome"),
    [
        (ChangeState.PLANNED, True, (ChangeState.UNKNOWN, ChangeOutcome.THROTTLED, 1)),
        (ChangeState.PLANNED, False, (ChangeState.PLANNED, None, 0)),
        (ChangeState.APPLIED, True, (ChangeState.APPLIED, None, 0)),
    ],
)
def test_what_is_given_up_is_read_before_it_is_called_failed(
    state: ChangeState, stubborn: bool, outcome: tuple[ChangeState, ChangeOutcome | None, int]
) -> None:
    (found,) = given_up([RowResult(1, state)], {1} if stubborn else set())
    assert (found.state, found.outcome, found.tries) == outcome
