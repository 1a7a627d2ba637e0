"""A batch item that is answered 429 for ever ends as a failure of its own; a throttled account pauses the run."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bema_tui.bounds import PATIENCE
from bema_tui.model import ChangeState, FindingState, RunState
from bema_tui.store.findings import Findings
from bema_tui.store.schema import ledger
from tests.end_to_end.test_waits import QUOTA, Seen, Skip, code_of, seen

__all__ = ["seen"]

pytestmark = [pytest.mark.fault("E5"), pytest.mark.fault("E1")]


async def rows_of(seen: Seen, run: int) -> list[Any]:
    async with seen.engine.db.read() as connection:
        return list(await connection.execute(select(ledger).where(ledger.c.run == run).order_by(ledger.c.seq)))


async def a_plan(seen: Seen) -> tuple[str, int, list[Any]]:
    code = await code_of(seen)
    begun = await seen.engine.runner.begin(code, kind="plan", options={"create_missing": True})
    await seen.engine.runner.carry_out(begun, Skip(seen.clock, seen.look))
    return code, begun.run, await rows_of(seen, begun.run)


async def apply(seen: Seen, run: int) -> RunState:
    begun = await seen.engine.runner.begin_apply(run)
    return await seen.engine.runner.carry_out(begun, Skip(seen.clock, seen.look))


@pytest.mark.parametrize("kind", ["set_field", "add_group", "remove_group"])
async def test_one_that_is_always_refused_so_stops_nobody_else(seen: Seen, kind: str) -> None:
    code, run, rows = await a_plan(seen)
    row = next(row for row in rows if row.kind == kind and not row.target.startswith("new:"))
    method = {"set_field": "PUT", "add_group": "POST", "remove_group": "DELETE"}[kind]
    path = f"subscribers/{row.subscriber_id}" + ("" if kind == "set_field" else f"/groups/{row.target}")
    seen.simulated.ask(
        "change", {"answer": {"method": method, "path": path, "status": 429, "body": {"message": "No."}}}
    )
    asked = len(seen.simulated.requests())
    assert await apply(seen, run) is RunState.DONE

    items = [item for request in seen.simulated.requests(asked) for item in request["items"]]
    assert sum(item["method"] == method and item["path"].endswith(path) for item in items) == 3
    after = await rows_of(seen, run)
    failed = [one for one in after if one.state == ChangeState.FAILED]
    assert [(one.id, one.error) for one in failed] == [(row.id, "tried 3 times, read back: not written")]
    others = [one for one in after if one.subscriber_id != row.subscriber_id]
    assert {one.state for one in others} == {ChangeState.APPLIED}
    found = await Findings(seen.engine.db).list(campaign=code, limit=1000)
    assert row.email in {one.subject for one in found if str(one.rule) == "refused_write"}
    assert seen.simulated.ask("violations") == []

    seen.simulated.ask("change", {"answer": None})
    await seen.sync(code)
    again = await Findings(seen.engine.db).list(campaign=code, state=FindingState.OPEN, limit=1000)
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

    begun = await seen.engine.runner.begin_apply(run)
    assert await seen.engine.runner.carry_out(begun, Watching(seen.clock, seen.look)) is RunState.DONE
    assert len(paused) == 1
    assert PATIENCE - 120 <= paused[0] <= PATIENCE + 120
    assert {wait for wait in seen.waits() if wait is not None} == {QUOTA}
    assert {row.state for row in await rows_of(seen, run)} == {ChangeState.APPLIED}
