"""One Sunday afternoon at the label, as rows of a database: what the screens and the snapshot are tried on.

At ``now`` (14:32 in the story) maria applies run 418 on 2024_ETB_NBL, jon's run 415 has died, plan 417 waits for a yes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bema_tui.model import (
    AutomationEffect,
    CheckResult,
    Completeness,
    CreatedCheck,
    Holder,
    MailerLiteReadResult,
    MembersCheck,
    MovesCheck,
    Phase,
    Purpose,
    ReadingStrategy,
    ReadKind,
    RunState,
    ShopCheck,
    ShopReadResult,
    ShrunkCheck,
    TakenBackCheck,
    Tier,
    TiersCheck,
)
from bema_tui.store import schema
from bema_tui.store.database import Database
from bema_tui.store.run_documents import document_of, documents_of
from tests.story_findings import finding_rows
from tests.story_ledger import Plan, ledger_rows, plans

BOOT = "8f1c2d34-0000-4000-8000-57d10c0ffee1"

VIEWER = Holder(
    user="maria", host="studio-1", pid=2214, boot_id=BOOT, process_started=1.0, pid_namespace="pid:[the viewer's]"
)
"""Who looks at the story: on the host of run 418, in another pid namespace, so that its lock is judged by age alone."""

_CAMPAIGNS: tuple[tuple[str, str, str, tuple[str, ...], int, int, str], ...] = (
    # code, album, state, products, members, buyers, revenue
    ("2024_ETB_NBL", "No Better Love", "active", ("118", "119"), 38_240, 4_519, "61820"),
    ("2025_KAIRO_TNS", "The Night Shift", "active", ("131",), 21_905, 1_702, "24118"),
    ("2026_DIVINE_HG", "Holy Ground", "active", ("160",), 12_480, 611, "9165"),
    ("2025_ETB_SW", "Second Wind", "active", ("140", "141"), 29_377, 3_020, "40770"),
    ("2026_ZM_BTL", "Below the Line", "active", ("171",), 8_114, 377, "5278"),
    ("2024_DIVINE_AFTERGLOW", "Afterglow", "active", ("122",), 17_650, 1_288, "16744"),
    ("2023_LOLA_ER", "Early Riser", "active", ("97",), 6_902, 540, "7020"),
    ("ETB-2019-FIRSTLIGHT", "First Light", "active", ("12",), 1_204, 0, "0"),
)

_NBL_TIERS: Mapping[Tier, int] = {
    Tier.OPT_IN: 12_480,
    Tier.GOLD: 1_905,
    Tier.SILVER: 7_312,
    Tier.BRONZE: 5_980,
    Tier.WOOD: 6_204,
    Tier.GOLD_PURCHASED: 3_016,
    Tier.SILVER_PURCHASED: 1_008,
    Tier.BRONZE_PURCHASED: 335,
}

_BUYERS_PER_DAY = (
    *(12, 14, 11, 10, 17, 19, 24, 26, 22, 13, 12, 11, 10, 16, 18, 20),
    *(22, 24, 18, 25, 44, 61, 47, 28, 21, 19, 11, 20, 29, 38),
)

_ACTIVITY: tuple[tuple[int, str, str, str | None, int | None, str], ...] = (
    # minutes ago, who, action, campaign, run, text
    (4, "jon", "open", "2026_DIVINE_HG", 417, "opened plan 417 (2026_DIVINE_HG, 96 changes)"),
    (21, "maria", "apply", "2024_ETB_NBL", 418, "yes to plan 418: 12,041 changes, 4,189 people, 4,273 requests"),
    (23, "run", "planned", "2024_ETB_NBL", 418, "418 planned, 173 people not planned"),
    (27, "maria", "sync", "2024_ETB_NBL", 418, "sync 2024_ETB_NBL"),
    (31, "timer", "sync", "2026_DIVINE_HG", 417, "sync 2026_DIVINE_HG, plan 417 waits for a yes"),
    (34, "run", "beat", "2025_KAIRO_TNS", 415, "415 last sign of life from jon@tour-laptop"),
    (46, "run", "done", "2025_ETB_SW", 416, "416 done, 212 applied, 0 failed"),
    (51, "jon", "sync", "2025_KAIRO_TNS", 415, "sync 2025_KAIRO_TNS"),
    (62, "alert", "alert", None, None, "memory over 80 %: 207 of 256 MiB"),
    (210, "maria", "accept", None, None, "accepted 4 findings buyer_unknown until 31 Dec"),
    (214, "jon", "release", None, None, 'released lock k1b0, reason "crash after update"'),
    (332, "timer", "start", None, None, "started on studio-1, 6 schedules"),
)


async def write_story(db: Database, now: datetime) -> None:
    """Fill an empty database with the story; ``now`` is its 14:32 on Sunday, aware."""
    written = plans()
    rows = [row for plan in written for row in ledger_rows(plan, now)]
    counts = [row for plan in written for row in plan.count_rows()]
    tables: tuple[tuple[Any, list[dict[str, Any]]], ...] = (
        (schema.campaigns, [_campaign(entry, now) for entry in _CAMPAIGNS]),
        (schema.campaign_products, [{"product_id": p, "code": entry[0]} for entry in _CAMPAIGNS for p in entry[3]]),
        (schema.runs, _earlier_runs(now)),
        (schema.runs, _story_runs(now)),
        (schema.ledger, rows),
        (schema.plan_counts, counts),
        (schema.locks, _locks(now)),
        (schema.control_requests, _requests(now)),
        (schema.findings, finding_rows(now, people_of_run(written, 418))),
        (schema.statistics, [_statistics(entry, now) for entry in _CAMPAIGNS if entry[2] == "active"]),
        (schema.health_samples, _samples(now)),
        (schema.services, _services(now)),
        (schema.quota_periods, _quota(now)),
        (schema.consoles, _consoles(now)),
        (schema.activity, _activity(now)),
    )
    async with db.write() as connection:
        for table, entries in tables:
            await connection.execute(insert(table), entries)


def people_of_run(written: tuple[Plan, ...], run: int) -> tuple[tuple[str, str, Purpose], ...]:
    """(subscriber id, e-mail, purpose) of everybody whom a run of the story changes."""
    return tuple(
        (person.id, person.email, person.purpose) for plan in written if plan.run == run for person in plan.people
    )


def _campaign(entry: tuple[str, str, str, tuple[str, ...], int, int, str], now: datetime) -> dict[str, Any]:
    code, album, state, _, members, _, _ = entry
    return {
        "code": code,
        "album": album,
        "state": state,
        "start": now - timedelta(days=200),
        "created_at": now - timedelta(days=201),
        "created_by": "maria",
        "last_members": members,
        "last_orders": 31_204,
    }


def _run(number: int, campaign: str, state: RunState, started: datetime, by: str, **more: Any) -> dict[str, Any]:
    host, pid = ("tour-laptop", 8841) if by == "jon" else ("studio-1", 2214)
    base: dict[str, Any] = dict.fromkeys(
        ("planned_at", "yes_at", "yes_by", "apply_started_at", "progressed_at", "finished_at", "lock_token", "error"),
        None,
    )
    base |= dict.fromkeys(("people", "moves", "members", "left_out", "read_forecast", "write_forecast"), 0)
    base |= dict.fromkeys(("requests_read", "requests_write", "requests_retried", "shop_requests"), 0)
    base |= {"seconds_forecast": 0.0, "active_seconds": 0.0, "phases": [], "checks": [], "note": "", "kind": "sync"}
    base |= {"id": number, "campaign": campaign, "state": state, "phase": Phase.UNLOCK, "by_user": by}
    return base | {"host": host, "pid": pid, "started_at": started} | more


def _ended(number: int, campaign: str, ended: datetime, by: str, note: str, **more: Any) -> dict[str, Any]:
    started = ended - timedelta(minutes=5)
    done = {"finished_at": ended, "active_seconds": 280.0, "note": note, "planned_at": ended - timedelta(minutes=2)}
    return _run(number, campaign, more.pop("state", RunState.DONE), started, by, **done, **more)


def _earlier_runs(now: datetime) -> list[dict[str, Any]]:
    """Runs 1 to 411: the history that nobody looks at, and the last good sync of each campaign."""
    active = [entry[0] for entry in _CAMPAIGNS if entry[2] == "active"]
    runs = [
        _ended(number, active[number % len(active)], now - timedelta(days=4, hours=420 - number), "timer", "")
        for number in range(1, 408)
    ]
    day, hour = timedelta(days=1), timedelta(hours=1)
    runs.append(_ended(408, "2025_KAIRO_TNS", now - day, "timer", "nothing to do"))
    runs.append(_ended(409, "2024_ETB_NBL", now - day, "timer", "88 applied", requests_write=88))
    runs.append(_ended(410, "2026_DIVINE_HG", now - 2 * hour, "timer", "nothing to do"))
    runs.append(_ended(411, "2024_DIVINE_AFTERGLOW", now - 1.3 * hour, "timer", "nothing to do"))
    return runs


def _story_runs(now: datetime) -> list[dict[str, Any]]:
    def ago(**past: float) -> datetime:
        return now - timedelta(**past)

    blocked = {"error": "RuleError", "message": "2023_LOLA_ER_PURCHASE is a text field.", "advice": "Look at it."}
    lola = _ended(412, "2023_LOLA_ER", ago(days=3), "jon", "blocked", state=RunState.FAILED, error=blocked)
    moved = _ended(414, "2025_ETB_SW", ago(hours=20), "maria", "3,020 moved", people=3_020)
    lost = _run(415, "2025_KAIRO_TNS", RunState.APPLYING, ago(minutes=51), "jon", phase=Phase.APPLY, lock_token=41)
    lost |= {"people": 1_800, "moves": 1_800, "members": 21_905, "write_forecast": 1_900, "seconds_forecast": 1_040.0}
    lost |= {"planned_at": ago(minutes=46), "yes_at": ago(minutes=46), "yes_by": "jon", "requests_write": 1_097}
    lost |= {"apply_started_at": ago(minutes=46), "read_forecast": 31, "requests_read": 31, "active_seconds": 1_020.0}
    waits = _run(417, "2026_DIVINE_HG", RunState.PLANNED, ago(minutes=32), "timer", phase=Phase.PLAN)
    waits |= {"people": 32, "moves": 32, "members": 12_480, "write_forecast": 12, "seconds_forecast": 7.0}
    waits |= {"planned_at": ago(minutes=31), "read_forecast": 19, "requests_read": 19, "active_seconds": 61.0}
    waits |= {"left_out": 4, "checks": _checks(31_190, 12_480, 32, 12_480)}
    return [
        lola,
        _ended(413, "2026_ZM_BTL", ago(hours=1), "timer", "nothing to do"),
        moved,
        lost,
        _ended(416, "2025_ETB_SW", ago(minutes=46), "timer", "212 applied, 0 failed", people=106),
        waits,
        _run_418(now),
    ]


def _checks(orders: int, people: int, moves: int, members: int) -> list[dict[str, Any]]:
    well = CheckResult.PASSED
    return documents_of(
        (
            ShopCheck(well, whole=True, orders=orders, unreadable=0),
            MembersCheck(well, people=people, left_alone=0),
            TiersCheck(well, stranded=0),
            CreatedCheck(well, created=0),
            TakenBackCheck(well, people=0),
            ShrunkCheck(well, percent=20.0),
            MovesCheck(well, moves=moves, members=members, limit=5_000),
        )
    )


def _run_418(now: datetime) -> dict[str, Any]:
    start = now - timedelta(minutes=26, seconds=57)
    phases, at = [], start
    steps = (
        (Phase.LOCK, 0, ""),
        (Phase.READ_SHOP, 118, "31,204 orders"),
        (Phase.READ_MAILERLITE, 101, "41,877 people"),
        (Phase.RECONCILE, 13, ""),
        (Phase.PLAN, 6, "12,041 changes, 173 not planned"),
        (Phase.YES, 145, "maria"),
        (Phase.APPLY, None, ""),
    )
    for phase, seconds, note in steps:
        phases.append({"phase": phase, "started_at": at.isoformat(), "seconds": seconds, "note": note})
        at += timedelta(seconds=seconds or 0)
    yes = now - timedelta(minutes=20, seconds=34)
    more: dict[str, Any] = {"phases": phases, "lock_token": 57, "phase": Phase.APPLY, "people": 4_189}
    more["progressed_at"] = now - timedelta(seconds=1)
    more |= {"planned_at": yes - timedelta(seconds=145), "yes_at": yes, "yes_by": "maria", "apply_started_at": yes}
    more |= {"moves": 4_011, "members": 38_240, "left_out": 173, "read_forecast": 55, "write_forecast": 4_273}
    more |= {"seconds_forecast": 2_340.0, "requests_read": 56, "requests_write": 2_308, "shop_requests": 626}
    read = ShopReadResult(Completeness.COMPLETE, ReadKind.FULL, at=start, orders=31_204, passes=2)
    people = MailerLiteReadResult(Completeness.COMPLETE, at=start, people=38_240, strategy=ReadingStrategy.BY_GROUPS)
    more |= {"shop_read": document_of(read), "mailerlite_read": document_of(people)}
    welcome = AutomationEffect("Welcome buyers", "2024_ETB_NBL_GOLD_PURCHASE", 2_910)
    more["automations"] = documents_of([welcome])
    more["checks"] = _checks(31_204, 38_240, 4_011, 38_240)
    return _run(418, "2024_ETB_NBL", RunState.APPLYING, start, "maria", **more)


def _locks(now: datetime) -> list[dict[str, Any]]:
    def lock(key: str, token: int, name: str, holder: Holder, run: int, since: float, beat: float) -> dict[str, Any]:
        times = {"since": now - timedelta(seconds=since), "last_beat": now - timedelta(seconds=beat)}
        who = {"user": holder.user, "host": holder.host, "pid": holder.pid, "boot_id": holder.boot_id}
        who |= {"process_started": holder.process_started, "pid_namespace": holder.pid_namespace}
        return {"key": key, "token": token, "id": name, "held": True, "operation": "sync", "run": run} | times | who

    jon = Holder("jon", "tour-laptop", 8841, "another-boot", 1.0, "pid:[laptop]")
    maria = Holder("maria", "studio-1", 2214, BOOT, 1.0, "pid:[studio]")
    return [
        lock("2025_KAIRO_TNS", 41, "k7d2", jon, 415, 51 * 60, 34 * 60),
        lock("2024_ETB_NBL", 57, "k3f9", maria, 418, 26 * 60 + 57, 12),
    ]


def _requests(now: datetime) -> list[dict[str, Any]]:
    asked = {"run": 418, "verb": "pause", "by_user": "jon", "reason": "newsletter goes out at 15:00"}
    return [asked | {"asked_at": now - timedelta(seconds=2), "seen_at": now - timedelta(seconds=1)}]


def _statistics(entry: tuple[str, str, str, tuple[str, ...], int, int, str], now: datetime) -> dict[str, Any]:
    code, _, _, _, members, buyers, revenue = entry
    tiers: Mapping[Tier, int] = _NBL_TIERS
    if code != "2024_ETB_NBL":
        bought = {Tier.SILVER_PURCHASED: buyers // 4, Tier.BRONZE_PURCHASED: buyers // 10}
        bought[Tier.GOLD_PURCHASED] = buyers - sum(bought.values())
        lower = members - buyers
        waiting = {Tier.GOLD: lower // 10, Tier.SILVER: lower // 5, Tier.BRONZE: lower // 6, Tier.WOOD: lower // 7}
        tiers = {Tier.OPT_IN: lower - sum(waiting.values())} | waiting | bought
    scale = buyers / 4_519
    return {
        "campaign": code,
        "at": now - timedelta(hours=1),
        "tiers": dict(tiers),
        "members": members,
        "buyers": buyers,
        "revenue": revenue,
        "currency": "USD",
        "buyers_per_day": [round(day * scale) for day in _BUYERS_PER_DAY],
    }


def _samples(now: datetime) -> list[dict[str, Any]]:
    cpu = (4, 5, 17, 4, 5, 26, 15, 4, 5, 4, 16, 12)
    mebibytes = (178, 179, 181, 184, 190, 193, 196, 199, 202, 205, 206, 207)
    same = {"host": "studio-1", "pid": 2214, "memory_limit": 256 << 20, "load_1": 0.42, "load_5": 0.38}
    same |= {"load_15": 0.31, "cores": 4, "active_processes": 3, "database_ms": 3.0, "lag_ms": 4.0}
    jobs = {"applying": 1, "planned": 1, "lost": 1, "done": 2}
    return [
        same
        | {"at": now - timedelta(seconds=5 * (12 - place)), "cpu_percent": float(percent), "full_check": place == 0}
        | {"memory_usage": used << 20, "score": 78, "job_status": jobs}
        | {"reasons": ["memory 81 %", "1 run lost", "1 lock expired", "17 errors open"]}
        for place, (percent, used) in enumerate(zip(cpu, mebibytes, strict=True))
    ]


def _services(now: datetime) -> list[dict[str, Any]]:
    same = {"state": "ok", "detail": "", "at": now - timedelta(seconds=1)}
    return [same | {"name": "mailerlite", "latency_ms": 180.0}, same | {"name": "shop", "latency_ms": 400.0}]


def _quota(now: datetime) -> list[dict[str, Any]]:
    times = {"started_at": now - timedelta(seconds=19), "ends_at": now + timedelta(seconds=41), "closed_until": None}
    counted = {"quota": 120, "used": 23, "pending": 1, "answered": True}
    return [{"url": "https://mail.example/api", **counted, **times}]


def _consoles(now: datetime) -> list[dict[str, Any]]:
    here = (("maria", "studio-1", 40), ("jon", "desk-2", 30), ("old", "desk-3", 300))
    return [
        {
            "id": f"console-{user}",
            "user": user,
            "host": host,
            "since": now - timedelta(minutes=minutes),
            "last_beat": now - (timedelta(hours=2) if user == "old" else timedelta(seconds=9)),
        }
        for user, host, minutes in here
    ]


def _activity(now: datetime) -> list[dict[str, Any]]:
    return [
        {"at": now - timedelta(minutes=ago), "who": who, "action": action, "campaign": code, "run": run, "text": text}
        | {"host": "studio-1"}
        for ago, who, action, code, run, text in reversed(_ACTIVITY)
    ]


def write_story_file(path: Path, now: datetime) -> Path:
    """The story in a database file of its own; written once for each ``now``, and copied from then on."""

    async def write() -> None:
        async with await Database.open(str(path), clock=lambda: now) as db:
            await write_story(db, now)

    if now in _written:
        path.write_bytes(_written[now])
    else:
        asyncio.run(write())
        _written[now] = path.read_bytes()
    return path


_written: dict[datetime, bytes] = {}
