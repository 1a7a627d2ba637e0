"""Runs of a database of the version before: what they were asked for, what held their plans, what was checked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from bema_tui.model import CheckResult, OlderCheck, RunOptions, RunState, holding_checks
from bema_tui.store.database import Database
from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date
from bema_tui.store.run_rows import Run
from bema_tui.store.runs import Runs

REVISION = "0011"
AT = "2026-11-29T14:32:00.000000+00:00"


def check(text: str, *, ok: bool = True, look: bool = False) -> dict[str, Any]:
    return {"text": text, "ok": ok, "look": look}


TOO_BIG = check("60 moves, 20.0 %; up to 50 need no look", look=True)
SHRANK = check("a read shrank over 20 %", look=True)
ASIDE = check("MailerLite read whole, 9 people, 1 left alone", look=True)
STRANDED = check("nobody is left without a tier", ok=False)
WHY = "1 purchase is taken back after a refund: that needs a yes of its own"


async def migrated(path: Path, options: dict[str, Any], checks: list[dict[str, Any]]) -> Run:
    """A run of the version before, as this version has it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    before = SHIPPED.revisions[: SHIPPED.revisions.index(REVISION)]
    await bring_up_to_date(engine, path, History(SHIPPED.folder, before))
    await engine.dispose()
    row = {"id": 7, "kind": "sync", "campaign": "2024_A_B", "state": "needs_approval", "phase": "yes"}
    row |= {"by_user": "maria", "host": "studio", "pid": 1, "started_at": AT, "planned_at": AT, "phases": "[]"}
    row |= dict.fromkeys(("active_seconds", "people", "moves", "members", "left_out", "read_forecast"), 0)
    row |= dict.fromkeys(("write_forecast", "seconds_forecast", "requests_read", "requests_write"), 0)
    row |= {"requests_retried": 0, "shop_requests": 0, "automations": "[]", "note": ""}
    row |= {"options": json.dumps(options), "checks": json.dumps(checks)}
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "code, album, state, created_at, created_by"
        connection.execute(f"INSERT INTO campaigns ({columns}) VALUES ('2024_A_B', 'B', 'active', ?, 'maria')", [AT])
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    async with await Database.open(str(path)) as database:
        return await Runs(database).get(7)


async def test_what_a_run_was_asked_stands_apart_from_what_it_found(tmp_path: Path) -> None:
    options = {"yes": True, "create_missing": True, "max_moves": 9, "needs_approval": "", "canary_done": True}
    run = await migrated(tmp_path / "bema.sqlite3", options, [])
    assert run.options == RunOptions(yes=True, create_missing=True, max_moves=9)
    assert run.canary_done
    assert (run.state, run.may_apply) == (RunState.NEEDS_APPROVAL, True)


@pytest.mark.parametrize(
    ("why", "old", "results"),
    [
        ("", [check("shop read whole, 9 orders"), ASIDE], [CheckResult.PASSED, CheckResult.LOOK]),
        ("60 moves are more than 50", [ASIDE, TOO_BIG], [CheckResult.LOOK, CheckResult.HOLD]),
        ("9 members were read, 20 at the last good read.", [SHRANK], [CheckResult.HOLD]),
        (WHY, [ASIDE], [CheckResult.LOOK, CheckResult.HOLD]),
        ("", [STRANDED], [CheckResult.REFUSE]),
        ("", [], []),
    ],
)
async def test_checks_keep_their_words_and_what_held_a_plan_holds_it_still(
    why: str, old: list[dict[str, Any]], results: list[CheckResult], tmp_path: Path
) -> None:
    run = await migrated(tmp_path / "bema.sqlite3", {"yes": True, "needs_approval": why}, old)
    assert [one.result for one in run.checks] == results
    texts = [one["text"] for one in old] + ([why] if len(results) > len(old) else [])
    assert run.checks == tuple(OlderCheck(one, text) for one, text in zip(results, texts, strict=True))
    assert run.options == RunOptions(yes=True)
    assert bool(holding_checks(run.checks)) is bool(why)
    assert run.may_apply is (not why and CheckResult.REFUSE not in results)


async def test_a_run_of_before_made_progress_at_its_latest_time(tmp_path: Path) -> None:
    await migrated(tmp_path / "bema.sqlite3", {}, [])
    with closing(sqlite3.connect(tmp_path / "bema.sqlite3")) as connection:
        assert connection.execute("SELECT progressed_at FROM runs").fetchall() == [(AT,)]
