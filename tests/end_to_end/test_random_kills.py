"""Processes that are killed at random moments, while a fifth of all requests fails: the account ends right.

Each kill is proved to have been one in the middle of work: the process held the campaign's lock (or migrated the
database), lived, and left no end behind. It strikes when a request is held before or after its effect, at any moment
between, or while two processes race. Then somebody resumes the run or starts anew, until a run is done.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from bema_tui.model import ChangeState
from bema_tui.simulator import FaultProfile, SimulatorSettings
from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date
from bema_tui.store.schema import ledger
from tests.end_to_end.comparing import (
    expect_account,
    expect_no_second_effect,
    moved_by_others,
    subscribers_that_differ,
    without,
)
from tests.end_to_end.engine import Engine, engine_on
from tests.end_to_end.reference import Release, account_after, account_of
from tests.end_to_end.scene import poor_campaign
from tests.end_to_end.spawner import Process, Spawner, spawner
from tests.support.simulated import Simulated
from tests.support.until import until

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SEEDS = 20 if NIGHTLY else 1
KILLS = 15
"""Of each seed."""
WRITING = "a write on its way"
MOST_STARTS = 20
"""Processes that it may take to end a run once nobody is killed any more."""
FAULTS = attrs.evolve(FaultProfile.rough(0.2), too_many=0.0, server_error=0.05, slow_seconds=0.01)
"""A fifth of all requests; no 429, which would only make everybody wait."""
OLDEST = History(SHIPPED.folder, SHIPPED.revisions[:1])

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="a kill is proved by the handle of a process")


@attrs.frozen
class Round:
    """One campaign with much to write, its database, and what the simulator held before."""

    simulated: Simulated
    folder: Path
    release: Release
    before: dict[str, Any]
    spawn: Spawner
    rng: random.Random

    @property
    def database(self) -> Path:
        return self.folder / "bema.sqlite3"

    def value(self, query: str) -> Any:
        """One value of the database, read without the program; None without a row."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            found = connection.execute(query).fetchone()
        return None if found is None else found[0]

    def start(self) -> Process:
        anew = self.rng.random() < 0.25
        return self.spawn.start(self.simulated, self.folder, self.release.code, anew=anew)

    def done(self) -> bool:
        return bool(self.value("SELECT state FROM runs ORDER BY id DESC LIMIT 1") == "done")

    def kill(self, process: Process, way: str, kills: Counter[str]) -> None:
        """Kill a process, and count it if it was at work."""
        if not process.kill():
            return
        if self.value("SELECT pid FROM locks WHERE held") == process.pid:
            writing = self.value("SELECT count(*) FROM ledger WHERE state = 'sending'")
            kills[f"{way}, {WRITING if writing else 'nothing on its way'}"] += 1


@pytest.fixture(scope="module")
def spawn() -> Iterator[Spawner]:
    with spawner() as made:
        yield made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_at_random(seed: int, spawn: Spawner, tmp_path: Path) -> None:
    rng = random.Random(f"kills {seed}")
    kills: Counter[str] = Counter()
    number = 0
    while not enough(kills):
        number += 1
        assert number <= KILLS, kills
        one_round(number + 1000 * seed, tmp_path / str(number), spawn, rng, kills)


def enough(kills: Counter[str]) -> bool:
    """Whether there are kills enough, and some while a write was on its way."""
    writing = sum(count for way, count in kills.items() if way.endswith(WRITING))
    return kills.total() >= KILLS and writing >= 3


def one_round(seed: int, folder: Path, spawn: Spawner, rng: random.Random, kills: Counter[str]) -> None:
    """One campaign: strike until there are kills enough or a run is done; then the account must be right."""
    folder.mkdir()
    settings = SimulatorSettings(
        seed=seed, subscribers=150, orders=160, campaigns=1, quota=1_000_000, renewals=seed % 2 == 0
    )
    with Simulated.start(settings) as simulated:
        code = poor_campaign(simulated)
        before = simulated.state()
        release = Release(code, frozenset({before["campaigns"][0]["product_id"]}))
        scene = Round(simulated, folder, release, before, spawn, rng)
        asyncio.run(make_database(scene.database, release, before["campaigns"][0]["album"]))
        simulated.ask("set", {"faults": attrs.asdict(attrs.evolve(FAULTS, seed=seed))})
        try:
            strike_while_it_migrates(scene, kills)
            while not enough(kills) and not scene.done():
                rng.choices((strike_at_a_request, strike_at_a_moment, strike_a_race), (5, 4, 2))[0](scene, kills)
            finish(scene)
            asyncio.run(expect_right(scene))
        finally:
            spawn.forget()


