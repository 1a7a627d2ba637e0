"""A paused run: what it shows, that a word or the time lets it go on, and that nobody waits for a word for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import define
from sqlalchemy import select, update

from bema_tui.errors import Stopped
from bema_tui.model import Campaign, ControlVerb, RunKind, RunState
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.store import schema
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.run_waits import RunWaits
from bema_tui.store.runs import Runs
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.lock_keeper import LockKeeper
from bema_tui.sync.run_context import Meter
from bema_tui.sync.run_waits import waits_of_run
from bema_tui.waits import Wait, WaitReason

CODE = "2026_ETB_NBL"
SHOP = Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")


class Quick(RunInterrupt):
    """Sleeps without waiting; ``hold`` makes the sleeps real, so that a word is heard in them."""

    hold = False
    slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await super().sleep(0.01 if self.hold else 0.0)


@define
class Kept:
    """A run that holds its lock, and its keeper."""

    db: Database
    runs: Runs
    locks: DatabaseLocks
    run: int
    fence: Fence
    interrupt: Quick
    keeper: LockKeeper

    async def state(self) -> tuple[RunState, str, Wait | None]:
        async with self.db.read() as connection:
            query = select(schema.runs.c.state, schema.runs.c.note).where(schema.runs.c.id == self.run)
            row = (await connection.execute(query)).one()
        found = await RunWaits(self.db).of(self.run)
        return RunState(row.state), row.note, found and found[0]

    async def come_true(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again, for at most ten seconds."""
        async with asyncio.timeout(60):
            while not await look():  # noqa: ASYNC110 (another task's write is waited for)
                await asyncio.sleep(0.02)

    async def ask(self, verb: ControlVerb) -> None:
        """Ask something of the run, and wait until it has seen it."""
        requests = ControlRequests(self.db)
        assert await requests.ask(self.run, verb, "carol")

        async def seen() -> bool:
            return not await requests.unseen(self.run)

        await self.come_true(seen)

    async def open_requests(self) -> list[ControlVerb]:
        """What was asked and is not done."""
        table = schema.control_requests
        async with self.db.read() as connection:
            rows = await connection.scalars(select(table.c.verb).where(table.c.done_at.is_(None)))
            return [ControlVerb(verb) for verb in rows]

    async def nothing_open(self) -> bool:
        return not await self.open_requests()

    async def waits(self) -> bool:
        return (await self.state())[2] is not None


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with await Database.open(str(tmp_path / "bema.sqlite3")) as db:
        await Campaigns(db).add(Campaign(CODE, "No Better Love", ("100",)), "maria")
        me = current_holder()
        locks, runs = DatabaseLocks(db, LockAges(), me), Runs(db)
        lock = await locks.acquire_lock(CODE, "sync")
        run = await runs.create(RunKind.SYNC, CODE, me)
        fence = Fence(lock.key, lock.token)
        await runs.claim(run, [RunState.PLANNING], fence, me, state=RunState.APPLYING)
        interrupt = Quick()
        keeper = LockKeeper(
            runs,
            locks,
            ControlRequests(db),
            run,
            fence,
            interrupt,
            waits=waits_of_run(runs, run, fence, db.now),
            meter=Meter(),
            heartbeat=30.0,
            now=db.now,
            paused_at_most=7200.0,
        )
        async with keeper:
            yield Kept(db, runs, locks, run, fence, interrupt, keeper)


async def test_a_pause_is_done_when_the_run_rests_and_can_be_taken_back_until_then(kept: Kept) -> None:
    await kept.ask(ControlVerb.PAUSE)
    assert await kept.open_requests() == [ControlVerb.PAUSE], "a request is on its way: the run does not rest yet"
    await kept.ask(ControlVerb.CONTINUE)
    assert await kept.open_requests() == []
    await kept.keeper.safe_point()
    assert kept.interrupt.slept == 0.0
    await kept.ask(ControlVerb.PAUSE)
    kept.interrupt.hold = True
    waiting = asyncio.create_task(kept.keeper.safe_point())
    await kept.come_true(kept.waits)
    await kept.come_true(kept.nothing_open)
    await kept.ask(ControlVerb.PAUSE)
    assert await kept.open_requests() == [], "it is paused"
    await kept.ask(ControlVerb.CONTINUE)
    await asyncio.wait_for(waiting, 60)
    await kept.ask(ControlVerb.PAUSE)
    assert await kept.open_requests() == [ControlVerb.PAUSE]
    await ControlRequests(kept.db).set_aside(kept.run)
    assert await kept.open_requests() == [], "what was asked of a life before is over"


@pytest.mark.fault("E8", "A8")
async def test_a_run_that_nobody_lets_go_on_ends_itself(kept: Kept) -> None:
    await kept.ask(ControlVerb.PAUSE)
    with pytest.raises(Stopped, match="Paused by carol, and for 2 hours in all: the run") as caught:
        await kept.keeper.safe_point()
    assert f"bema-tui resume {kept.run}" in caught.value.advice
    assert kept.interrupt.slept == pytest.approx(7200.0)


