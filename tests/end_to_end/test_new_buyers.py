"""New buyers are looked up together and created one by one, for what was foretold, and nobody is made who is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve, frozen
from sqlalchemy import Row, select

from bema_tui.bounds import PATIENCE
from bema_tui.clock import utc_now
from bema_tui.model import ChangeOutcome, ChangeState, RunKind, RunOptions, RunState
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.schema import ledger
from bema_tui.sync.apply.creator import LOOK_UP_HOLDS
from bema_tui.sync.connections import connector
from bema_tui.sync.runner import Runner
from tests.end_to_end.engine import Engine, engine_on
from tests.end_to_end.waiting import Skip
from tests.support.clock import SetClock
from tests.support.fixtures import StartSimulator
from tests.support.simulated import Simulated

UNPACED = QuotaSettings(quota=1_000_000)
PACED = QuotaSettings(quota=120, window_seconds=60.0)
SMALL = QuotaSettings(quota=30, window_seconds=60.0)


@frozen
class Shop:
    """An engine that creates new buyers, on a campaign that has nothing else left to write."""

    engine: Engine
    simulated: Simulated
    code: str
    clock: SetClock

    def sell(self, buyers: int) -> list[str]:
        """One sale to each of so many people whom MailerLite does not know, in the order in which they are created."""
        state = self.simulated.state()
        product = next(row["product_id"] for row in state["campaigns"] if row["code"] == self.code)
        emails = [f"new{number:03}@nowhere.example" for number in range(buyers)]
        for email in emails:
            self.simulated.change(add_order={"email": email, "product": product})
        return emails

    def sign_up(self, email: str) -> None:
        """Somebody signs up by themselves."""
        at = self.simulated.endpoints
        headers = {"Authorization": f"Bearer {at.mailerlite_key}", "Accept": "application/json"}
        answer = httpx.post(f"{at.mailerlite_url}/subscribers", json={"email": email}, headers=headers)
        assert answer.is_success, answer.text

    async def outcomes(self, run: int) -> dict[str, tuple[ChangeState, ChangeOutcome | None]]:
        """What became of the run's rows, by e-mail."""
        async with self.engine.db.read() as connection:
            rows = await connection.execute(select(ledger).where(ledger.c.run == run).order_by(ledger.c.seq))
            return {row.email: (row.state, row.outcome) for row in rows}

    async def sync(self) -> Row[Any]:
        """A sync whose waits take no time; the run."""
        options = RunOptions(yes=True, create_missing=True, max_moves=1000)
        claimed = await self.engine.runner.claim(self.code, kind=RunKind.SYNC, options=options)
        assert await self.engine.runner.execute(claimed, Skip(self.clock)) is RunState.DONE
        return await self.engine.last_run()

    async def plan(self) -> int:
        """A plan that waits for a yes, however many it creates; its run."""
        claimed = await self.engine.runner.claim(self.code, kind=RunKind.PLAN, options=RunOptions(max_moves=1000))
        assert await self.engine.runner.execute(claimed, Skip(self.clock)) is RunState.PLANNED
        return claimed.run

    async def apply(self, run: int, waits: Skip | None = None) -> None:
        """The yes to a plan; its waits take no time either."""
        claimed = await self.engine.runner.claim_apply(run)
        assert await self.engine.runner.execute(claimed, waits or Skip(self.clock)) is RunState.DONE

    def looked_up(self, since: int) -> list[list[str]]:
        """The e-mails in each batch of look-ups."""
        batches = [row["items"] for row in self.simulated.requests(since) if row["items"]]
        paths = [[item["path"].rpartition("/")[2].replace("%40", "@") for item in items] for items in batches]
        return [emails for emails in paths if any("@" in email for email in emails)]


class TooLong(Skip):
    """Waits in each of which a look-up gets too old, and something else happens."""

    def __init__(self, shop: Shop, meanwhile: Callable[[], None]) -> None:
        super().__init__(shop.clock)
        self._shop = shop
        self._meanwhile = meanwhile

    async def sleep(self, seconds: float) -> None:
        self._meanwhile()
        self._shop.clock.forward(LOOK_UP_HOLDS)
        await super().sleep(seconds)


@asynccontextmanager
async def shop_on(
    simulators: StartSimulator, folder: Path, quota: QuotaSettings = UNPACED, **changes: Any
) -> AsyncIterator[Shop]:
    clock = SetClock(utc_now())
    service = {"quota": quota.quota, "window_seconds": quota.window_seconds, "subscribers": 60, "orders": 50, **changes}
    simulated = simulators(**service, clock=lambda: clock().timestamp())
    simulated.set(allow_create=True)
    async with engine_on(simulated, folder, clock=clock, quota=quota) as engine:
        rules = evolve(engine.settings.rules, add_new_buyers=True)
        settings = evolve(engine.settings, rules=rules)
        locks = DatabaseLocks(engine.db, LockAges(), engine.me)
        runner = Runner(engine.db, settings, engine.me, locks, connector(engine.db, settings))
        code = (await engine.discover())[0].code
        shop = Shop(evolve(engine, settings=settings, runner=runner), simulated, code, clock)
        await shop.sync()
        yield shop
    assert simulated.violations() == []


