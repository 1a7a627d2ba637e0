"""Applied means shown: what each answer of a batch makes of its row."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.field_values import FieldType
from bema_tui.model import ChangeOutcome, ChangeState
from bema_tui.providers.mailerlite.batch import NO_CODE, BatchAnswer
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.apply.results import MAX_TRIES, as_sent, item_of, result_of_answer, result_of_read
from tests.sync.rows import move, subscriber

FIELD, ADD, REMOVE = move()


def shown(value: object) -> BatchAnswer:
    data = {
        "id": "1",
        "email": "1@example.com",
        "status": "active",
        "fields": {"key": value},
        "groups": [],
    }
    return BatchAnswer(200, {"data": data})


def test_the_items_are_by_id_and_carry_nothing_else() -> None:
    assert item_of(FIELD, FieldType.NUMBER).as_json() == {
        "method": "PUT",
        "path": "api/subscribers/1",
        "body": {"fields": {"key": 10391}},
    }
    assert item_of(ADD, FieldType.NUMBER).as_json() == {"method": "POST", "path": "api/subscribers/1/groups/16"}
    assert item_of(REMOVE, FieldType.NUMBER).as_json() == {"method": "DELETE", "path": "api/subscribers/1/groups/11"}


@pytest.mark.parametrize("value", [10391, "10391", 10391.0])
def test_a_field_is_applied_when_the_answer_shows_it(value: object) -> None:
    assert result_of_answer(FIELD, shown(value)).state is ChangeState.APPLIED


@pytest.mark.parametrize("answer", [shown(None), shown(5), BatchAnswer(200, None), BatchAnswer(200, {"data": 3})])
def test_a_field_that_is_not_shown_is_unknown(answer: BatchAnswer) -> None:
    assert result_of_answer(FIELD, answer).state is ChangeState.UNKNOWN


def test_assign_and_unassign_are_applied_by_their_status() -> None:
    assert result_of_answer(ADD, BatchAnswer(200, {"data": {}})).state is ChangeState.APPLIED
    assert result_of_answer(REMOVE, BatchAnswer(204, None)).state is ChangeState.APPLIED


@pytest.mark.parametrize("row", [FIELD, ADD, REMOVE])
def test_a_404_to_a_write_proves_nothing_so_the_subscriber_is_read(row: LedgerRow) -> None:
    result = result_of_answer(row, BatchAnswer(404, {"message": ""}))
    assert (result.state, result.refused_status) == (ChangeState.UNKNOWN, 404)
    assert result_of_read(evolve(row, refused_status=404, attempts=1), None).outcome is ChangeOutcome.GONE


def test_a_field_whose_write_was_answered_404_is_written_again_while_its_subscriber_is_there() -> None:
    row = evolve(FIELD, refused_status=404, attempts=1)
    assert result_of_read(row, subscriber()).state is ChangeState.PLANNED
    failed = result_of_read(evolve(row, attempts=3), subscriber())
    assert (failed.state, failed.refused_status) == (ChangeState.FAILED, None), "not gone, and not refused"


@pytest.mark.parametrize("code", [400, 404, 409, 422])
def test_a_refused_add_is_read_for_it_may_stand_already(code: int) -> None:
    result = result_of_answer(ADD, BatchAnswer(code, {"message": "Already in the group."}))
    assert result.state is ChangeState.UNKNOWN
    assert (result.refused_status, result.outcome) == (code, ChangeOutcome.REFUSED)
    assert result.detail == "Already in the group."
    assert result_of_answer(ADD, BatchAnswer(code, None)).detail == "no reason given"
    assert result_of_answer(FIELD, BatchAnswer(422, {"message": "No."})).state is ChangeState.FAILED


@pytest.mark.parametrize("code", [408, 425, 500, 502, 503])
def test_what_may_pass_is_tried_again_and_then_read(code: int) -> None:
    answer = BatchAnswer(code, {"message": "Server Error"})
    assert result_of_answer(ADD, answer).state is ChangeState.PLANNED
    last = evolve(ADD, attempts=MAX_TRIES - 1)
    assert result_of_answer(last, answer).state is ChangeState.UNKNOWN


@pytest.mark.parametrize("row", [FIELD, ADD, REMOVE])
def test_an_answer_that_cannot_be_read_proves_nothing_so_the_subscriber_is(row: LedgerRow) -> None:
    result = result_of_answer(row, BatchAnswer(NO_CODE, problem="responses.1.code: 'x' is not a count"))
    assert (result.state, result.refused_status) == (ChangeState.UNKNOWN, None)
    assert result.outcome is ChangeOutcome.UNREADABLE_ANSWER
    assert "responses.1.code" in result.detail


@pytest.mark.parametrize("code", [401, 403, 429])
def test_quota_and_rights_are_no_tries_and_no_refusals(code: int) -> None:
    result = result_of_answer(evolve(ADD, attempts=MAX_TRIES), BatchAnswer(code, {"message": "no"}))
    assert result.state is ChangeState.PLANNED
    assert result.refused_status is None
    assert result.tries == -1, "it did nothing, so a later 404 is not ours"


@pytest.mark.parametrize(
    ("text", "sent"), [("10391", 10391), ("0042", "0042"), ("²", "²"), ("BEMA-3", "BEMA-3"), (None, None)]
)
def test_only_what_is_a_number_to_the_letter_goes_as_one_and_into_a_field_of_numbers_alone(
    text: str | None, sent: object
) -> None:
    given = as_sent(text, FieldType.NUMBER)
    assert (given, type(given)) == (sent, type(sent))
    assert as_sent(text, FieldType.TEXT) == text


def test_a_refusal_is_told_in_clean_words() -> None:
    body = {"message": "The given data was invalid.\x1b[31m", "errors": {"email": ["unsubscribed"]}}
    result = result_of_answer(FIELD, BatchAnswer(422, body))
    assert result.state is ChangeState.FAILED
    assert result.refused_status == 422
    assert "unsubscribed" in result.detail
    assert "\x1b" not in result.detail


@pytest.mark.parametrize(
    ("code", "body", "outcome"),
    [
        (422, {"message": "This subscriber is unsubscribed."}, ChangeOutcome.REFUSED_FOR_STATUS),
        (422, {"message": "No.", "errors": {"status": ["bounced"]}}, ChangeOutcome.REFUSED_FOR_STATUS),
        (422, {"message": "The selected id is invalid."}, ChangeOutcome.REFUSED),
        (422, {"reason": "junk"}, ChangeOutcome.REFUSED_FOR_STATUS),
        (400, {"message": "This subscriber is unsubscribed."}, ChangeOutcome.REFUSED),
    ],
)
def test_a_refusal_for_the_status_is_told_apart_once(code: int, body: object, outcome: ChangeOutcome) -> None:
    assert result_of_answer(FIELD, BatchAnswer(code, body)).outcome is outcome


_SO_FAR: dict[int | None, ChangeOutcome] = {
    422: ChangeOutcome.REFUSED,
    404: ChangeOutcome.NOT_FOUND,
    429: ChangeOutcome.THROTTLED,
}


@pytest.mark.fault("E1")
@pytest.mark.parametrize(
    ("kind", "attempts", "status", "stands", "state", "outcome"),
    [
        ("add", 1, None, True, ChangeState.APPLIED, None),  # the answer was lost
        ("add", 1, 422, True, ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY),  # the only try was refused
        ("add", 2, 422, True, ChangeState.APPLIED, ChangeOutcome.MAYBE_OURS),  # an earlier one may have done it
        ("add", 1, 422, False, ChangeState.FAILED, ChangeOutcome.REFUSED),
        ("remove", 1, None, False, ChangeState.APPLIED, None),
        ("remove", 1, 404, False, ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY),
        ("remove", 2, 404, False, ChangeState.APPLIED, ChangeOutcome.MAYBE_OURS),
        ("remove", 1, 404, True, ChangeState.PLANNED, ChangeOutcome.NOT_WRITTEN),
        ("remove", 3, 404, True, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN),
        ("remove", 1, 422, True, ChangeState.FAILED, ChangeOutcome.REFUSED),
        ("add", 1, 429, True, ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY),  # three refusals did nothing
        ("add", 2, 429, True, ChangeState.APPLIED, ChangeOutcome.MAYBE_OURS),
        ("add", 1, 429, False, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN),
    ],
)
def test_what_a_read_makes_of_an_open_row(
    kind: str, attempts: int, status: int | None, stands: bool, state: ChangeState, outcome: ChangeOutcome | None
) -> None:
    row = evolve(ADD if kind == "add" else REMOVE, attempts=attempts, refused_status=status)
    row = evolve(row, outcome=_SO_FAR.get(status), detail="no")
    result = result_of_read(row, subscriber(row.target) if stands else subscriber())
    assert (result.state, result.outcome) == (state, outcome)
    if state is ChangeState.FAILED:
        assert result.detail == ("no" if outcome is ChangeOutcome.REFUSED else "3")
    assert result_of_read(row, None).outcome is ChangeOutcome.GONE
