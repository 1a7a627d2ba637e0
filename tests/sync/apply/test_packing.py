"""Adds before removes, proved: whatever the answers, a remove never leaves before or with its own add."""

from __future__ import annotations

import random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import ChangeKind, ChangeState
from bema_tui.sync.apply.packing import NextBatch, items_for, pack
from tests.sync.rows import by_subscriber, move, row


def test_a_first_batch_has_adds_and_fields_only() -> None:
    rows = move("1", 1) + move("2", 4)
    packed = pack(rows, by_subscriber(rows), 50)
    assert [r.kind for r in packed.send] == [ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP] * 2
    assert packed.skip == ()


def test_removes_come_one_batch_later_and_first() -> None:
    rows = move("1", 1) + move("2", 4)
    rows[0] = evolve(rows[0], state=ChangeState.APPLIED)
    rows[1] = evolve(rows[1], state=ChangeState.APPLIED)
    planned = [r for r in rows if r.state is ChangeState.PLANNED]
    packed = pack(planned, by_subscriber(rows), 50)
    assert [(r.subscriber_id, r.kind) for r in packed.send] == [
        ("1", ChangeKind.REMOVE_GROUP),
        ("2", ChangeKind.SET_FIELD),
        ("2", ChangeKind.ADD_GROUP),
    ]


@pytest.mark.parametrize("state", [ChangeState.FAILED, ChangeState.SKIPPED, ChangeState.UNDONE])
def test_a_remove_whose_add_is_not_done_is_skipped(state: ChangeState) -> None:
    rows = move()
    rows[1] = evolve(rows[1], state=state)
    packed = pack([rows[2]], by_subscriber(rows), 50)
    assert packed.send == ()
    assert packed.skip == (rows[2],)


def test_a_remove_waits_while_its_add_is_unknown() -> None:
    rows = move()
    rows[1] = evolve(rows[1], state=ChangeState.UNKNOWN)
    packed = pack([rows[2]], by_subscriber(rows), 50)
    assert packed.send == ()
    assert packed.skip == ()


def test_a_remove_that_needs_no_add_goes_at_once() -> None:
    lower_off = row(1, ChangeKind.REMOVE_GROUP, "11", before="11")
    assert pack([lower_off], by_subscriber([lower_off]), 50).send == (lower_off,)


@pytest.mark.fault("E1")
def test_an_add_without_its_field_takes_the_room_of_a_read_as_well() -> None:
    rows = [entry for n in range(3) for entry in move(str(n), 3 * n + 1)[1:2]]
    assert items_for(rows) == 6
    packed = pack(rows, by_subscriber(rows), 5)
    assert (packed.send, packed.looks) == (tuple(rows[:2]), frozenset({"0", "1"}))
    assert pack(rows, by_subscriber(rows), 1) == NextBatch((rows[0],), ()), "a batch of one item has no room for it"
    both = move("9", 20)[:2]
    assert items_for(both) == 2
    assert pack(both, by_subscriber(both), 5).looks == frozenset(), "the field's answer shows the person"


@given(subscribers=st.integers(1, 40), size=st.integers(1, 50), seed=st.integers(0, 2**16))
def test_every_plan_drains_in_order_whatever_is_answered(subscribers: int, size: int, seed: int) -> None:
    dice = random.Random(seed)
    rows = {r.id: r for n in range(subscribers) for r in move(str(n), 3 * n + 1)}
    answered_in: dict[int, int] = {}
    for batch in range(1000):
        planned = [r for r in rows.values() if r.state is ChangeState.PLANNED]
        if not planned:
            break
        packed = pack(planned[:200], by_subscriber(list(rows.values())), size)
        assert packed.send or packed.skip
        assert len(packed.send) <= size
        for sent in packed.send:
            if sent.kind is ChangeKind.REMOVE_GROUP:
                assert answered_in[sent.id - 1] < batch
                assert rows[sent.id - 1].state is ChangeState.APPLIED
        for sent in packed.send:
            answer = dice.choice([ChangeState.APPLIED] * 4 + [ChangeState.FAILED, ChangeState.PLANNED])
            rows[sent.id] = evolve(sent, state=answer)
            if answer is ChangeState.APPLIED:
                answered_in[sent.id] = batch
        for dropped in packed.skip:
            rows[dropped.id] = evolve(dropped, state=ChangeState.SKIPPED)
    assert not [r for r in rows.values() if r.state is ChangeState.PLANNED]
    for r in rows.values():
        if r.kind is ChangeKind.REMOVE_GROUP and r.state is ChangeState.APPLIED:
            assert rows[r.id - 1].state is ChangeState.APPLIED
