"""What every lock handler keeps to: one holder at a time, tokens that only grow, and nothing taken from the living."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve, frozen

from bema_tui.errors import LockHeld, UsageError
from bema_tui.interfaces import LockHandler
from bema_tui.model import Holder, Lock, LockState
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from tests.support.activity import latest_activity
from tests.support.clock import SetClock

KEY = "2024_ETB_NBL"
JON = Holder("jon", "tour-laptop", 8841, "boot-1", 12.5, "pid:[1]")
MARIA = Holder("maria", "studio-1", 2214, "boot-2", 99.0, "pid:[2]")


async def holds(handler: LockHandler, token: int) -> bool:
    """Returns whether the lock is held, and still under this token."""
    return any((lock.key, lock.token) == (KEY, token) for lock in await handler.get_active_locks())


@frozen
class Hosts:
    """Two people on two hosts, and one database between them."""

    db: Database
    clock: SetClock
    jon: DatabaseLocks
    maria: DatabaseLocks

    async def state(self) -> LockState:
        (lock,) = await self.maria.get_active_locks()
        return lock.state

    async def said(self) -> list[str]:
        return [line.action for line in await latest_activity(self.db, 10)]


@pytest.fixture
async def hosts(database_file: Path) -> AsyncIterator[Hosts]:
    clock = SetClock()
    async with await Database.open(str(database_file), clock=clock) as db:
        yield Hosts(db, clock, DatabaseLocks(db, LockAges(), JON), DatabaseLocks(db, LockAges(), MARIA))


def test_it_is_a_lock_handler(hosts: Hosts) -> None:
    assert isinstance(hosts.jon, LockHandler)


async def test_a_taken_lock_says_everything(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync", run=7)
    assert re.fullmatch("[a-z2-9]{4}", lock.id)
    assert lock == Lock(lock.id, KEY, lock.token, JON, "sync", 7, hosts.clock.at, hosts.clock.at, LockState.LIVE)
    assert await hosts.maria.get_active_locks() == (lock,)
    assert await hosts.said() == []


async def test_a_held_lock_is_refused_with_who_since_when_and_what_to_do(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync", run=7)
    hosts.clock.forward(40)
    with pytest.raises(LockHeld) as caught:
        await hosts.maria.acquire_lock(KEY, "sync")
    error = caught.value
    assert error.exit_status == 4
    assert (error.lock_id, error.holder, error.state) == (lock.id, "jon@tour-laptop (process 8841)", "live")
    for fact in ("jon@tour-laptop (process 8841)", "2026-11-22 14:32", "run 7", "40 s", "live"):
        assert fact in error.message
    assert error.advice
    await hosts.maria.acquire_lock("2025_KAIRO_TNS", "sync")


async def test_the_same_process_does_not_get_it_twice(hosts: Hosts) -> None:
    await hosts.jon.acquire_lock(KEY, "sync")
    with pytest.raises(LockHeld):
        await hosts.jon.acquire_lock(KEY, "sync")


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0, LockState.LIVE),
        (90, LockState.LIVE),
        (91, LockState.QUIET),
        (900, LockState.QUIET),
        (901, LockState.EXPIRED),
        (3600, LockState.EXPIRED),
        (3601, LockState.STALE),
        (-30, LockState.LIVE),
    ],
)
async def test_the_state_is_the_age_of_the_last_beat(hosts: Hosts, age: float, state: LockState) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    hosts.clock.forward(50)
    assert await hosts.jon.beat(KEY, lock.token)
    hosts.clock.forward(age)
    assert await hosts.state() is state
    if state.releasable:
        taken = await hosts.maria.acquire_lock(KEY, "sync")
        assert taken.token > lock.token
        assert taken.holder == MARIA
        assert taken.id != lock.id
        (line,) = await latest_activity(hosts.db, 5)
        assert (line.who, line.action, line.campaign) == ("maria", "takeover", KEY)
        assert "jon@tour-laptop (process 8841)" in line.text
    else:
        with pytest.raises(LockHeld):
            await hosts.maria.acquire_lock(KEY, "sync")


async def test_who_lost_a_lock_finds_out(hosts: Hosts) -> None:
    old = await hosts.jon.acquire_lock(KEY, "sync")
    hosts.clock.forward(901)
    new = await hosts.maria.acquire_lock(KEY, "sync")
    assert not await hosts.jon.beat(KEY, old.token)
    assert not await hosts.jon.note(KEY, old.token, "mine")
    assert not await hosts.jon.release(KEY, old.token)
    assert not await holds(hosts.jon, old.token)
    assert await holds(hosts.maria, new.token)
    assert await hosts.maria.get_active_locks() == (new,)


@pytest.mark.parametrize("seconds", [0, 7200, -7200])
async def test_the_token_only_grows_however_the_clock_is_set(hosts: Hosts, seconds: float) -> None:
    tokens = []
    for number in range(6):
        hosts.clock.forward(seconds)
        lock = await hosts.jon.acquire_lock(KEY, "sync")
        tokens.append(lock.token)
        if number % 2:
            assert await hosts.jon.release(KEY, lock.token)
        else:
            await hosts.jon.release_lock(lock.id, reason="done with it")
        assert not await holds(hosts.jon, lock.token)
    assert tokens == sorted(set(tokens))


async def test_a_note_is_seen_by_all_and_plain(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    assert await hosts.jon.note(KEY, lock.token, "paused by \x1b[31mjon\n" + "x" * 300)
    (seen,) = await hosts.maria.get_active_locks()
    assert seen.note.startswith("paused by ␛[31mjon xx")
    assert len(seen.note) == 200


async def test_a_living_lock_is_released_only_by_force_or_by_its_own_process(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    for age in (0, 100):
        hosts.clock.forward(age)
        with pytest.raises(UsageError, match="jon@tour-laptop") as caught:
            await hosts.maria.release_lock(lock.id, reason="I want it")
        assert "--force" in caught.value.advice
    released = await hosts.maria.release_lock(lock.id.upper(), reason="laptop closed", force=True)
    assert (released.id, released.state) == (lock.id, LockState.QUIET)
    assert await hosts.maria.get_active_locks() == ()
    (line,) = await latest_activity(hosts.db, 5)
    assert (line.who, line.action) == ("maria", "release")
    assert "laptop closed" in line.text
    own = await hosts.jon.acquire_lock(KEY, "sync")
    await hosts.jon.release_lock(own.id, reason="my own")
    assert await hosts.jon.get_active_locks() == ()


async def test_an_expired_lock_is_released_without_force(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    hosts.clock.forward(901)
    assert (await hosts.maria.release_lock(lock.id, reason="gone")).state is LockState.EXPIRED
    assert not await hosts.jon.beat(KEY, lock.token)


@pytest.mark.parametrize("reason", ["", "  \n"])
async def test_a_release_needs_a_reason(hosts: Hosts, reason: str) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    with pytest.raises(UsageError, match="reason"):
        await hosts.jon.release_lock(lock.id, reason=reason, force=True)
    assert await holds(hosts.jon, lock.token)


async def test_an_unknown_or_free_id_is_refused(hosts: Hosts) -> None:
    lock = await hosts.jon.acquire_lock(KEY, "sync")
    await hosts.jon.release(KEY, lock.token)
    for wanted in (lock.id, "????", ""):
        with pytest.raises(UsageError) as caught:
            await hosts.maria.release_lock(wanted, reason="gone", force=True)
        assert "bema-tui locks" in caught.value.advice


async def test_the_sweeper_releases_the_stale_and_says_so(hosts: Hosts) -> None:
    old = await hosts.jon.acquire_lock(KEY, "sync", run=3)
    hosts.clock.forward(3000)
    younger = await hosts.jon.acquire_lock("2025_KAIRO_TNS", "sync")
    hosts.clock.forward(600)
    assert await hosts.maria.sweep() == ()
    hosts.clock.forward(1)
    assert [lock.id for lock in await hosts.maria.sweep()] == [old.id]
    assert [lock.id for lock in await hosts.maria.get_active_locks()] == [younger.id]
    assert await hosts.said() == ["sweep"]
    assert await hosts.maria.sweep() == ()
    assert (await hosts.maria.acquire_lock(KEY, "sync")).token > old.token


async def test_tasks_that_want_it_at_once_get_it_once(hosts: Hosts) -> None:
    outcomes = await asyncio.gather(*(hosts.jon.acquire_lock(KEY, "sync") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, Lock) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LockHeld) for outcome in outcomes) == 7


async def test_a_holder_from_before_a_reboot_of_this_host_is_dead_at_once(hosts: Hosts) -> None:
    me = current_holder()
    before = DatabaseLocks(hosts.db, LockAges(), evolve(me, boot_id="an earlier boot"))
    now = DatabaseLocks(hosts.db, LockAges(), me)
    lock = await before.acquire_lock(KEY, "sync")
    (seen,) = await now.get_active_locks()
    assert seen.state is LockState.DEAD
    assert (await now.release_lock(lock.id, reason="rebooted")).state is LockState.DEAD
    second = await before.acquire_lock(KEY, "sync")
    assert lock.token < second.token < (await now.acquire_lock(KEY, "sync")).token


async def test_ids_differ_among_all_rows(hosts: Hosts) -> None:
    ids = [(await hosts.jon.acquire_lock(f"KEY_{number}", "sync")).id for number in range(40)]
    assert len(set(ids)) == 40


@pytest.mark.fault("E12")
@pytest.mark.parametrize("jump", [-7200, 899, 901, 7200, 90 * 86400])
async def test_a_holder_that_lives_on_this_host_keeps_its_lock_however_the_clock_jumps(
    hosts: Hosts, jump: float
) -> None:
    """A laptop that wakes, a clock that is set: age says nothing about a process that is there."""
    me = current_holder()
    holding, looking = DatabaseLocks(hosts.db, LockAges(), me), DatabaseLocks(hosts.db, LockAges(), evolve(me, pid=1))
    lock = await holding.acquire_lock(KEY, "sync")
    hosts.clock.forward(jump)
    assert await looking.sweep() == ()
    (seen,) = await looking.get_active_locks()
    assert seen.state is (LockState.LIVE if jump < 0 else LockState.QUIET)
    with pytest.raises(LockHeld) as caught:
        await looking.acquire_lock(KEY, "sync")
    assert "may take it" not in caught.value.advice
    with pytest.raises(UsageError):
        await looking.release_lock(lock.id, reason="it looks old")
    # Its own view: nothing happened.
    assert await holds(holding, lock.token)
    assert await holding.beat(KEY, lock.token)
    assert (await looking.get_active_locks())[0].state is LockState.LIVE
    assert await hosts.said() == []


@pytest.mark.fault("E12")
async def test_of_another_host_only_the_age_is_known(hosts: Hosts) -> None:
    """A clock that was set back makes its beats look young; that wears off."""
    await hosts.jon.acquire_lock(KEY, "sync")
    hosts.clock.forward(-7200)
    assert await hosts.state() is LockState.LIVE
    hosts.clock.forward(7200 + 901)
    assert await hosts.state() is LockState.EXPIRED
