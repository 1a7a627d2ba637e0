"""A batch item that is answered 429 for ever ends as a failure of its own; a throttled account pauses the run.

The quota ends a batch: what is refused behind the last item that was answered is refused because of it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import select

from bema_tui.bounds import PATIENCE
from bema_tui.clock import utc_now
from bema_tui.errors import BadAnswer
from bema_tui.model import ChangeOutcome, ChangeState, FindingState, RunKind, RunOptions, RunState
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.schema import activity, ledger
from bema_tui.store.snapshot.findings import list_findings
from bema_tui.sync.connections import connector
from bema_tui.sync.runner import Runner
from tests.end_to_end.engine import engine_on
from tests.end_to_end.waiting import QUOTA, SMALL, Seen, Skip, code_of
from tests.support.clock import SetClock
from tests.support.fixtures import StartSimulator

pytestmark = [pytest.mark.fault("E5"), pytest.mark.fault("E1")]


async def rows_of(seen: Seen, run: int) -> list[Any]:
    async with seen.engine.db.read() as connection:
        return list(await connection.execute(select(ledger).where(ledger.c.run == run).order_by(ledger.c.seq)))


async def a_plan(seen: Seen) -> tuple[str, int, list[Any]]:
    code = await code_of(seen)
    claimed = await seen.engine.runner.claim(code, kind=RunKind.PLAN, options=RunOptions(create_missing=True))
    await seen.engine.runner.execute(claimed, Skip(seen.clock, seen.look))
    return code, claimed.run, await rows_of(seen, claimed.run)


async def nobody_looks(_seconds: float) -> None:
    """A wait that is not looked into."""


async def apply(seen: Seen, run: int) -> RunState:
    claimed = await seen.engine.runner.claim_apply(run)
    return await seen.engine.runner.execute(claimed, Skip(seen.clock, nobody_looks))


def path_of(row: Any) -> str:
    return f"subscribers/{row.subscriber_id}" + ("" if row.kind == "set_field" else f"/groups/{row.target}")


METHOD = {"set_field": "PUT", "add_group": "POST", "remove_group": "DELETE"}


def refuse(seen: Seen, method: str, path: str, status: int = 429) -> None:
    order = {"method": method, "path": path, "status": status, "body": {"message": "No."}}
    seen.simulated.ask("change", {"script_response": order})


def sent(seen: Seen, asked: int) -> list[dict[str, Any]]:
    return [item for request in seen.simulated.requests(asked) for item in request["items"]]


@pytest.mark.parametrize("kind", ["set_field", "add_group", "remove_group"])
async def test_one_that_is_always_refused_so_stops_nobody_else(seen: Seen, kind: str) -> None:
    code, run, rows = await a_plan(seen)
    row = next(row for row in rows if row.kind == kind and not row.target.startswith("new:"))
    method, path = METHOD[kind], path_of(row)
    refuse(seen, method, path)
    asked = len(seen.simulated.requests())
    assert await apply(seen, run) is RunState.DONE

    items = sent(seen, asked)
    assert sum(item["method"] == method and item["path"].endswith(path) for item in items) == 3
    after = await rows_of(seen, run)
    failed = [one for one in after if one.state == ChangeState.FAILED]
    assert [(one.id, one.outcome, one.detail) for one in failed] == [(row.id, ChangeOutcome.NOT_WRITTEN, "3")]
    others = [one for one in after if one.subscriber_id != row.subscriber_id]
    assert {one.state for one in others} == {ChangeState.APPLIED}
    found = await list_findings(seen.engine.db, campaign=code, limit=1000)
    assert row.email in {one.subject for one in found if str(one.rule) == "refused_write"}
    assert seen.simulated.ask("violations") == []

    seen.simulated.ask("change", {"script_response": None})
    await seen.sync(code)
    again = await list_findings(seen.engine.db, campaign=code, state=FindingState.OPEN, limit=1000)
    assert row.email not in {one.subject for one in again if str(one.rule) == "refused_write"}


async def test_an_account_that_refuses_every_item_pauses_the_run(seen: Seen) -> None:
    _, run, _ = await a_plan(seen)
    # Enough for a batch, and for none of its items.
    seen.simulated.ask("set", {"quota": 1, "batch_overdraw": "refuse_items", "window_seconds": 0.05})
    began = seen.clock()
    paused: list[float] = []

    class Watching(Skip):
        async def sleep(self, seconds: float) -> None:
            # A pause is slept in small pieces.
            if seconds < 1.0 and not paused and (await seen.engine.last_run()).state == RunState.PAUSED:
                paused.append((seen.clock() - began).total_seconds())
                seen.simulated.ask("set", {"quota": 1_000_000})
            await super().sleep(seconds)

    claimed = await seen.engine.runner.claim_apply(run)
    assert await seen.engine.runner.execute(claimed, Watching(seen.clock, seen.look)) is RunState.DONE
    assert len(paused) == 1
    assert PATIENCE - 120 <= paused[0] <= PATIENCE + 120
    assert {wait for wait in seen.waits() if wait is not None} == {QUOTA}
    assert {row.state for row in await rows_of(seen, run)} == {ChangeState.APPLIED}


@pytest.mark.parametrize(("answered", "always_refused"), [(8, 0), (4, 3)])
async def test_the_end_of_each_batch_that_finds_the_quota_used_up_is_no_failure(
    seen: Seen, answered: int, always_refused: int
) -> None:
    """Somebody else takes nearly all of every minute: a batch and some of its items are answered, and then nothing.

    People of whom everything is refused in any case, more of it than there are answers, do not hold up the others.
    """
    seen.simulated.ask("set", {"window_seconds": 1_000_000, "batch_overdraw": "refuse_items", "retry_after": 60})
    _, run, rows = await a_plan(seen)

    told: list[dict[str, Any]] = []

    async def a_new_minute(_seconds: float = 0.0) -> None:
        told.extend(seen.simulated.requests(len(told)))
        used = sum(request["cost"] for request in told if request["side"] == "mailerlite")
        seen.simulated.ask("set", {"quota": used + 1 + answered})

    subscribers = list(dict.fromkeys(row.subscriber_id for row in rows if row.subscriber_id))[5 : 5 + always_refused]
    for row in rows:
        if row.subscriber_id in subscribers:
            refuse(seen, METHOD[row.kind], path_of(row))
    await a_new_minute()
    asked = len(seen.simulated.requests())
    claimed = await seen.engine.runner.claim_apply(run)
    assert await seen.engine.runner.execute(claimed, Skip(seen.clock, a_new_minute)) is RunState.DONE
    refused = Counter(item["path"] for item in sent(seen, asked) if item["code"] == 429 and item["method"] != "GET")
    assert max(refused.values()) > 3
    after = await rows_of(seen, run)
    assert {row.state for row in after if row.subscriber_id not in subscribers} == {ChangeState.APPLIED}
    assert ChangeState.APPLIED not in {row.state for row in after if row.subscriber_id in subscribers}


async def test_one_that_is_always_refused_so_stops_nobody_else_where_a_window_holds_one_change(
    simulators: StartSimulator, tmp_path: Path
) -> None:
    # The engine's own clock makes it wait.
    simulated = simulators(seed=24, subscribers=40, orders=8, campaigns=1, quota=120, window_seconds=0.0001)
    clock = SetClock(utc_now())
    async with engine_on(simulated, tmp_path, clock=clock) as engine:
        seen = Seen(engine, clock, simulated)
        _, run, rows = await a_plan(seen)
        row = rows[0]
        refuse(seen, METHOD[row.kind], path_of(row))
        settings = evolve(engine.settings, quota=evolve(engine.settings.quota, quota=120, reserve=119))
        runner = Runner(
            engine.db,
            settings,
            engine.me,
            DatabaseLocks(engine.db, LockAges(), engine.me),
            connector(engine.db, settings),
        )
        claimed = await runner.claim_apply(run)
        assert await runner.execute(claimed, Skip(clock, nobody_looks)) is RunState.DONE
        async with engine.db.read() as connection:
            assert not (await connection.execute(select(activity).where(activity.c.action == "pause"))).all()
        after = await rows_of(seen, run)
        assert len(after) > 3
        assert [one.id for one in after if one.state == ChangeState.FAILED] == [row.id]


async def test_a_subscriber_of_whom_every_item_is_refused_so_does_not_hold_the_run_up(seen: Seen) -> None:
    code, run, rows = await a_plan(seen)
    subscriber_id = rows[-1].subscriber_id
    own = [row for row in rows if row.subscriber_id == subscriber_id]
    refuse(seen, "GET", f"subscribers/{subscriber_id}")
    for row in own:
        refuse(seen, METHOD[row.kind], path_of(row))
    asked, began = len(seen.simulated.requests()), seen.clock()
    assert await apply(seen, run) is RunState.DONE
    assert (seen.clock() - began).total_seconds() < PATIENCE
    writes = Counter((item["method"], item["path"]) for item in sent(seen, asked) if item["method"] != "GET")
    assert max(writes.values()) == 3
    after = await rows_of(seen, run)
    assert {row.state for row in after if row.subscriber_id != subscriber_id} == {ChangeState.APPLIED}
    assert {row.state for row in after if row.subscriber_id == subscriber_id} == {
        ChangeState.FAILED,
        ChangeState.SKIPPED,
    }
    found = await list_findings(seen.engine.db, campaign=code, state=FindingState.OPEN, limit=1000)
    assert {subscriber_id, own[0].email} & {
        one.subject for one in found if str(one.rule) in ("blocked_record", "refused_write")
    }


async def test_the_one_of_the_first_subscribers_who_was_written_and_cannot_be_read_is_not_all_of_them(
    seen: Seen,
) -> None:
    _, run, rows = await a_plan(seen)
    first = list(dict.fromkeys(row.subscriber_id for row in rows if row.subscriber_id))[:5]
    for row in rows:
        if row.subscriber_id in first[:4]:
            refuse(seen, METHOD[row.kind], path_of(row))
    refuse(seen, "GET", f"subscribers/{first[4]}", status=500)
    assert await apply(seen, run) is RunState.DONE


async def test_what_failed_of_a_subscriber_at_several_times_is_one_finding_of_all_of_it(seen: Seen) -> None:
    code, run, rows = await a_plan(seen)
    remove = next(row for row in rows if row.kind == "remove_group" and row.needs_add)
    field = next(row for row in rows if (row.subscriber_id, row.kind) == (remove.subscriber_id, "set_field"))
    refuse(seen, "PUT", path_of(field), status=422)
    refuse(seen, "DELETE", path_of(remove), status=500)
    assert await apply(seen, run) is RunState.DONE
    found = await list_findings(seen.engine.db, campaign=code, state=FindingState.OPEN, limit=1000)
    (message,) = [one.message for one in found if (one.subject, str(one.rule)) == (remove.email, "refused_write")]
    assert message == (
        f"MailerLite refused to set {field.target_name} of {field.email} to {field.after} (422: No.). MailerLite did "
        f"not do what was asked: to take {remove.email} out of {remove.target_name} (tried 3 times, read back: not "
        "written)."
    )


async def test_whom_others_moved_is_told_before_a_run_that_mostly_fails_stops_itself(seen: Seen) -> None:
    code, run, rows = await a_plan(seen)
    subscribers = Counter(row.subscriber_id for row in rows)
    alone = next(row for row in rows[20:] if subscribers[row.subscriber_id] == 1 and row.kind == "set_field")
    for row in rows[20:]:
        if row.kind == "set_field" and row is not alone:
            refuse(seen, "PUT", path_of(row), status=422)
    seen.simulated.ask("change", {"move": {"email": alone.email, "to": f"{code}_BRONZE"}})
    with pytest.raises(BadAnswer, match="the run stopped itself"):
        await apply(seen, run)
    found = await list_findings(seen.engine.db, campaign=code, state=FindingState.OPEN, limit=1000)
    assert alone.email in {one.subject for one in found if str(one.rule) in ("drift", "two_tiers")}


async def test_new_subscribers_whom_mailerlite_does_not_take_hold_up_nobody(
    simulators: StartSimulator, tmp_path: Path
) -> None:
    simulated = simulators(**SMALL)
    simulated.ask("set", {"allow_create": True, "retry_after": 300})
    clock = SetClock(utc_now())
    async with engine_on(simulated, tmp_path, clock=clock) as engine:
        settings = evolve(engine.settings, rules=evolve(engine.settings.rules, add_new_buyers=True))
        locks = DatabaseLocks(engine.db, LockAges(), engine.me)
        runner = Runner(engine.db, settings, engine.me, locks, connector(engine.db, settings))
        seen = Seen(evolve(engine, settings=settings, runner=runner), clock, simulated)
        code, run, _ = await a_plan(seen)
        refuse(seen, "POST", "subscribers")
        assert await apply(seen, run) is RunState.DONE
        after = await rows_of(seen, run)
        new = [row for row in after if row.kind == "create_subscriber"]
        assert new
        assert {(row.state, row.outcome, row.detail) for row in new} == {
            (ChangeState.FAILED, ChangeOutcome.THROTTLED, "600")
        }
        assert {row.state for row in after if row.subscriber_id} == {ChangeState.APPLIED}
        found = await list_findings(engine.db, campaign=code, state=FindingState.OPEN, limit=1000)
        assert {row.email for row in new} <= {one.subject for one in found if str(one.rule) == "refused_write"}

        seen.simulated.ask("change", {"script_response": None})
        assert (await seen.sync(code)).state == RunState.DONE
        assert simulated.state()["created"] == len(new)


async def test_what_others_did_while_an_item_was_refused_so_is_not_claimed(seen: Seen) -> None:
    _, run, rows = await a_plan(seen)
    row = next(row for row in reversed(rows) if row.kind == "add_group" and not row.target.startswith("new:"))
    refuse(seen, "POST", path_of(row))
    asked = len(seen.simulated.requests())

    async def others_act(_seconds: float) -> None:
        seen.simulated.ask("change", {"move": {"email": row.email, "to": row.target_name}})

    claimed = await seen.engine.runner.claim_apply(run)
    assert await seen.engine.runner.execute(claimed, Skip(seen.clock, others_act)) is RunState.DONE
    tries = [item for item in sent(seen, asked) if item["method"] == "POST" and item["path"].endswith(path_of(row))]
    assert tries
    assert {item["code"] for item in tries} == {429}
    (after,) = [one for one in await rows_of(seen, run) if one.id == row.id]
    assert (after.state, after.outcome) == (ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY)
