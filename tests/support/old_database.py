"""Databases as older versions of the program left them, with plans in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date

CODE = "2024_ETB_NBL"
_AT = "2026-11-22T14:32:00.000000+00:00"
OLD_PLAN: tuple[tuple[str, str, str, str, str | None], ...] = (
    # heading, subscriber, kind, the group's or field's name, what the write leaves
    ("create what is missing", "", "create_group", f"{CODE}_SILVER_PURCHASE", "x"),
    ("create what is missing", "", "create_field", f"{CODE}_PURCHASE", "x"),
    ("Opt-In → Gold Purchased", "1", "set_field", f"{CODE}_PURCHASE", "10391"),
    ("Opt-In → Gold Purchased", "1", "add_group", f"{CODE}_GOLD_PURCHASE", "x"),
    ("Opt-In → Gold Purchased", "1", "remove_group", "2024 etb nbl Opt In", None),
    ("Opt-In → Gold Purchased", "2", "set_field", f"{CODE}_PURCHASE", "10392"),
    ("Silver → Silver Purchased", "3", "add_group", f"{CODE}_SILVER_PURCHASED", "x"),
    ("no tier → Gold Purchased", "4", "add_group", f"{CODE}_GOLD_PURCHASE", "x"),
    ("new buyer → Gold Purchased", "", "create_subscriber", f"{CODE}_GOLD_PURCHASE", "10393"),
    ("field only", "5", "set_field", f"{CODE}_PURCHASE", "10394"),
    ("Wood → field only", "6", "set_field", f"{CODE}_PURCHASE", "10395"),
    ("not active → field only", "7", "set_field", f"{CODE}_PURCHASE", "10396"),
    ("two tiers → lower off", "8", "remove_group", f"{CODE}_WOOD", None),
    ("refund → Gold", "9", "set_field", f"{CODE}_PURCHASE", None),
    ("refund → Gold", "9", "remove_group", f"{CODE}_GOLD_PURCHASE", None),
    ("refund → no tier", "10", "set_field", f"{CODE}_PURCHASE", None),
    ("refund, not active → field only", "11", "set_field", f"{CODE}_PURCHASE", None),
)


SAID_PLAINLY = {
    "field only": "not moved: only field set",
    "Wood → field only": "in Wood: only field set",
    "not active → field only": "not active: only field set",
    "two tiers → lower off": "two tiers: lower removed",
    "refund, not active → field only": "refund: only field cleared",
}
"""Headings whose words have changed since."""


async def database_of_revision(path: Path, revision: str) -> None:
    """A database as the version with this revision made it, with one campaign."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    past = SHIPPED.revisions[: SHIPPED.revisions.index(revision) + 1]
    await bring_up_to_date(engine, path, History(SHIPPED.folder, past))
    await engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        insert(
            connection,
            "campaigns",
            [{"code": CODE, "album": "NBL", "state": "active", "created_at": _AT, "created_by": "maria"}],
        )


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))


def run(number: int) -> dict[str, Any]:
    empty = dict.fromkeys(("options", "phases", "automations", "checks"), "[]") | {"options": "{}"}
    counts = "people moves members left_out read_forecast write_forecast seconds_forecast requests_read requests_write"
    zeros = dict.fromkeys((*counts.split(), "requests_retried", "shop_requests", "active_seconds"), 0)
    told = {"by_user": "maria", "host": "studio-1", "pid": 1, "note": ""}
    states = {"kind": "plan", "campaign": CODE, "state": "planned", "phase": "yes"}
    return {"id": number, **states, **told, "started_at": _AT, "planned_at": _AT, **empty, **zeros}


def old_rows(number: int, plan: Sequence[tuple[str, str, str, str, str | None]]) -> list[dict[str, Any]]:
    """Ledger rows with a heading, as they were until revision 0008."""
    places: dict[str, list[str]] = {}
    rows = []
    for seq, (rule, subscriber_id, kind, name, after) in enumerate(plan, 1):
        subscribers = places.setdefault(rule, [])
        who = subscriber_id or f"nobody {seq}"
        if who not in subscribers:
            subscribers.append(who)
        rows.append(
            {
                "run": number,
                "seq": seq,
                "person_seq": subscribers.index(who) + 1,
                "campaign": CODE,
                "subscriber_id": subscriber_id,
                "email": f"{subscriber_id}@example.org"
                if subscriber_id
                else "new@example.org"
                if "new" in rule
                else "",
                "name": "",
                "kind": kind,
                "target": str(seq),
                "target_name": name,
                "after": after,
                "rule": rule,
                "reason": "order 10391",
                "needs_add": 0,
                "state": "planned",
                "attempts": 0,
                "read_at": _AT,
                "planned_at": _AT,
            }
        )
    return rows


def old_counts(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = {(row["run"], row["rule"], row["kind"]): 0 for row in rows}
    return [{"run": number, "rule": rule, "kind": kind, "people": 9, "changes": 9} for number, rule, kind in pairs]


async def write_old_plans(path: Path, *plans: Sequence[tuple[str, str, str, str, str | None]]) -> None:
    """A database of revision 0008 with these plans; their runs are 1, 2, …"""
    await database_of_revision(path, "0008")
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, plan in enumerate(plans, 1):
            rows = old_rows(number, plan)
            insert(connection, "runs", [run(number)])
            insert(connection, "ledger", rows)
            insert(connection, "plan_counts", old_counts(rows))
