"""The database of a version before: what was stored under people stands under subscribers, value for value."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bema_tui.model import (
    AutomationEffect,
    Cause,
    CheckResult,
    Completeness,
    MailerLiteReadResult,
    MembersCheck,
    Purpose,
    TakenBackCheck,
    Tier,
)
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.support.old_database import CODE, database_of_revision, insert, run
from tests.support.weekend import VIEWER

AT = "2026-11-22T14:32:00.000000+00:00"
GOLD = Purpose(Cause.PURCHASE, Tier.GOLD, Tier.GOLD_PURCHASED)


@pytest.fixture
async def old_file(tmp_path: Path) -> Path:
    """A database of the version before, with a plan of two subscribers."""
    path = tmp_path / "bema.sqlite3"
    await database_of_revision(path, "0017")
    documents = {
        "mailerlite_read": {"completeness": "complete", "people": 41, "requests": 3},
        "automations": [{"name": "Thanks", "group": "GOLD", "people": 3, "groups_known": True}],
        "checks": [
            {"name": "members_read", "result": "look", "people": 41, "left_alone": 1, "unsettled": ["WOOD"]},
            {"name": "nothing_taken_back", "result": "hold", "people": 4},
        ],
    }
    purpose = {"run": 1, "cause": "purchase", "from_tier": "gold", "to_tier": "gold_purchased"}
    same = {**purpose, "campaign": CODE, "name": "", "kind": "set_field", "target": "f", "target_name": "F"}
    same |= {"tier": "", "reason": "", "needs_add": 0, "state": "applied", "attempts": 1, "detail": ""}
    with closing(sqlite3.connect(path)) as connection, connection:
        insert(connection, "runs", [run(1) | {"people": 2} | {name: json.dumps(d) for name, d in documents.items()}])
        insert(connection, "plan_counts", [{**purpose, "kind": "set_field", "people": 2, "changes": 2}])
        insert(
            connection,
            "ledger",
            [
                {**same, "seq": 3 - place, "person_seq": place, "subscriber_id": who, "email": f"{who}@example.org"}
                | {"read_at": AT, "planned_at": AT, "settled_at": AT}
                for place, who in ((1, "7"), (2, "8"))
            ],
        )
    return path


async def test_counts_places_and_moments_are_kept(old_file: Path) -> None:
    async with await Database.open(str(old_file)) as database:
        reader = SnapshotReader(database, VIEWER, LockAges())
        (rule,) = await reader.plan_rules(1)
        found = await reader.plan_subscribers(1, GOLD, 0, 9)
        view = await reader.run(1)
        async with database.read() as connection:
            counts = (await connection.execute(text("SELECT subscribers, changes FROM plan_counts"))).all()
            names = (await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))).scalars()
            indexes = {name for name in names if name.startswith("ix_ledger")}
    assert (view.subscribers, rule.purpose, rule.subscribers, rule.changes) == (2, GOLD, 2, 2)
    assert counts == [(2, 2)]
    assert [one.subscriber_id for one in found] == ["7", "8"]
    assert [change.recorded_at for one in found for change in one.changes] == [datetime.fromisoformat(AT)] * 2
    assert {"ix_ledger_run_purpose_subscriber_seq", "ix_ledger_recorded_at"} <= indexes
    assert not [name for name in indexes if "person" in name or "settled" in name]


async def test_documents_are_read_by_the_keys_that_they_were_written_with(old_file: Path) -> None:
    async with await Database.open(str(old_file)) as database:
        view = await SnapshotReader(database, VIEWER, LockAges()).run(1)
    assert view.mailerlite_read == MailerLiteReadResult(Completeness.COMPLETE, members=41, requests=3)
    assert view.automations == (AutomationEffect("Thanks", "GOLD", 3),)
    assert view.checks == (
        MembersCheck(CheckResult.LOOK, members=41, left_alone=1, incomplete_groups=("WOOD",)),
        TakenBackCheck(CheckResult.HOLD, subscribers=4),
    )
