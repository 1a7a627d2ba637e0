"""After syncing every campaign the account is exactly what the domain rules say, and a second sync writes nothing."""

from __future__ import annotations

import ast
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bema_tui.simulator import Endpoints, FaultProfile
from tests.end_to_end import reference
from tests.end_to_end.comparing import differences, expect_account, findings_of
from tests.end_to_end.engine import engine_on
from tests.end_to_end.reference import ERRORS, Release, account_after, account_of, first_sale
from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.simulated import Simulated

CREATING = ("--yes", "--create-missing")
CASES: dict[str, dict[str, Any]] = {
    "two campaigns": {"seed": 11, "campaigns": 2},
    "batches count as one": {"seed": 12, "campaigns": 2, "batch_item_cost": 0},
    "numbers as text": {"seed": 13, "campaigns": 2, "number_values": "string"},
    "the other rule of field keys": {"seed": 14, "campaigns": 5, "field_key_rule": "snake"},
    "order numbers with letters": {"seed": 15, "campaigns": 2, "order_prefix": "BEMA-"},
    "a missing group, a missing field, twin fields": {"seed": 16, "campaigns": 6},
    "counters that never lag, small pages": {"seed": 17, "campaigns": 1, "counter_lag": False, "page_cap": 25},
    "an empty page after the last, 404 without words": {
        "seed": 26,
        "campaigns": 1,
        "faults": FaultProfile(switches={"cursor_past_end": True, "not_found": "empty"}),
    },
    "renewals that carry the key of their first order": {"seed": 27, "campaigns": 2, "renewals": True},
    "a shop of EDD 3.2, which fails over what it does not have": {"seed": 28, "campaigns": 2, "edd_version": "3.2"},
    "nobody": {"seed": 18, "campaigns": 2, "subscribers": 0},
    "no orders": {"seed": 19, "campaigns": 2, "orders": 0},
    "nobody and nothing": {"seed": 20, "campaigns": 1, "subscribers": 0, "orders": 0},
    "five people": {"seed": 21, "campaigns": 2, "subscribers": 5, "orders": 5},
}


def test_the_reference_is_apart_from_the_engine() -> None:
    tree = ast.parse(Path(reference.__file__).read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            imported.add(str(node.module).partition(".")[0])
    assert imported - {"attrs"} <= sys.stdlib_module_names
    assert not imported & {"importlib", "runpy", "subprocess", "sys"}


@pytest.fixture
def in_a_process(operators: MakeOperator, simulators: StartSimulator) -> Iterator[Simulated]:
    """``bema-tui simulate`` with 2,000 people, in a process of its own."""
    nobody = simulators(subscribers=0, orders=0, campaigns=0).endpoints
    sizes = ("--subscribers", "2000", "--orders", "1000", "--campaigns", "4", "--seed", "3", "--quota", "1000000")
    starter = operators(nobody, "simulator")
    process = starter.start("simulate", *sizes, stderr=None)
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    mailerlite, edd = said["mailerlite"], said["edd"]
    keys = (mailerlite["url"], mailerlite["key"], edd["url"], edd["key"], edd["token"])
    with Simulated(Endpoints(*keys, said["state_url"])) as simulated:
        yield simulated
    process.send_signal(signal.SIGINT)
    assert starter.finish(process).status == 0


def test_two_thousand_subscribers_by_the_command_line(in_a_process: Simulated, operators: MakeOperator) -> None:
    mine = operators(in_a_process.endpoints)
    before = in_a_process.state()
    found = mine.forked("campaigns", "discover", "--add")
    releases = [Release.read(row) for row in found["campaigns"]]
    assert {(r.code, tuple(r.products)) for r in releases} == {
        (campaign["code"], (campaign["product_id"],)) for campaign in before["campaigns"]
    }
    assert [r.start for r in releases] == [first_sale(before["orders"], r) for r in releases]
    assert mine.forked("campaigns", "discover", "--add")["campaigns"] == []

    expected = account_after(before, releases)
    for release in releases:
        has_errors = any(expected.findings[release.code][rule] for rule in ERRORS)
        run = mine.forked("sync", release.code, *CREATING, expect=3 if has_errors else 0)
        assert run["state"] == "done"
        assert run["applied"] > 0
        assert [run[name] for name in ("planned", "failed", "skipped", "unknown")] == [0, 0, 0, 0]
    expect_account(in_a_process, before, releases)
    for release in releases:
        assert findings_of(mine, release.code) == +expected.findings[release.code], release.code

    settled = len(in_a_process.requests())
    for release in releases:
        run = mine.forked("sync", release.code, *CREATING, expect={0, 3})
        assert [run[name] for name in ("planned", "applied", "failed", "skipped", "unknown")] == [0, 0, 0, 0, 0]
        assert run["requests"]["write"] == 0
    assert in_a_process.writes(settled) == []


@pytest.mark.parametrize("case", CASES)
async def test_other_accounts(case: str, simulators: StartSimulator, tmp_path: Path) -> None:
    simulated = simulators(**{"subscribers": 300, "orders": 250, **CASES[case]})
    before = simulated.state()
    async with engine_on(simulated, tmp_path) as engine:
        releases = await engine.discover()
        assert {release.code for release in releases} == {campaign["code"] for campaign in before["campaigns"]}
        for release in releases:
            assert await engine.sync(release.code) == "done"
        expected = expect_account(simulated, before, releases)
        for release in releases:
            assert await engine.findings(release.code) == +expected.findings[release.code], release.code
        settled = len(simulated.requests())
        for release in releases:
            assert await engine.sync(release.code) == "done"
        assert simulated.writes(settled) == []


async def test_what_is_missing_is_created_only_when_told(simulators: StartSimulator, tmp_path: Path) -> None:
    simulated = simulators(seed=22, subscribers=300, orders=250, campaigns=5)
    before = simulated.state()
    without_field = next(campaign["code"] for campaign in before["campaigns"] if campaign["field_key"] is None)
    async with engine_on(simulated, tmp_path) as engine:
        releases = await engine.discover()
        open_ones = [release for release in releases if release.code != without_field]
        for release in open_ones:
            assert await engine.sync(release.code, create_missing=False) == "done"
        expected = account_after(before, open_ones, create_missing=False)
        assert differences(expected, account_of(simulated.state())) == []
        missing = {release.code: await engine.findings(release.code) for release in open_ones}
        assert missing == {release.code: +expected.findings[release.code] for release in open_ones}
        assert sum(found["group_missing"] for found in missing.values()) == 1


def test_a_missing_field_blocks_the_campaign(simulators: StartSimulator, operators: MakeOperator) -> None:
    simulated = simulators(seed=22, subscribers=100, orders=100, campaigns=5)
    mine = operators(simulated.endpoints)
    without_field = next(row["code"] for row in simulated.state()["campaigns"] if row["field_key"] is None)
    mine.forked("campaigns", "discover", "--add")
    document = mine.forked("sync", without_field, "--yes", expect={1, 2, 3})
    assert "field" in json.dumps(document)
    assert simulated.writes() == []
