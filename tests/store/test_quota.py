"""The shared period of requests: one row, changed by one process at a time, and what was learned of an account."""

from __future__ import annotations

import asyncio
import multiprocessing
from datetime import timedelta
from pathlib import Path

from attrs import evolve

from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.database import Database
from bema_tui.store.quota import QuotaPeriods, QuotaRow
from tests.support.clock import SetClock

ACCOUNT = "https://mailerlite.example/api"
TIMES = 40


def one_more(row: QuotaRow) -> QuotaRow:
    return evolve(row, used=row.used + 1)


async def count_up(path: str) -> None:
    async with await Database.open(path) as db:
        for _ in range(TIMES):
            await QuotaPeriods(db, ACCOUNT, 120).change(one_more)


def in_a_process(path: str) -> None:
    asyncio.run(count_up(path))


async def test_it_begins_empty_and_keeps_what_was_written(db: Database, clock: SetClock) -> None:
    periods = QuotaPeriods(db, ACCOUNT, 120)
    assert await periods.change(lambda row: row) == QuotaRow(120)
    full = QuotaRow(60, 51, 50, clock(), clock() + timedelta(seconds=60), True, clock() + timedelta(seconds=119))
    await periods.change(lambda _: full)
    assert await QuotaPeriods(db, ACCOUNT, 120).change(lambda row: row) == full


async def test_each_account_has_its_own(db: Database) -> None:
    await QuotaPeriods(db, ACCOUNT, 120).change(one_more)
    assert (await QuotaPeriods(db, "https://other.example/api", 120).change(one_more)).used == 1


async def test_no_process_overwrites_another(tmp_path: Path) -> None:
    path = str(tmp_path / "bema.sqlite3")
    async with await Database.open(path) as db:
        context = multiprocessing.get_context("spawn")
        others = [context.Process(target=in_a_process, args=(path,)) for _ in range(2)]
        for other in others:
            other.start()
        for other in others:
            await asyncio.to_thread(other.join, 30)
        assert [other.exitcode for other in others] == [0, 0]
        assert (await QuotaPeriods(db, ACCOUNT, 120).change(lambda row: row)).used == 2 * TIMES


async def test_what_an_account_showed_is_kept(db: Database) -> None:
    assert await AccountFacts(db).number(AccountFact.PAGE_OF_GROUP) is None
    await AccountFacts(db).learned(AccountFact.PAGE_OF_GROUP, 1000)
    await AccountFacts(db).learned(AccountFact.PAGE_OF_GROUP, 100)
    assert await AccountFacts(db).number(AccountFact.PAGE_OF_GROUP) == 100
    # An older version kept whatever came.
    await AccountFacts(db).learned(AccountFact.PAGE_OF_GROUP, 10**30)
    assert await AccountFacts(db).number(AccountFact.PAGE_OF_GROUP) is None