@pytest.mark.fault("E8", "A8")
async def test_all_pauses_of_a_run_count_together_and_each_by_what_it_lasted(kept: Kept) -> None:
    """Two hours in all: a quarter of an hour before a pause of an hour, and a person's pause for the rest."""
    keeper = kept.keeper
    for _ in range(5):  # a word ends each of these at once
        assert keeper.may_pause(3600.0, waited=0.0)
        kept.interrupt.hold = True
        waiting = asyncio.create_task(keeper.wait_out("EDD is not available.", SHOP, 3600.0))
        await kept.come_true(kept.waits)
        await kept.ask(ControlVerb.CONTINUE)
        await asyncio.wait_for(waiting, 60)
    kept.interrupt.hold = False
    short = kept.interrupt.slept
    assert short < 900.0
    assert keeper.may_pause(3600.0, waited=900.0)
    await keeper.wait_out("EDD is not available.", SHOP, 3600.0)
    assert not keeper.may_pause(3600.0, waited=0.0)
    await kept.ask(ControlVerb.PAUSE)
    with pytest.raises(Stopped):
        await keeper.safe_point()
    assert kept.interrupt.slept == pytest.approx(7200.0 - 900.0)


async def test_a_word_lets_a_paused_run_go_on_and_it_says_until_when_it_waits(kept: Kept) -> None:
    await kept.ask(ControlVerb.PAUSE)
    kept.interrupt.hold = True
    waiting = asyncio.create_task(kept.keeper.safe_point())
    await kept.come_true(kept.waits)
    state = await kept.state()
    assert state[0] is RunState.PAUSED
    assert state[1].startswith("paused by carol ")
    assert state[2] == Wait(WaitReason.PERSON, detail="carol")
    await kept.ask(ControlVerb.CONTINUE)
    await asyncio.wait_for(waiting, 60)
    assert await kept.state() == (RunState.APPLYING, "", None)


async def test_a_pause_for_a_service_ends_with_its_time_or_with_a_word(kept: Kept) -> None:
    await kept.keeper.wait_out("EDD is not available.", SHOP, 600.0)
    assert kept.interrupt.slept == pytest.approx(600.0)
    assert await kept.state() == (RunState.APPLYING, "", None)
    kept.interrupt.hold = True
    waiting = asyncio.create_task(kept.keeper.wait_out("EDD is not available.", SHOP, 3600.0))
    await kept.come_true(kept.waits)
    assert await kept.state() == (RunState.PAUSED, "EDD is not available.", SHOP)
    await kept.ask(ControlVerb.CONTINUE)
    await asyncio.wait_for(waiting, 60)
    assert await kept.state() == (RunState.APPLYING, "", None)


async def test_a_run_that_ends_or_is_taken_up_waits_for_nothing(kept: Kept) -> None:
    waits = waits_of_run(kept.runs, kept.run, kept.fence, kept.db.now)
    await waits.show("shop", SHOP, 30.0)
    (waiting,) = await RunWaits(kept.db).all()
    assert (waiting.run, waiting.campaign, waiting.wait) == (kept.run, CODE, SHOP)
    await kept.runs.finish(kept.run, kept.fence.token, RunState.STOPPED, seconds=1.0)
    assert await RunWaits(kept.db).of(kept.run) is None
    assert await RunWaits(kept.db).of(99) is None
    # As a process that died leaves it.
    await kept.runs.update(kept.run, kept.fence, state=RunState.APPLYING)
    await waits.show("shop", SHOP, 60.0)
    assert await RunWaits(kept.db).of(kept.run) is not None
    await kept.runs.claim(kept.run, [RunState.APPLYING], kept.fence, current_holder())
    assert await RunWaits(kept.db).of(kept.run) is None


async def test_requests_that_leave_are_progress_and_one_sent_again_is_none(kept: Kept) -> None:
    meter, long_ago = Meter(), datetime(2026, 1, 1, tzinfo=UTC)

    async def progressed() -> bool:
        async with kept.db.read() as connection:
            found = await connection.scalar(select(schema.runs.c.progressed_at).where(schema.runs.c.id == kept.run))
        return found is not None and found > long_ago

    async def beaten() -> bool:
        (lock,) = await kept.locks.get_active_locks()
        return lock.last_beat > beat

    async with kept.db.write() as connection:
        await connection.execute(update(schema.runs).values(progressed_at=long_ago))
    waits = waits_of_run(kept.runs, kept.run, kept.fence, kept.db.now)
    keeper = LockKeeper(
        kept.runs,
        kept.locks,
        ControlRequests(kept.db),
        kept.run,
        kept.fence,
        kept.interrupt,
        waits=waits,
        meter=meter,
        heartbeat=0.0,
        now=kept.db.now,
    )
    async with keeper:
        meter.count(MailerLite.name, write=True, cost=1, retried=True)
        beat = kept.db.now()
        await kept.come_true(beaten)
        assert not await progressed()
        meter.count(MailerLite.name, write=True, cost=1, retried=False)
        await kept.come_true(progressed)
    counts = await kept.runs.request_counts(kept.run)
    assert counts == Meter(read=0, write=2, retried=1, shop=0).values()
    assert Meter.of(counts) == Meter(0, 2, 1, 0), "a run that is resumed goes on counting from there"
