"""Two syncs of one account share one budget, a window is used up before the next one, and the forecast holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bema_tui.clock import utc_now
from bema_tui.model import RunKind, RunOptions, RunState
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.schema import ledger
from bema_tui.sync.interrupt import RunInterrupt
from tests.end_to_end.comparing import expect_account
from tests.end_to_end.engine import engine_on
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import GOING, poor_campaign
from tests.end_to_end.waiting import Skip
from tests.support.clock import SetClock
from tests.support.fixtures import MakeOperator, StartSimulator

QUOTA, RESERVE, SECONDS = 120, 10, 3.0
PACED = {"BEMA_MAILERLITE_QUOTA": str(QUOTA), "BEMA_MAILERLITE_WINDOW_SECONDS": str(SECONDS)}


def windows(requests: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Requests to MailerLite by the window in which the service counted them: fixed, from its first request."""
    found: list[list[dict[str, Any]]] = []
    began = float("-inf")
    for row in requests:
        if row["side"] == "mailerlite" and row["cost"]:
            if row["seconds_since_start"] >= began + SECONDS:
                began = row["seconds_since_start"]
                found.append([])
            found[-1].append(row)
    return found


def test_two_processes_together_keep_the_quota(simulators: StartSimulator, operators: MakeOperator) -> None:
    simulated = simulators(seed=31, subscribers=600, orders=520, campaigns=2, quota=QUOTA, window_seconds=SECONDS)
    before = simulated.state()
    mine = operators(simulated.endpoints, **PACED)
    releases = [Release.read(row) for row in mine.forked("campaigns", "discover", "--add")["campaigns"]]
    started = [mine.fork("sync", release.code, *GOING) for release in releases]
    for process in started:
        told = mine.finish(process)
        assert told.status in (0, 3), told
        assert told.document["state"] == "done"
    seen = windows(simulated.requests())
    assert len(seen) > 2, "more than two windows were needed"
    assert simulated.state()["requests"]["refused_429"] == 0
    assert [used for window in seen if (used := sum(row["cost"] for row in window)) > QUOTA - RESERVE] == []
    expect_account(simulated, before, releases)


@pytest.mark.parametrize("item_cost", [0, 1])
async def test_writing_uses_what_there_is_and_costs_what_was_foretold(
    simulators: StartSimulator, tmp_path: Path, item_cost: int
) -> None:
    """On a clock that only waits move, so that a window is left unused for no other reason than what is wrong here."""
    clock = SetClock(utc_now())
    quota = 80  # a batch of fifty, and one of what remains
    sizes = {"seed": 7, "subscribers": 800, "orders": 700, "campaigns": 2}
    service = {"quota": quota, "window_seconds": SECONDS, "batch_item_cost": item_cost}
    simulated = simulators(**sizes, **service, clock=lambda: clock().timestamp())
    code = poor_campaign(simulated)
    paced = QuotaSettings(quota=QUOTA, window_seconds=SECONDS, reserve=RESERVE)
    async with engine_on(simulated, tmp_path, clock=clock, quota=paced) as engine:
        await engine.discover()
        options = RunOptions(yes=True, create_missing=True, max_moves=100_000)
        claimed = await engine.runner.claim(code, kind=RunKind.SYNC, options=options)
        assert await engine.runner.execute(claimed, Skip(clock)) is RunState.DONE
        run = await engine.last_run()
        facts = AccountFacts(engine.db)
        learned = [await facts.number(name) for name in (AccountFact.BATCH_BASE, AccountFact.BATCH_ITEM)]
    assert simulated.state()["requests"]["refused_429"] == 0
    seen = windows(simulated.requests())
    # The last window with writes may end with the work: the sample that is read then need not fit into it.
    writing = [window for window in seen if any(row["write"] and row["items"] for row in window)][:-1]
    used = [sum(row["cost"] for row in window) for window in writing]
    assert all(0.95 * (quota - RESERVE) <= spent <= quota - RESERVE for spent in used), used
    assert len(used) >= 2 or not item_cost, "where items are free, no window is filled"
    assert abs(run.write_forecast - run.requests_write) <= max(1, 0.05 * run.requests_write)
    # That items count is what is taken for granted until a batch shows that they don't.
    assert learned == ([None, None] if item_cost else [1, 0])


async def test_subscribers_whose_read_is_too_old_are_read_again_fifty_at_a_time(
    simulators: StartSimulator, tmp_path: Path
) -> None:
    simulated = simulators(seed=7, subscribers=900, orders=900, campaigns=1)
    code = poor_campaign(simulated)
    async with engine_on(simulated, tmp_path) as engine:
        await engine.discover()
        options = RunOptions(create_missing=True, max_moves=100_000)
        claimed = await engine.runner.claim(code, kind=RunKind.SYNC, options=options)
        assert await engine.runner.execute(claimed, RunInterrupt()) is RunState.PLANNED
        planned = len(simulated.requests())
        async with engine.db.write() as connection:  # the yes comes an hour later
            await connection.execute(update(ledger).values(read_at=engine.db.now() - timedelta(hours=1)))
        applying = await engine.runner.claim_apply(claimed.run)
        assert await engine.runner.execute(applying, RunInterrupt()) is RunState.DONE
        batches = [row["items"] for row in simulated.requests()[planned:] if row["items"]]
        others = (await engine.last_run()).subscribers - 5
    again = [len(items) for items in batches if items[0]["method"] == "GET"]
    # The first five people before they are written and after it, all others, and the sample at the end.
    assert 50 < others < 100
    assert again == [5, 5, 50, others - 50, 50]


@pytest.mark.parametrize(("page_cap", "way"), [(100, "sweep of the account"), (5, "groups by status")])
async def test_each_way_of_reading_finds_everybody_for_what_was_foretold(
    simulators: StartSimulator, tmp_path: Path, page_cap: int, way: str
) -> None:
    """A small account is swept; where a sweep would take many pages, the groups are read."""
    simulated = simulators(seed=34, subscribers=400, orders=300, campaigns=1, page_cap=page_cap)
    before = simulated.state()
    async with engine_on(simulated, tmp_path) as engine:
        await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, page_cap)
        releases = await engine.discover()
        assert await engine.sync(releases[0].code) is RunState.DONE
        first = await engine.last_run()
        expect_account(simulated, before, releases)
        assert await engine.sync(releases[0].code) is RunState.DONE
        run = await engine.last_run()
    foretold, made = first.read_forecast + first.write_forecast, first.requests_read + first.requests_write
    assert abs(foretold - made) <= max(1, 0.05 * made), "nobody had looked before"
    assert run.mailerlite_read["strategy"] == way
    assert run.requests_write == 0
    assert run.requests_read == run.read_forecast
    assert run.mailerlite_read["requests"] == run.mailerlite_read["requests_forecast"]
