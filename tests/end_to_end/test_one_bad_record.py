"""One bad record never stops the others: a plan says of everybody else what it says where that record is whole."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import select

from bema_tui.model import FindingRule, RunState
from bema_tui.rules.wording.checks import automation_text
from bema_tui.simulator import SimulatorSettings
from bema_tui.store.run_documents import automations_of
from bema_tui.store.schema import ledger
from bema_tui.store.snapshot.findings import list_findings
from tests.end_to_end.bad_records import KINDS, MEMBER, Bad, Truth, broken
from tests.end_to_end.comparing import differences
from tests.end_to_end.engine import Engine, engine_on
from tests.end_to_end.reference import Subscriber, account_after, account_of
from tests.support.simulated import Simulated

SEEDS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 16
WORLDS = 2
WRITTEN = 24 if SEEDS == 200 else 6
MOST_BROKEN = 5

pytestmark = pytest.mark.fault("A1")

Change = tuple[Any, ...]


@attrs.frozen
class Plan:
    """What a plan says: its changes, and the words of its findings."""

    changes: frozenset[Change]
    findings: tuple[str, ...]
    automations: tuple[str, ...]


@attrs.frozen
class World:
    """A simulator with a campaign that a database knows, and the plan there while every record is whole."""

    simulated: Simulated
    database: Path
    truth: Truth
    whole: Plan

    async def plan(self, folder: Path) -> Plan:
        async with engine_on(self.simulated, copied(self.database, folder)) as engine:
            return await planned(engine, self.truth.code)


def copied(database: Path, folder: Path) -> Path:
    """A new folder with a copy of a database."""
    folder.mkdir()
    shutil.copyfile(database, folder / "bema.sqlite3")
    return folder


async def planned(engine: Engine, code: str) -> Plan:
    """Plan a campaign, and say what was planned."""
    run = await engine.plan(code)
    async with engine.db.read() as connection:
        rows = (await connection.execute(select(ledger).where(ledger.c.run == run))).all()
    changes = frozenset((r.subscriber_id, r.email, r.kind, r.target_name, r.before, r.after, r.cause) for r in rows)
    found = await list_findings(engine.db, limit=100_000)
    last = await engine.last_run()
    return Plan(
        changes,
        tuple(f"{one.rule} {one.subject}: {one.message} {one.advice}" for one in found),
        tuple(automation_text(one) for one in automations_of(last.automations)),
    )


@asynccontextmanager
async def a_world(seed: int, folder: Path) -> AsyncIterator[World]:
    settings = SimulatorSettings(
        seed=seed, subscribers=105, orders=105, campaigns=1, quota=1_000_000, renewals=seed % 2 == 0
    )
    with Simulated.start(settings) as simulated:
        async with engine_on(simulated, folder) as engine:
            (release,) = await engine.discover()
        state = simulated.state()
        (product,) = release.products
        made = World(simulated, folder / "bema.sqlite3", Truth(release.code, product, state), Plan(frozenset(), (), ()))
        yield attrs.evolve(made, whole=await made.plan(folder / "whole"))


@pytest.mark.parametrize("number", range(WORLDS))
async def test_the_others_are_planned_as_if_it_were_whole(number: int, tmp_path: Path) -> None:
    failures: list[str] = []
    async with a_world(31 + number, tmp_path) as world:
        assert len(world.whole.changes) > 40
        for seed in range(number, SEEDS, WORLDS):
            failures += [f"seed {seed}: {text}" for text in await one_seed(world, seed, tmp_path / str(seed))]
    assert not failures, "\n".join(failures)


async def test_an_automation_that_cannot_be_read_counts_as_one_that_mails(tmp_path: Path) -> None:
    async with a_world(31, tmp_path) as world:
        (known,) = set(world.whole.automations)
        assert known == "Thanks for buying (Gold)"
        enabled, disabled = world.truth.state["automations"]
        assert (enabled["enabled"], disabled["enabled"]) == (True, False)
        for one in (enabled, disabled):
            change = {"kind": "automation", "id": one["id"], "set": {"triggers": "all"}}
            world.simulated.ask("change", {"break_record": change})
        plan = await world.plan(tmp_path / "broken")
        assert set(plan.automations) == {f"{known} (its groups can't be read)"}
        assert len(plan.automations) == len({change[3] for change in plan.changes if change[2] == "add_group"}) > 1
        assert plan.changes == world.whole.changes


async def one_seed(world: World, seed: int, folder: Path) -> list[str]:
    """What is wrong with the plan where some records are broken."""
    rng = random.Random(f"bad records {seed}")
    chosen = {KINDS[seed // WORLDS % len(KINDS)], *(rng.choice(KINDS) for _ in range(rng.randrange(MOST_BROKEN)))}
    bad = [broken(world.truth, kind, rng) for kind in sorted(chosen)]
    for one in bad:
        world.simulated.ask("change", one.change)
    before = len(world.simulated.requests())
    try:
        plan = await world.plan(folder)
    except Exception as error:
        return [f"{[one.change for one in bad]}: {error!r}"]
    finally:
        mend(world.simulated, bad)
    paths = {item["path"] for request in world.simulated.requests(before) for item in request["items"]}
    met = [
        one for one in bad if "break_record" in one.change or f"api/{one.change['script_response']['path']}" in paths
    ]
    return [*differing(world.whole, plan, bad), *unnamed(plan, met)]


def mend(simulated: Simulated, bad: list[Bad]) -> None:
    for one in bad:
        if "break_record" in one.change:
            simulated.ask(
                "change", {"restore_record": {name: one.change["break_record"][name] for name in ("kind", "id")}}
            )
    simulated.ask("change", {"script_response": None})


def differing(whole: Plan, plan: Plan, bad: list[Bad]) -> list[str]:
    """Changes of people whom no broken record concerns, and that are not those of the whole world."""
    whom = {who for one in bad for who in one.concerned}
    groups = {name for one in bad for name in one.groups}
    whom |= {change[0] for change in whole.changes if change[3] in groups}
    if any(one.anybodys for one in bad):  # a stored number that nothing explains may be its
        whom |= {change[0] for change in whole.changes if change[2] == "set_field" and change[4] is not None}
    concerned = [change for change in whole.changes ^ plan.changes if not whom & {change[0], change[1].lower()}]
    ways = [one.change for one in bad]
    return [f"{ways}: {'missing' if one in whole.changes else 'too much'}: {one}" for one in concerned]


def unnamed(plan: Plan, bad: list[Bad]) -> list[str]:
    """The broken records of which no finding speaks."""
    return [
        f"no finding names {one.change}: {one.named}"
        for one in bad
        if not any(word in found for word in one.named for found in plan.findings if "read" in found)
    ]


@pytest.mark.parametrize("seed", range(WRITTEN))
async def test_the_others_are_written_though_some_cannot_be_read_any_more(seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"unreadable alone {seed}")
    settings = SimulatorSettings(seed=60 + seed, subscribers=110, orders=110, campaigns=1, quota=1_000_000)
    with Simulated.start(settings) as simulated:
        async with engine_on(simulated, tmp_path) as engine:
            (release,) = await engine.discover()
            before = simulated.state()
            expected, now = account_after(before, [release]), account_of(before)
            # Those with one tier: nobody looks at them by themselves before the plan.
            lone = [number for number, one in now.subscribers.items() if len(ours(one.groups, release.code)) == 1]
            moved = [number for number in lone if other(expected.subscribers[number], now.subscribers[number])]
            bad = rng.sample(moved, 3)
            for number in bad:
                change = {"kind": "subscriber", "id": number, "where": "alone", **rng.choice(MEMBER)}
                simulated.ask("change", {"break_record": change})
            assert await engine.sync(release.code) is RunState.DONE
            after = simulated.state()
            wrong = {
                number
                for number, one in account_of(after).subscribers.items()
                if other(one, expected.subscribers[number])
            }
            assert wrong <= set(bad)
            assert after["violations"] == []
            named = {found.subject for found in await list_findings(engine.db, rule=FindingRule.BLOCKED_RECORD)}
            assert wrong <= named

            for number in bad:
                simulated.ask("change", {"restore_record": {"kind": "subscriber", "id": number}})
            assert await engine.sync(release.code) is RunState.DONE
            assert differences(expected, account_of(simulated.state())) == []


def ours(groups: set[str], code: str) -> list[str]:
    return [name for name in groups if name.startswith(code)]


def other(one: Subscriber, wanted: Subscriber) -> bool:
    return (one.groups, one.values) != (wanted.groups, wanted.values)
