"""Records for tests that are about one field of one record, and a small backend that writes down what it is asked.

They are made by hand, because such a test wants a run in each state in turn, a number that just does not fit its
column, or a name with codes in it, beside rows that stay as they are. What the screens show of a real database is
tested on the weekend (``tests/support/weekend.py``), which the program has written itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from bema_tui.errors import UsageError
from bema_tui.model import (
    CampaignStatus,
    Cause,
    ChangeKind,
    ChangeState,
    CheckResult,
    ControlVerb,
    FindingRule,
    FindingState,
    Holder,
    Lock,
    LockState,
    Phase,
    PhaseEntry,
    Purpose,
    RunKind,
    RunState,
    ServiceName,
    ServiceState,
    Severity,
    Tier,
    TiersCheck,
)
from bema_tui.store.snapshot.views import (
    ActivityView,
    CampaignView,
    ChangeView,
    FindingGroup,
    FindingView,
    HealthView,
    LeftOut,
    PlanRule,
    PlanSubscriber,
    RunView,
    ServiceView,
    Snapshot,
)
from tests.support.weekend import NOW


def ago(**parts: float) -> datetime:
    """A moment before ``NOW``."""
    return NOW - timedelta(**parts)


def holder(user: str, host: str, pid: int) -> Holder:
    return Holder(user=user, host=host, pid=pid, boot_id="boot", process_started=1.0)


def lock(lock_id: str, key: str, user: str, state: LockState, run: int | None, minutes: float = 0) -> Lock:
    return Lock(
        id=lock_id,
        key=key,
        token=41,
        holder=holder(user, f"{user}-desk", 2214),
        operation="sync",
        run=run,
        since=ago(minutes=51),
        last_beat=ago(minutes=minutes),
        state=state,
    )


def campaign(code: str, status: CampaignStatus, **more: Any) -> CampaignView:
    values: dict[str, Any] = {
        "album": "No Better Love",
        "products": ("118",),
        "state": "active",
        "members": 38_240,
        "buyers": 4_519,
        "revenue": "61820.50",
        "currency": "USD",
        "tiers": {Tier.OPT_IN: 12_480, Tier.GOLD: 1_905, Tier.GOLD_PURCHASED: 3_016, Tier.WOOD: 6_204},
        "buyers_per_day": (2, 3, 5, 8, 13, 9, 4),
        "open_findings": 274,
        "requests": 2_364,
        "last_sync": ago(days=1),
    }
    return CampaignView(code=code, status=status, **(values | more))


def run(number: int, code: str, state: RunState, changes: Mapping[ChangeState, int], **more: Any) -> RunView:
    values: dict[str, Any] = {
        "kind": "sync",
        "album": "No Better Love",
        "phase": Phase.APPLY,
        "by_user": "maria",
        "host": "studio-1",
        "pid": 2214,
        "started_at": ago(minutes=27),
        "planned_at": ago(minutes=23),
        "yes_at": None,
        "yes_by": None,
        "apply_started_at": None,
        "finished_at": None,
        "seconds": 1259.0,
        "subscribers": 42,
        "moves": 40,
        "members": 38_240,
        "left_out": 173,
        "kinds": {
            ChangeKind.ADD_GROUP: changes,
            ChangeKind.REMOVE_GROUP: {},
            ChangeKind.SET_FIELD: {},
        },
        "read_forecast": 55,
        "write_forecast": 96,
        "seconds_forecast": 60.0,
        "requests_read": 56,
        "requests_write": 8,
        "requests_retried": 0,
        "shop_requests": 626,
        "phases": (PhaseEntry(Phase.LOCK, ago(minutes=27), 0.0), PhaseEntry(Phase.READ_SHOP, ago(minutes=27), 118.0)),
        "shop_read": None,
        "mailerlite_read": None,
        "automations": (),
        "checks": (TiersCheck(CheckResult.PASSED, stranded=0),),
        "error": None,
        "note": "",
    }
    return RunView(id=number, campaign=code, state=state, changes=changes, **(values | more))


APPLYING = run(
    418,
    "2024_ETB_NBL",
    RunState.APPLYING,
    {ChangeState.APPLIED: 6_489, ChangeState.FAILED: 11, ChangeState.SKIPPED: 2, ChangeState.PLANNED: 5_539},
    apply_started_at=ago(minutes=21),
    subscribers=4_189,
)
WAITING = run(417, "2026_DIVINE_HG", RunState.PLANNED, {ChangeState.PLANNED: 96}, by_user="jon")
LOST = run(
    415,
    "2025_KAIRO_TNS",
    RunState.LOST,
    {ChangeState.APPLIED: 3_120, ChangeState.UNKNOWN: 1, ChangeState.PLANNED: 2_279},
    by_user="jon",
    apply_started_at=ago(minutes=45),
)
DONE = run(416, "2025_ETB_SW", RunState.DONE, {ChangeState.APPLIED: 212}, finished_at=ago(minutes=46))

HEALTH = HealthView(
    at=NOW,
    cpu_percent=12.0,
    memory_usage=207 * 2**20,
    memory_limit=256 * 2**20,
    load_1=0.42,
    cores=2,
    database_ms=3.0,
    lag_ms=4.0,
    active_processes=3,
    score=78,
    reasons=("memory 81 %", "1 run lost"),
    job_status={"applying": 1},
    cpu_series=(1, 1, 2, 1, 1, 30, 2, 1, 1, 1, 20, 12),
    memory_series=(70, 75, 81, 81),
    full_check_at=ago(minutes=2),
)


def picture(**more: Any) -> Snapshot:
    """One run applies, one plan waits, one run is lost with its lock expired."""
    live = lock("k3f9", "2024_ETB_NBL", "maria", LockState.LIVE, 418, 0.2)
    late = lock("k7d2", "2025_KAIRO_TNS", "jon", LockState.EXPIRED, 415, 34)
    values: dict[str, Any] = {
        "at": NOW,
        "health": HEALTH,
        "services": {
            ServiceName.MAILERLITE: ServiceView(
                ServiceName.MAILERLITE, ServiceState.OK, quota_limit=120, quota_left=97, at=NOW
            ),
            ServiceName.SHOP: ServiceView(ServiceName.SHOP, ServiceState.OK, at=NOW),
        },
        "campaigns": (
            campaign("2024_ETB_NBL", CampaignStatus.APPLYING, percent=54, active_run=418, lock=live),
            campaign("2025_KAIRO_TNS", CampaignStatus.LOST, lock=late, album="The Night Shift"),
            campaign("2026_DIVINE_HG", CampaignStatus.PLAN_WAITS, waiting_run=417, album="Holy Ground"),
            campaign("2025_ETB_SW", CampaignStatus.UP_TO_DATE, album="Second Wind"),
            campaign("2026_ZM_BTL", CampaignStatus.NEVER, album="Below the Line", last_sync=None),
        ),
        "runs": (APPLYING, WAITING, DONE, LOST),
        "run_count": 418,
        "locks": (late, live),
        "finding_groups": (
            FindingGroup(
                FindingRule.TWO_TIERS, Severity.ERROR, 12, 9, ago(minutes=24), (("2024_ETB_NBL", 9), ("other", 3))
            ),
            FindingGroup(FindingRule.BUYER_UNKNOWN, Severity.INFO, 158, 143, ago(minutes=24), (("2024_ETB_NBL", 143),)),
        ),
        "newest_findings": (
            FindingView(
                1,
                "2024_ETB_NBL",
                FindingRule.TWO_TIERS,
                Severity.ERROR,
                FindingState.OPEN,
                "ana.petrova@example.org",
                "In Gold, Silver at once, with a valid order; nobody is moved.",
                "Decide which tier is right, in MailerLite.",
                ago(days=1),
                ago(minutes=24),
                2,
            ),
        ),
        "finding_counts": {Severity.ERROR: 12, Severity.INFO: 158},
        "activity": (
            ActivityView(ago(minutes=4), "jon", "planned", "2026_DIVINE_HG", 417, "run 417 waits for a yes"),
            ActivityView(ago(minutes=21), "maria", "apply", "2024_ETB_NBL", 418, "apply run 418"),
        ),
        "operators_here": ("maria", "jon"),
    }
    return Snapshot(**(values | more))


BOUGHT = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)
NOT_MOVED = Purpose(Cause.FIELD_ONLY)


def change(seq: int, email: str, name: str, kind: ChangeKind, target: str, **more: Any) -> ChangeView:
    values: dict[str, Any] = {
        "id": seq,
        "run": 417,
        "seq": seq,
        "subscriber_id": email,
        "before": None,
        "after": "member",
        "purpose": BOUGHT,
        "tier": None,
        "reason": "order 10391, complete",
        "state": ChangeState.PLANNED,
        "attempts": 0,
        "outcome": None,
        "detail": "",
        "refused_status": None,
        "planned_at": NOW,
        "recorded_at": None,
    }
    return ChangeView(email=email, name=name, kind=kind, target_name=target, **(values | more))


def subscriber(number: int, code: str = "2026_DIVINE_HG", name: str = "Abena Osei") -> PlanSubscriber:
    email = f"person{number:04d}@example.org"
    rows = (
        change(3 * number, email, name, ChangeKind.ADD_GROUP, f"{code}_GOLD_PURCHASE", tier=Tier.GOLD_PURCHASED),
        change(
            3 * number + 1,
            email,
            name,
            ChangeKind.REMOVE_GROUP,
            f"{code}_OPT-IN",
            before="member",
            after=None,
            tier=Tier.OPT_IN,
        ),
        change(3 * number + 2, email, name, ChangeKind.SET_FIELD, f"{code}_PURCHASE", after=str(10_000 + number)),
    )
    return PlanSubscriber(email, email, name, rows[0].purpose, rows)


class HandReader:
    """Answers from records in memory; ``fail`` makes the next readings fail."""

    def __init__(self, snapshot: Snapshot | None = None, subscribers: int = 120) -> None:
        self.snapshot = snapshot or picture()
        self.subscribers = [subscriber(number) for number in range(subscribers)]
        self.wrong_rows: tuple[ChangeView, ...] = ()
        self.fail: Exception | None = None
        self.reads = 0
        self.reading = 0
        self.overlaps = 0
        self.runs: dict[int, RunView] = {}

    async def read(self) -> Snapshot:
        self.reading += 1
        self.overlaps += self.reading > 1
        try:
            await asyncio.sleep(0)
            self.reads += 1
            if self.fail is not None:
                raise self.fail
            return self.snapshot
        finally:
            self.reading -= 1

    async def run(self, run_id: int) -> RunView:
        known = {view.id: view for view in self.snapshot.runs} | self.runs
        if run_id not in known:
            raise UsageError(f"There is no run {run_id}.")
        return known[run_id]

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        return (
            PlanRule(BOUGHT, len(self.subscribers), 3 * len(self.subscribers)),
            PlanRule(NOT_MOVED, 0, 0),
        )

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        return tuple(self.subscribers[offset : offset + limit]) if purpose != NOT_MOVED else ()

    async def wrong(self, run_id: int, limit: int) -> tuple[ChangeView, ...]:
        return self.wrong_rows[:limit]

    async def left_out(self, run_id: int) -> Sequence[LeftOut]:
        return (
            LeftOut(FindingRule.BUYER_UNKNOWN, Severity.INFO, 143),
            LeftOut(FindingRule.TWO_TIERS, Severity.ERROR, 9),
        )


class WrittenDown:
    """A backend that writes down what it is asked and begins runs in a reader's picture."""

    def __init__(self, reader: HandReader | None = None, *, own: tuple[int, ...] = ()) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.own = list(own)
        self.error: Exception | None = None
        self.failed: asyncio.Queue[str] = asyncio.Queue()
        self._reader = reader

    def _note(self, *what: object) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append(what)

    async def start(self, code: str, *, kind: RunKind) -> int:
        self._note("start", code, kind)
        view = run(419, code, RunState.PLANNING, {}, kind=kind, planned_at=None, phase=Phase.READ_SHOP, subscribers=0)
        if self._reader is not None:
            self._reader.snapshot = evolve(self._reader.snapshot, runs=(view, *self._reader.snapshot.runs))
        return view.id

    async def apply(self, run: int) -> None:
        self._note("apply", run)

    async def resume(self, run: int) -> None:
        self._note("resume", run)

    async def control(self, run: int, verb: ControlVerb, reason: str) -> None:
        self._note("control", run, verb, reason)

    async def end_own_runs(self, reason: str) -> None:
        for run in self.own:
            self._note("stop own", run, reason)
        self.own.clear()

    async def discard(self, run: int) -> None:
        self._note("discard", run)

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        self._note("release", lock_id, reason, force)

    def own_runs(self) -> tuple[int, ...]:
        return tuple(self.own)

    async def failure(self) -> str:
        return await self.failed.get()
