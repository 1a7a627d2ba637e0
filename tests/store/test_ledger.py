"""The ledger: intent before request, results behind the fence, and nothing forgotten when a process ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from attrs import evolve, frozen
from sqlalchemy import select

from bema_tui.errors import LockLost, StoreError
from bema_tui.model import (
    Campaign,
    Cause,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    Check,
    CheckResult,
    ControlVerb,
    CreatedCheck,
    Lock,
    MovesCheck,
    Phase,
    PlannedChange,
    Purpose,
    RunKind,
    RunOptions,
    RunState,
    Tier,
    TiersCheck,
)
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.identity import current_holder
from bema_tui.store.ledger import Ledger
from bema_tui.store.ledger_history import LedgerHistory, Placement, mark_of
from bema_tui.store.ledger_rows import (
    NEVER_READ,
    NEW,
    AddedChange,
    LedgerRow,
    PlanCount,
    PlannedRow,
    RowResult,
    WriteCounts,
)
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.run_documents import phases_of
from bema_tui.store.runs import Runs
from bema_tui.store.schema import activity, plan_counts, runs
from bema_tui.store.snapshot.plans import read_rules, read_subscribers
from tests.support.clock import SetClock

CODE = "2026_ETB_NBL"
ME = current_holder()
MOVE = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)


@frozen
class RunAtWork:
    """A run that holds its lock, with an empty ledger."""

    db: Database
    runs: Runs
    locks: DatabaseLocks
    lock: Lock
    run: int
    ledger: Ledger

    @property
    def fence(self) -> Fence:
        return Fence(self.lock.key, self.lock.token)


@pytest.fixture
async def at_work(db: Database) -> RunAtWork:
    await Campaigns(db).add(Campaign(CODE, "No Better Love", ("100",)), "maria")
    return await begin(db)


async def begin(db: Database) -> RunAtWork:
    locks = DatabaseLocks(db, LockAges(), ME)
    lock = await locks.acquire_lock(CODE, "sync")
    runs = Runs(db)
    run = await runs.create(RunKind.SYNC, CODE, ME)
    fence = Fence(lock.key, lock.token)
    assert await runs.claim(run, [RunState.PLANNING], fence, ME)
    return RunAtWork(db, runs, locks, lock, run, Ledger(db, run, CODE, fence))


def change(subscriber_id: str, kind: ChangeKind, target: str = "16") -> PlannedChange:
    return PlannedChange(
        kind=kind,
        subscriber_id=subscriber_id,
        email=f"{subscriber_id}@example.com",
        name="",
        target=target,
        target_name=f"{CODE}_GOLD_PURCHASE",
        before=None,
        after=target,
        purpose=MOVE,
        reason="order 1",
        tier=Tier.GOLD_PURCHASED,
    )


async def plan(at_work: RunAtWork, *changes: PlannedChange) -> None:
    now = at_work.db.now()
    rows = [PlannedRow(n, n, entry, now) for n, entry in enumerate(changes, 1)]
    await at_work.ledger.put_plan(rows, [PlanCount(MOVE, ChangeKind.ADD_GROUP, 1, 1)])


def refused(row: LedgerRow, outcome: ChangeOutcome = ChangeOutcome.REFUSED, status: int = 422) -> RowResult:
    return RowResult(row.id, ChangeState.FAILED, outcome, "no", refused_status=status)


async def plan_two(at_work: RunAtWork) -> None:
    await plan(at_work, change("1", ChangeKind.ADD_GROUP), change("2", ChangeKind.ADD_GROUP))


async def test_rows_go_out_in_their_order_and_come_back_with_results(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    rows = await at_work.ledger.planned(10)
    assert [row.subscriber_id for row in rows] == ["1", "2"]
    await at_work.ledger.mark_sending(rows)
    assert await at_work.ledger.counts() == {ChangeState.SENDING: 2}
    await at_work.ledger.record_results([RowResult(rows[0].id, ChangeState.APPLIED), refused(rows[1])])
    assert await at_work.ledger.counts() == {ChangeState.APPLIED: 1, ChangeState.FAILED: 1}
    assert (await at_work.ledger.in_state(ChangeState.APPLIED, 10))[0].attempts == 1


@pytest.mark.fault("E1")
async def test_what_follows_from_a_result_is_a_row_of_its_own_counted_in_the_plan(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    rows = await at_work.ledger.planned(10)
    read_at = at_work.db.now()
    off = evolve(change("1", ChangeKind.REMOVE_GROUP, "13"), purpose=Purpose(Cause.LOWER_OFF))
    other = evolve(off, subscriber_id="2", email="2@example.com")
    result = RowResult(rows[0].id, ChangeState.PLANNED, read_at=NEVER_READ, needs_add=True, tries=1)
    added_to_one = [AddedChange(off, read_at), AddedChange(evolve(off, target="14"), read_at)]
    await at_work.ledger.record_results([result], {"requests_write": 9}, added_to_one)
    assert (await at_work.runs.request_counts(at_work.run))["requests_write"] == 9
    await at_work.ledger.record_results([], None, [AddedChange(other, read_at)])
    first, second, *added = await at_work.ledger.planned(10)
    assert (first.read_at, first.needs_add, first.attempts) == (NEVER_READ, True, 1)
    assert (second.needs_add, second.attempts) == (False, 0)
    assert [(row.seq, row.subscriber_id, row.target, row.read_at) for row in added] == [
        (3, "1", "13", read_at),
        (4, "1", "14", read_at),
        (5, "2", "13", read_at),
    ]
    async with at_work.db.read() as connection:
        counted = select(plan_counts).where(plan_counts.c.cause == Cause.LOWER_OFF)
        assert [(row.kind, row.subscribers, row.changes) for row in await connection.execute(counted)] == [
            ("remove_group", 2, 3)
        ]
        rules = {one.purpose: (one.subscribers, one.changes) for one in await read_rules(connection, at_work.run)}
        assert rules[off.purpose] == (2, 3)
        assert [
            subscriber_id.subscriber_id
            for subscriber_id in await read_subscribers(connection, at_work.run, off.purpose, 0, 9)
        ] == [
            "1",
            "2",
        ]


async def test_a_row_is_never_sent_twice_at_once(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    rows = await at_work.ledger.planned(10)
    await at_work.ledger.mark_sending(rows)
    with pytest.raises(StoreError):
        await at_work.ledger.mark_sending(rows)


async def test_what_was_on_its_way_is_unknown_when_the_run_ends(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    await at_work.ledger.mark_sending(await at_work.ledger.planned(1))
    assert await at_work.ledger.mark_unknown() == 1
    assert await at_work.ledger.counts() == {ChangeState.UNKNOWN: 1, ChangeState.PLANNED: 1}


WRITES: dict[str, Callable[[RunAtWork], Awaitable[object]]] = {
    "plan": plan_two,
    "clear": lambda at_work: at_work.ledger.clear_plan(),
    "send": lambda at_work: at_work.ledger.mark_sending([]),
    "record": lambda at_work: at_work.ledger.record_results([]),
    "retarget": lambda at_work: at_work.ledger.retarget("x", "1"),
    "say": lambda at_work: at_work.runs.update(at_work.run, at_work.fence, subscribers=1),
    "claim": lambda at_work: at_work.runs.claim(at_work.run, [RunState.PLANNING], at_work.fence, ME),
}


@pytest.mark.parametrize("write", WRITES)
async def test_without_its_lock_a_run_writes_nothing(at_work: RunAtWork, write: str) -> None:
    await at_work.locks.release_lock(at_work.lock.id, reason="test", force=True)
    with pytest.raises(LockLost):
        await WRITES[write](at_work)


async def test_an_older_token_never_writes_again_though_the_key_is_held(at_work: RunAtWork) -> None:
    await at_work.locks.release_lock(at_work.lock.id, reason="test", force=True)
    newer = await begin(at_work.db)
    assert newer.lock.token > at_work.lock.token
    with pytest.raises(LockLost):
        await plan_two(at_work)
    await plan_two(newer)


async def test_a_plan_that_was_sent_from_is_not_made_anew(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    await at_work.ledger.clear_plan()
    assert await at_work.ledger.planned(10) == ()
    await plan_two(at_work)
    await at_work.ledger.mark_sending(await at_work.ledger.planned(1))
    with pytest.raises(StoreError, match="can't be planned anew"):
        await at_work.ledger.clear_plan()


async def test_a_created_group_gives_its_rows_their_target(at_work: RunAtWork) -> None:
    await plan(at_work, change("1", ChangeKind.ADD_GROUP, NEW + "A"), change("2", ChangeKind.ADD_GROUP, NEW + "B"))
    await at_work.ledger.retarget("A", "77")
    assert [row.target for row in await at_work.ledger.planned(10)] == ["77", NEW + "B"]


async def test_a_refusal_for_the_status_does_not_count_as_a_failure(at_work: RunAtWork) -> None:
    await plan(at_work, *(change(str(n), ChangeKind.ADD_GROUP) for n in range(4)))
    rows = await at_work.ledger.planned(10)
    results = [
        refused(rows[0], ChangeOutcome.REFUSED_FOR_STATUS),
        refused(rows[1], ChangeOutcome.GONE, 404),
        RowResult(rows[2].id, ChangeState.APPLIED),
        refused(rows[3]),
    ]
    await at_work.ledger.record_results(results)
    assert await at_work.ledger.write_counts(at_work.db.now()) == WriteCounts(2, 3), "not among the writes either"


@pytest.mark.fault("A7")
async def test_the_failure_rate_is_of_what_was_written_to_subscribers_since_the_run_was_taken_up(
    at_work: RunAtWork, clock: SetClock
) -> None:
    kinds = (ChangeKind.CREATE_GROUP, ChangeKind.ADD_GROUP, ChangeKind.ADD_GROUP)
    await plan(at_work, *(change(str(n), kind) for n, kind in enumerate(kinds)))
    group, first, second = await at_work.ledger.planned(10)
    await at_work.ledger.record_results([refused(first)])
    clock.forward(60)
    resumed = at_work.db.now()
    await at_work.ledger.record_results([refused(group), RowResult(second.id, ChangeState.APPLIED)])
    assert await at_work.ledger.write_counts(resumed) == WriteCounts(0, 1), (
        "what failed before the cause was gone is over"
    )


async def test_the_sample_is_spread_over_the_run(at_work: RunAtWork) -> None:
    await plan(at_work, *(change(str(n), ChangeKind.ADD_GROUP) for n in range(100)))
    await at_work.ledger.record_results(
        [RowResult(row.id, ChangeState.APPLIED) for row in await at_work.ledger.planned(100)]
    )
    sample = await at_work.ledger.sample_moves(10)
    assert [row.seq for row in sample] == list(range(1, 101, 10))


async def test_history_knows_refusals_and_moves(at_work: RunAtWork, clock: SetClock) -> None:
    await plan(at_work, *(change(subscriber_id, ChangeKind.ADD_GROUP) for subscriber_id in "123"))
    rows = await at_work.ledger.planned(10)
    await at_work.ledger.record_results(
        [
            RowResult(rows[0].id, ChangeState.APPLIED),
            refused(rows[1]),
            RowResult(rows[2].id, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, "3"),  # worth another plan
        ]
    )
    history = LedgerHistory(at_work.db, CODE)
    since = clock.at
    found = await history.refused()
    assert {mark[0] for mark in found} == {"2"}
    assert [(row.outcome, row.detail) for row in found.values()] == [(ChangeOutcome.REFUSED, "no")]
    assert await history.moves_since(since) == {"1": 1}
    assert await history.placements(["1", "2"]) == {"1": Placement(Tier.GOLD_PURCHASED)}
    clock.forward(1)
    assert await history.moves_since(clock.at) == {}


async def test_a_refusal_is_over_once_the_same_change_was_taken(at_work: RunAtWork) -> None:
    """Whoever undoes it by hand has it planned again."""
    field = evolve(change("1", ChangeKind.SET_FIELD), before="4")
    other = evolve(field, before="5")
    nameless = evolve(change("", ChangeKind.CREATE_SUBSCRIBER), email="a@example.com")
    retried = (field, evolve(nameless, email="b@example.com"))
    await plan(at_work, change("1", ChangeKind.ADD_GROUP), field, other, nameless, *retried)
    rows = await at_work.ledger.planned(10)
    taken = [RowResult(row.id, ChangeState.APPLIED) for row in rows[4:]]
    await at_work.ledger.record_results([*(refused(row) for row in rows[:4]), *taken])
    found = await LedgerHistory(at_work.db, CODE).refused()
    assert set(found) == {mark_of(one) for one in (change("1", ChangeKind.ADD_GROUP), other, nameless)}


async def test_who_was_moved_often_today_is_moved_no_more(at_work: RunAtWork, clock: SetClock) -> None:
    since = clock.at
    await plan(
        at_work, *(change(subscriber_id, ChangeKind.ADD_GROUP, target) for target in "abc" for subscriber_id in "12")
    )
    rows = await at_work.ledger.planned(10)
    await at_work.ledger.record_results([RowResult(row.id, ChangeState.APPLIED) for row in rows[:5]])
    await at_work.ledger.record_results([refused(rows[5])])
    await at_work.runs.finish(at_work.run, at_work.lock.token, RunState.DONE, seconds=1)
    await at_work.locks.release(at_work.lock.key, at_work.lock.token)
    newer = await begin(at_work.db)
    kinds = (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)
    await plan(
        newer, *(evolve(change(n, kind), needs_add=kind is ChangeKind.REMOVE_GROUP) for n in "12" for kind in kinds)
    )
    clock.forward(60)
    assert await newer.ledger.skip_moves_of_the_often_moved(clock.at, 3) == ()
    held = await newer.ledger.skip_moves_of_the_often_moved(since, 3)
    assert [(row.subscriber_id, row.kind) for row in held] == [("1", ChangeKind.ADD_GROUP)]
    left = {(row.subscriber_id, row.kind) for row in await newer.ledger.planned(10)}
    assert left == {("1", ChangeKind.SET_FIELD)} | {("2", kind) for kind in kinds}


async def test_who_holds_the_lock_writes_down_that_others_are_lost(at_work: RunAtWork) -> None:
    await plan_two(at_work)
    await at_work.ledger.mark_sending(await at_work.ledger.planned(1))
    await at_work.locks.release_lock(at_work.lock.id, reason="test", force=True)
    newer = await begin(at_work.db)
    await newer.runs.abandon_others(newer.run, CODE, newer.fence)
    assert (await at_work.runs.get(at_work.run)).state is RunState.LOST
    assert (await newer.runs.get(newer.run)).state is RunState.PLANNING
    assert await at_work.ledger.counts() == {ChangeState.UNKNOWN: 1, ChangeState.PLANNED: 1}


async def test_the_hours_before_a_dead_run_is_resumed_are_no_part_of_its_step(
    at_work: RunAtWork, clock: SetClock
) -> None:
    await at_work.runs.enter(at_work.run, at_work.fence, Phase.APPLY)
    clock.forward(9)
    await at_work.runs.update(at_work.run, at_work.fence, note="the last that is known of it")
    clock.forward(hours=8)
    assert await at_work.runs.claim(at_work.run, [RunState.PLANNING], at_work.fence, ME, state=RunState.APPLYING)
    async with at_work.db.read() as connection:
        documents = await connection.scalar(select(runs.c.phases).where(runs.c.id == at_work.run))
    assert phases_of(documents)[-1].seconds == 9.0


async def test_only_a_run_at_work_can_be_asked(at_work: RunAtWork) -> None:
    requests = ControlRequests(at_work.db)
    assert await requests.ask(at_work.run, ControlVerb.PAUSE, "jon", "newslet\x1bter", text="asked run 1 to pause")
    (asked,) = await requests.unseen(at_work.run)
    assert (asked.verb, asked.by_user, asked.reason) == (ControlVerb.PAUSE, "jon", "newslet␛ter")
    await requests.saw(asked.id, done=True)
    assert await requests.unseen(at_work.run) == ()
    await at_work.runs.finish(at_work.run, at_work.lock.token, RunState.STOPPED, seconds=1)
    assert not await requests.ask(at_work.run, ControlVerb.STOP, "jon", text="asked run 1 to stop")
    assert not await requests.ask(99, ControlVerb.STOP, "jon")
    async with at_work.db.read() as connection:
        lines = (await connection.execute(select(activity.c.who, activity.c.action, activity.c.run))).all()
    assert [tuple(line) for line in lines if line.run] == [("jon", "pause", at_work.run)]


async def test_a_plan_that_waits_is_discarded_once(at_work: RunAtWork) -> None:
    assert not await at_work.runs.discard(at_work.run, "jon", text="discarded plan 1")
    await at_work.runs.finish(at_work.run, at_work.lock.token, RunState.PLANNED, seconds=1, ended=False)
    assert await at_work.runs.discard(at_work.run, "jon", text="discarded plan 1")
    assert not await at_work.runs.discard(at_work.run, "jon", text="discarded plan 1")
    assert (await at_work.runs.get(at_work.run)).state is RunState.DISCARDED
    async with at_work.db.read() as connection:
        lines = (await connection.execute(select(activity.c.who, activity.c.campaign, activity.c.text))).all()
    assert [tuple(line) for line in lines].count(("jon", CODE, "discarded plan 1")) == 1


async def test_who_comes_second_does_not_get_the_run(at_work: RunAtWork) -> None:
    """Two saw the same plan waiting; the first has applied it by the time the second holds the lock."""
    await at_work.runs.update(at_work.run, at_work.fence, state=RunState.DONE)
    await at_work.locks.release(CODE, at_work.lock.token)
    lock = await at_work.locks.acquire_lock(CODE, "apply")
    second = Fence(CODE, lock.token)
    assert not await at_work.runs.claim(at_work.run, [RunState.PLANNED], second, ME, state=RunState.APPLYING)
    run = await at_work.runs.get(at_work.run)
    async with at_work.db.read() as connection:
        token = await connection.scalar(select(runs.c.lock_token).where(runs.c.id == at_work.run))
    assert (run.state, token) == (RunState.DONE, at_work.lock.token)


async def test_an_ended_run_is_not_overwritten_by_whoever_had_it_before(at_work: RunAtWork) -> None:
    await at_work.locks.release_lock(at_work.lock.id, reason="test", force=True)
    lock = await at_work.locks.acquire_lock(CODE, "resume", run=at_work.run)
    assert await at_work.runs.claim(at_work.run, [RunState.PLANNING], Fence(CODE, lock.token), ME)
    resumed = Ledger(at_work.db, at_work.run, CODE, Fence(CODE, lock.token))
    rows = [PlannedRow(1, 1, change("1", ChangeKind.ADD_GROUP), at_work.db.now())]
    await resumed.put_plan(rows, [PlanCount(MOVE, ChangeKind.ADD_GROUP, 1, 1)])
    await resumed.mark_sending(await resumed.planned(1))
    assert await at_work.ledger.mark_unknown() == 0
    assert not await at_work.runs.finish(at_work.run, at_work.lock.token, RunState.LOST, seconds=1)
    assert (await at_work.runs.get(at_work.run)).state is RunState.PLANNING


ALL_WELL = TiersCheck(CheckResult.PASSED, stranded=0)
LOOKED_AT = CreatedCheck(CheckResult.LOOK, created=2)
TOO_BIG = MovesCheck(CheckResult.HOLD, moves=51, members=300, limit=50)
STRANDING = TiersCheck(CheckResult.REFUSE, stranded=1)


@pytest.mark.parametrize(
    ("planned", "yes_later", "options", "checks", "may"),
    [
        (False, False, RunOptions(yes=True), (), False),
        (True, False, RunOptions(), (), False),
        (True, False, RunOptions(yes=True), (ALL_WELL, LOOKED_AT), True),
        (True, False, RunOptions(yes=True), (TOO_BIG,), False),
        (True, True, RunOptions(), (TOO_BIG,), True),
        (False, True, RunOptions(yes=True), (), False),
        (True, True, RunOptions(yes=True), (STRANDING,), False),
    ],
)
async def test_a_yes_counts_only_for_a_plan_that_could_be_seen(
    at_work: RunAtWork,
    clock: SetClock,
    planned: bool,
    yes_later: bool,
    options: RunOptions,
    checks: tuple[Check, ...],
    may: bool,
) -> None:
    found = await at_work.runs.get(at_work.run)
    at = clock.at if planned else None
    clock.forward(-3600)  # a clock that is set back takes no yes away, and gives none
    yes_at = clock.at if yes_later else None
    run = evolve(found, planned_at=at, yes_at=yes_at, options=options, checks=checks)
    assert run.may_apply is may
