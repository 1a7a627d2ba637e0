"""The database of a version before: the quota keeps its count, and reads of the newest orders keep their kind."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bema_tui.model import ReadKind
from bema_tui.store.database import Database
from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date
from bema_tui.store.quota import QuotaPeriods

AT, URL = "2026-11-26T14:00:00.000000+00:00", "https://mail.example/api"


async def the_version_before(path: Path) -> None:
    """Make a database whose quota is counted, and which has a read of each kind."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[: SHIPPED.revisions.index("0016")]))
    await engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO quota_windows (account, quota, used, pending, started_at, answered)"
            " VALUES (?, 120, 31, 2, ?, 1)",
            (URL, AT),
        )
        connection.execute(
            "INSERT INTO campaigns (code, album, state, created_at, created_by)"
            " VALUES ('2024_A_B', 'B', 'active', ?, 'jon')",
            (AT,),
        )
        for number, kind in enumerate(("window", "full", None), 1):
            add_run(connection, number, kind)
            if kind is not None:
                columns = "started_at, finished_at, completeness, orders, passes, requests, kind"
                row = (AT, AT, "complete", 9, 2, 4, kind)
                connection.execute(f"INSERT INTO shop_reads ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def add_run(connection: sqlite3.Connection, number: int, kind: str | None) -> None:
    """Add a run whose read of the shop was of this kind, or that has read nothing."""
    row: dict[str, object] = {"id": number, "kind": "sync", "campaign": "2024_A_B", "state": "done", "phase": "unlock"}
    row |= {"by_user": "maria", "host": "studio", "pid": 1, "started_at": AT, "phases": "[]", "options": "{}"}
    row |= dict.fromkeys(("active_seconds", "people", "moves", "members", "left_out", "read_forecast"), 0)
    row |= dict.fromkeys(("write_forecast", "seconds_forecast", "requests_read", "requests_write"), 0)
    row |= {"requests_retried": 0, "shop_requests": 0, "automations": "[]", "checks": "[]", "note": ""}
    if kind is not None:
        row["shop_read"] = json.dumps({"completeness": "complete", "kind": kind, "orders": 9})
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks})", list(row.values()))


async def test_the_count_is_kept_and_a_read_of_the_newest_orders_is_called_recent(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    await the_version_before(path)
    async with await Database.open(str(path)) as database:
        kept = await QuotaPeriods(database, URL, 60).read()
        async with database.read() as read:
            kinds = (await read.execute(text("SELECT kind FROM shop_reads ORDER BY id"))).scalars().all()
            runs = (await read.execute(text("SELECT shop_read FROM runs ORDER BY id"))).scalars().all()
            tables = (await read.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))).scalars().all()
    assert (kept.quota, kept.used, kept.pending, kept.answered) == (120, 31, 2, True)
    assert kinds == [ReadKind.RECENT, ReadKind.FULL]
    assert [read and json.loads(read) for read in runs] == [
        {"completeness": "complete", "kind": "recent", "orders": 9},
        {"completeness": "complete", "kind": "full", "orders": 9},
        None,
    ]
    assert "quota_windows" not in tables