async def make_database(path: Path, release: Release, album: str) -> None:
    """A database of the first version of the program, which knows the campaign."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, OLDEST)
    async with engine.begin() as connection:
        row = (release.code, album, "active", "2026-01-01T00:00:00.000000+00:00", "test")
        columns = "code, album, state, created_at, created_by"
        await connection.exec_driver_sql(f"INSERT INTO campaigns ({columns}) VALUES (?, ?, ?, ?, ?)", row)
        for product in release.products:
            words = "INSERT INTO campaign_products (product_id, code) VALUES (?, ?)"
            await connection.exec_driver_sql(words, (str(product), release.code))
    await engine.dispose()


def strike_while_it_migrates(scene: Round, kills: Counter[str]) -> None:
    """Kill a process once it has begun to copy the old database, before it has brought it up to date."""
    process = scene.start()
    begun = f"{scene.database.name}.*"
    until("the copy before a migration", lambda: any(scene.folder.glob(begun)) or process.ended(), every=0.0005)
    process.ended(scene.rng.uniform(0.0, 0.06))
    if process.kill() and scene.value("SELECT version_num FROM alembic_version") == OLDEST.head:
        kills["migrating"] += 1


def strike_at_a_request(scene: Round, kills: Counter[str]) -> None:
    """Kill a process whose request is held before or after its effect."""
    hold(scene, 12)
    process = scene.start()
    if held(scene, process):
        scene.kill(process, "at a request", kills)
    let_go(scene)


def strike_at_a_moment(scene: Round, kills: Counter[str]) -> None:
    """Kill a process at any moment of its work."""
    process = scene.start()
    if not process.ended(scene.rng.uniform(0.03, 0.6)):
        scene.kill(process, "at a moment", kills)


def strike_a_race(scene: Round, kills: Counter[str]) -> None:
    """Kill one of two that want the same campaign, and a moment later the other, if it has got it."""
    hold(scene, 12)
    both = [scene.start(), scene.start()]
    if held(scene, *both):
        holder = scene.value("SELECT pid FROM locks WHERE held")
        first = next((process for process in both if process.pid == holder), both[0])
        scene.kill(first, "in a race", kills)
    let_go(scene)
    for process in both:
        if not process.ended(scene.rng.uniform(0.03, 0.6)):
            scene.kill(process, "in a race", kills)


def hold(scene: Round, most: int) -> None:
    rng = scene.rng
    only = rng.choice(("all", "writes"))
    scene.simulated.hold(at=rng.randint(1, most), when=rng.choice(("before", "after")), side="any", only=only)


def held(scene: Round, *processes: Process) -> bool:
    """Whether a request is held before all of the processes have ended."""

    def look() -> str:
        if scene.simulated.ask("held")["holding"]:
            return "held"
        return "ended" if all(process.ended() for process in processes) else ""

    return bool(until("a held request, or the end", look, every=0.01) == "held")


def let_go(scene: Round) -> None:
    scene.simulated.release()
    until("nothing held", lambda: not scene.simulated.ask("held")["holding"], every=0.01)


def finish(scene: Round) -> None:
    """Resume or start anew until a run is done, as somebody would."""
    ends: list[str] = []
    while not scene.done():
        assert len(ends) < MOST_STARTS, ends
        process = scene.start()
        assert process.ended(60), "a run goes on for ever"
        ends.append(process.state())


async def expect_right(scene: Round) -> None:
    """The account is as the rules say save for whom others moved or a row names; then a sync ends that, and a last one
    plans nothing."""
    simulated, code = scene.simulated, scene.release.code
    simulated.ask("set", {"faults": None})
    after, requests = simulated.state(), simulated.requests()
    assert any(request["faults"] for request in requests)
    assert after["violations"] == []
    assert after["created"] == 0
    moved = moved_by_others(scene.before, after, requests)
    async with engine_on(simulated, scene.folder) as engine:
        named = await named_by_the_last_run(engine)
        wrong = subscribers_that_differ(account_after(after, [scene.release]), account_of(after))
        assert wrong <= moved | named, f"wrong and not named: {wrong - moved - named}"
        expect_no_second_effect(without(moved, requests))
        assert await engine.sync(code) == "done"
        expect_account(simulated, after, [scene.release])
        written = len(simulated.writes())
        assert await engine.sync(code) == "done"
        assert len(simulated.writes()) == written
        assert await named_by_the_last_run(engine) == set()
        assert scene.value("SELECT count(*) FROM locks WHERE held") == 0


async def named_by_the_last_run(engine: Engine) -> set[str]:
    """The subscribers with a row of the newest run that came to nothing, each with its reason."""
    run = (await engine.last_run()).id
    settled = (ChangeState.APPLIED, ChangeState.SKIPPED)
    async with engine.db.read() as connection:
        statement = select(ledger).where(ledger.c.run == run, ledger.c.state.not_in(settled))
        rows = (await connection.execute(statement)).all()
    assert all(row.outcome for row in rows)
    return {row.subscriber_id for row in rows}