@pytest.mark.parametrize(
    ("buyers", "quota", "item_cost"), [(120, UNPACED, 1), (70, PACED, 1), (70, PACED, 0), (10, SMALL, 1)]
)
async def test_many_new_buyers_cost_what_was_foretold(
    simulators: StartSimulator, tmp_path: Path, buyers: int, quota: QuotaSettings, item_cost: int
) -> None:
    async with shop_on(simulators, tmp_path, quota, batch_item_cost=item_cost) as shop:
        new = shop.sell(buyers)
        before = set(shop.simulated.subscribers())
        planned = await shop.plan()
        shop.clock.forward(quota.window_seconds + 1)  # the quota is whole when the yes comes
        await shop.apply(planned)
        assert set(shop.simulated.subscribers()) - before == set(new)
        run = await shop.engine.last_run()
    assert run.requests_write == run.write_forecast == len(new)
    assert run.requests_read == run.read_forecast
    assert shop.simulated.state()["requests"]["refused_429"] == 0


async def test_a_plan_of_new_buyers_looks_fifty_up_in_a_request(simulators: StartSimulator, tmp_path: Path) -> None:
    async with shop_on(simulators, tmp_path) as shop:
        new = shop.sell(120)
        run = await shop.plan()
        asked = len(shop.simulated.requests())
        await shop.apply(run)
        looked_up = shop.looked_up(asked)
    groups = [[email for email in emails if email in new] for emails in looked_up]
    # Beside the first of them somebody known is asked for, who proves the look-ups; five are read back.
    assert [len(emails) for emails in looked_up] == [50, 5, 50, 21]
    assert [len(emails) for emails in groups] == [49, 5, 50, 21]
    assert groups[0] + groups[2] + groups[3] == new
    assert groups[1] == new[:5]


@pytest.mark.parametrize(
    ("seconds", "again"),
    [
        (LOOK_UP_HOLDS, False),
        (LOOK_UP_HOLDS + 1, True),
        (-1, True),  # the clock was set back: nobody knows how old the look-up is
    ],
)
async def test_who_signs_up_meanwhile_is_left_alone_if_the_look_up_is_too_old(
    simulators: StartSimulator, tmp_path: Path, seconds: float, again: bool
) -> None:
    async with shop_on(simulators, tmp_path) as shop:
        new = shop.sell(12)
        run = await shop.plan()
        asked = len(shop.simulated.requests())
        shop.simulated.hold(at=7, only="writes")
        applying = asyncio.create_task(shop.apply(run))
        await asyncio.to_thread(shop.simulated.wait_held)
        shop.sign_up(new[9])
        shop.clock.forward(seconds)
        shop.simulated.release()
        await applying
        outcomes = await shop.outcomes(run)
        looked_up = [[email for email in emails if email in new] for emails in shop.looked_up(asked)]
    assert looked_up == [new, new[:5], *([new[7:]] if again else [])]
    made: Sequence[str] = [email for email in new if not again or email != new[9]]
    assert {email for email, what in outcomes.items() if what == (ChangeState.APPLIED, None)} == {*made}
    if again:
        assert outcomes[new[9]] == (ChangeState.SKIPPED, ChangeOutcome.THERE_MEANWHILE)


async def test_one_whose_look_up_is_always_refused_is_not_created_and_holds_up_nobody(
    simulators: StartSimulator, tmp_path: Path
) -> None:
    """Its tries last longer than a look-up holds."""
    async with shop_on(simulators, tmp_path) as shop:
        new = shop.sell(12)
        run = await shop.plan()
        asked = len(shop.simulated.requests())
        order = {"method": "GET", "path": f"subscribers/{new[3]}", "status": 429, "body": {"message": "No."}}
        shop.simulated.change(script_response=order)
        await shop.apply(run)
        outcomes = await shop.outcomes(run)
        tries = sum(new[3] in emails for emails in shop.looked_up(asked))
    assert outcomes.pop(new[3]) == (ChangeState.SKIPPED, ChangeOutcome.NOT_PROVED_UNKNOWN)
    assert {*outcomes.values()} == {(ChangeState.APPLIED, None)}
    assert tries == 3
    assert new[3] not in shop.simulated.subscribers()


async def test_who_signs_up_while_a_create_waits_is_left_alone(simulators: StartSimulator, tmp_path: Path) -> None:
    """A 429 asks for more patience than a look-up holds: whoever is there by then would be written to by address."""
    async with shop_on(simulators, tmp_path) as shop:
        new = shop.sell(3)
        run = await shop.plan()
        shop.simulated.change(script_response={"method": "POST", "path": "subscribers", "status": 429, "times": 1})

        def sign_up() -> None:
            if new[0] not in shop.simulated.subscribers():
                shop.sign_up(new[0])

        await shop.apply(run, TooLong(shop, sign_up))
        outcomes = await shop.outcomes(run)
        subscribers = shop.simulated.subscribers()
    assert outcomes.pop(new[0]) == (ChangeState.SKIPPED, ChangeOutcome.THERE_MEANWHILE)
    assert {*outcomes.values()} == {(ChangeState.APPLIED, None)}
    assert subscribers[new[0]][1] == []


async def test_a_create_that_is_always_put_off_is_given_up(simulators: StartSimulator, tmp_path: Path) -> None:
    async with shop_on(simulators, tmp_path) as shop:
        (new,) = shop.sell(1)
        run = await shop.plan()
        began = shop.clock()
        shop.simulated.change(script_response={"method": "POST", "path": "subscribers", "status": 429})
        await shop.apply(run, TooLong(shop, lambda: None))
        outcomes = await shop.outcomes(run)
        took = (shop.clock() - began).total_seconds()
    assert outcomes == {new: (ChangeState.FAILED, ChangeOutcome.THROTTLED)}
    assert PATIENCE < took < 2 * PATIENCE
