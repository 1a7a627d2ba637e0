"""The database of a version before: each finding is told what it is about, and an open console keeps its place."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bema_tui.store.database import Database
from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date

AT = "2026-11-26T14:00:00.000000+00:00"
FINDINGS = {
    ("drift", "ana@example.org", None): "subscriber",
    ("blocked_record", "77", "77"): "subscriber",
    ("record_warning", "2024_A_B_GOLD", None): "other",
    ("blocked_record", "2024_A_B", None): "other",
    ("unreadable_order", "order of bo@example.org", None): "other",
}


async def test_a_finding_of_before_is_about_a_subscriber_if_it_names_one(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[: SHIPPED.revisions.index("0017")]))
    await engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO findings (campaign, rule, severity, severity_rank, subject, subscriber_id, state, message,"
            " advice, first_seen, last_seen, count) VALUES ('2024_A_B', ?, 'error', 0, ?, ?, 'open', '', '', ?, ?, 1)",
            [(*one, AT, AT) for one in FINDINGS],
        )
        connection.execute("INSERT INTO consoles VALUES ('c1', 'ana', 'studio', ?, ?)", (AT, AT))
    async with await Database.open(str(path)) as database, database.read() as read:
        found = (await read.execute(text("SELECT rule, subject, subscriber_id, about FROM findings"))).all()
        consoles = (await read.execute(text("SELECT user, host, pid FROM consoles"))).all()
    assert {(row.rule, row.subject, row.subscriber_id): row.about for row in found} == FINDINGS
    assert [tuple(row) for row in consoles] == [("ana", "studio", None)]
