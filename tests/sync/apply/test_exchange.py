"""The answers of a batch are evidence of where its people stand, and of who brought that about."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.field_values import FieldType
from bema_tui.model import ChangeOutcome, ChangeState
from bema_tui.providers.mailerlite.batch import BatchAnswer
from bema_tui.store.ledger_rows import NEVER_READ, LedgerRow
from bema_tui.sync.apply.exchange import Exchange, lines_of, weigh
from bema_tui.sync.apply.standing import RecheckFacts
from tests.sync.rows import GROUPS, move

FACTS = RecheckFacts("2026_ETB_NBL", 7, GROUPS, move_inactive=False)
FIELD, ADD, REMOVE = move(source="12")
DONE, GONE = BatchAnswer(200, {"data": {}}), BatchAnswer(404, {"message": ""})
OFF = BatchAnswer(204)
pytestmark = pytest.mark.fault("E1")


def shows(*groups: str, stored: int | None = 10391, status: str = "active") -> BatchAnswer:
    rows = [{"id": group, "name": group} for group in groups]
    data = {"id": "1", "email": "1@example.com", "status": status, "fields": {"key": stored}, "groups": rows}
    return BatchAnswer(200, {"data": data})


def came(
    rows: list[LedgerRow], answers: list[BatchAnswer], *, others: list[LedgerRow] | None = None, look: bool = False
) -> Exchange:
    """The exchange of somebody whom the plan saw in Gold; ``others`` are their rows that were not sent."""
    lines = lines_of(rows, frozenset("1") if look else frozenset())
    every = {"1": sorted([*rows, *(others or [])], key=lambda one: one.seq)}
    return weigh(lines, answers, every, {"1": frozenset({GROUPS["12"]})}, FACTS)


def states(exchange: Exchange) -> dict[int, ChangeState]:
    return {one.id: one.state for one in exchange.results}


def test_a_subscriber_where_they_were_expected_needs_no_read() -> None:
    exchange = came([FIELD, ADD], [shows("12"), DONE], others=[REMOVE])
    assert states(exchange) == {1: ChangeState.APPLIED, 2: ChangeState.APPLIED}
    assert exchange.doubtful == ()


@pytest.mark.parametrize("groups", [["13"], [], ["12", "13"]])
def test_somebody_who_stands_elsewhere_is_read_before_more_is_sent(groups: list[str]) -> None:
    exchange = came([FIELD, ADD], [shows(*groups), DONE], others=[REMOVE])
    assert exchange.doubtful == ("1",)
    waiting = next(one for one in exchange.results if one.id == REMOVE.id)
    assert (waiting.state, waiting.read_at, waiting.needs_add) == (ChangeState.PLANNED, NEVER_READ, True)
    assert states(exchange)[ADD.id] is ChangeState.APPLIED


def test_an_add_that_others_made_before_is_not_ours() -> None:
    exchange = came([FIELD, ADD], [shows("12", "16"), DONE], others=[REMOVE])
    assert states(exchange)[ADD.id] is ChangeState.SKIPPED
    assert exchange.doubtful == ("1",)
    waiting = next(one for one in exchange.results if one.id == REMOVE.id)
    assert waiting.needs_add is False, "the tier that stays is there; its remove must not be dropped with the add"


@pytest.mark.parametrize("lost", ["in this call", "in an earlier one"])
def test_an_add_whose_earlier_answer_was_lost_may_be_ours(lost: str) -> None:
    after = lost == "in this call"
    add = ADD if after else evolve(ADD, attempts=1)
    answers = [evolve(answer, after_lost=after) for answer in (shows("12", "16"), DONE)]
    exchange = came([FIELD, add], answers, others=[REMOVE])
    assert states(exchange) == {1: ChangeState.APPLIED, 2: ChangeState.APPLIED}
    assert exchange.doubtful == ()
    assert [one.tries for one in exchange.results] == [int(after)] * 2
    assert exchange.results[1].outcome is ChangeOutcome.MAYBE_OURS


def test_a_404_is_no_effect_of_ours_unless_an_earlier_try_was() -> None:
    applied = [evolve(FIELD, state=ChangeState.APPLIED), evolve(ADD, state=ChangeState.APPLIED)]
    (only,) = came([REMOVE], [GONE], others=applied).results
    assert (only.state, only.refused_status, only.tries) == (ChangeState.UNKNOWN, 404, 0)
    (again,) = came([REMOVE], [evolve(GONE, after_lost=True)], others=applied).results
    assert (again.state, again.refused_status, again.tries) == (ChangeState.UNKNOWN, 404, 1)
    (done,) = came([REMOVE], [OFF], others=applied).results
    assert done.state is ChangeState.APPLIED


def test_an_add_alone_is_sent_behind_a_read_of_its_subscriber() -> None:
    items = [line.item(FieldType.NUMBER) for line in lines_of([ADD, REMOVE], frozenset("1"))]
    assert [(item.method, item.path) for item in items] == [
        ("GET", "api/subscribers/1"),
        ("POST", "api/subscribers/1/groups/16"),
        ("DELETE", "api/subscribers/1/groups/12"),
    ]
    assert came([ADD], [shows("12"), DONE], look=True).doubtful == ()
    there = came([ADD], [shows("12", "16"), DONE], look=True)
    assert states(there) == {ADD.id: ChangeState.SKIPPED}
    moved = came([ADD], [shows("13"), DONE], look=True)
    assert (states(moved), moved.doubtful) == ({ADD.id: ChangeState.APPLIED}, ("1",))


@pytest.mark.parametrize("code", [404, 429, 500])
def test_who_was_added_behind_a_read_that_failed_is_read_again(code: int) -> None:
    unseen = came([ADD], [BatchAnswer(code), DONE], look=True)
    assert (states(unseen), unseen.doubtful) == ({ADD.id: ChangeState.APPLIED}, ("1",))
    both = came([ADD], [BatchAnswer(code), BatchAnswer(429)], look=True)
    assert (states(both), both.doubtful) == ({ADD.id: ChangeState.PLANNED}, ())


def test_an_answer_that_shows_no_groups_is_no_evidence() -> None:
    silent = BatchAnswer(200, {"data": {"id": "1", "email": "1@example.com", "status": "active", "fields": {}}})
    assert came([FIELD, ADD], [silent, DONE]).doubtful == ()
    assert came([FIELD, ADD], [BatchAnswer(500), DONE]).doubtful == ()


def test_who_is_not_active_any_more_is_read_before_they_are_moved() -> None:
    exchange = came([FIELD], [shows("12", status="unsubscribed")], others=[ADD, REMOVE])
    assert exchange.doubtful == ("1",)
    assert {one.id: one.read_at for one in exchange.results if one.state is ChangeState.PLANNED} == {
        ADD.id: NEVER_READ,
        REMOVE.id: NEVER_READ,
    }


def test_what_is_tried_again_of_somebody_doubtful_waits_for_the_read_too() -> None:
    exchange = came([FIELD, ADD], [shows("13"), BatchAnswer(503)], others=[REMOVE])
    assert {one.id: one.read_at for one in exchange.results} == {1: None, 2: NEVER_READ, 3: NEVER_READ}
