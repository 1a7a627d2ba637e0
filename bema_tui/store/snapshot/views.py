"""What a screen or ``--json`` shows, as frozen records: one snapshot a refresh, read from the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from bema_tui.model import (
    AutomationEffect,
    CampaignStatus,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    Check,
    ControlRequest,
    FindingRule,
    FindingState,
    Lock,
    MailerLiteReadResult,
    Phase,
    PhaseEntry,
    Purpose,
    RunError,
    RunKind,
    RunState,
    ServiceState,
    Severity,
    ShopReadResult,
    Tier,
)
from bema_tui.waits import Wait, WaitReason

_TELLING_SECONDS = 60.0


@frozen
class ServiceView:
    """The state of MailerLite or the shop as the last request found it."""

    name: str
    state: ServiceState
    detail: str = ""
    latency_ms: float | None = None
    quota_limit: int | None = None
    quota_left: int | None = None
    at: datetime | None = None


@frozen
class CampaignView:
    """One line of the campaigns table and its statistics panel.

    ``percent`` tells how far a run that is at work, lost or stopped is. ``requests`` are those of the last 24 hours to
    MailerLite. ``revenue`` is in the shop's units: in which currency an order was paid, the shop does not say.
    ``currency`` is its own, ``currencies`` are all that were ever its own.
    """

    code: str
    album: str
    products: tuple[str, ...]
    state: str
    status: CampaignStatus
    percent: int | None = None
    start: datetime | None = None
    members: int | None = None
    buyers: int | None = None
    revenue: str | None = None
    currency: str = ""
    currencies: tuple[str, ...] = ()
    tiers: Mapping[Tier, int] = field(factory=dict)
    buyers_per_day: tuple[int, ...] = ()
    open_findings: int = 0
    open_errors: int = 0
    runs: int = 0
    requests: int = 0
    last_sync: datetime | None = None
    last_sync_text: str = ""
    active_run: int | None = None
    waiting_run: int | None = None
    lock: Lock | None = None

    @property
    def revenue_mixed(self) -> bool:
        """Whether the revenue adds up amounts of several currencies, as far as that can be known."""
        return len(self.currencies) > 1

    @property
    def conversion(self) -> float | None:
        """Buyers as a share of members, 0 to 1."""
        return self.buyers / self.members if self.members and self.buyers is not None else None


@frozen
class RunView:
    """A run with its counts; ``changes`` counts ledger rows by state, ``kinds`` by kind and state.

    A snapshot leaves ``kinds`` empty once a run has begun to apply: the reader's ``run`` tells them.
    """

    id: int
    kind: RunKind
    campaign: str
    album: str
    state: RunState
    phase: Phase
    by_user: str
    host: str
    pid: int
    started_at: datetime
    planned_at: datetime | None
    yes_at: datetime | None
    yes_by: str | None
    apply_started_at: datetime | None
    finished_at: datetime | None
    seconds: float
    people: int
    moves: int
    members: int
    left_out: int
    changes: Mapping[ChangeState, int]
    kinds: Mapping[ChangeKind, Mapping[ChangeState, int]]
    read_forecast: int
    write_forecast: int
    seconds_forecast: float
    requests_read: int
    requests_write: int
    requests_retried: int
    shop_requests: int
    phases: tuple[PhaseEntry, ...]
    shop_read: ShopReadResult | None
    mailerlite_read: MailerLiteReadResult | None
    automations: tuple[AutomationEffect, ...]
    checks: tuple[Check, ...]
    error: RunError | None
    note: str
    control_requests: tuple[ControlRequest, ...] = ()
    """What people asked of it, oldest first."""
    apply_seconds: float = 0.0  # of ``seconds``, what went into applying, without pauses
    waiting_for: Wait | None = None
    waiting_until: datetime | None = None
    wait_seconds: float = 0.0  # how long it still waits
    stalled_seconds: float = 0.0
    """How long it has made no progress, once that is longer than a run may take; 0 for a run that has not stalled."""
    overtaken_by: int | None = None
    """The newest run that has read the campaign since, if there is one: what this run read is overwritten by it."""

    @property
    def total(self) -> int:
        """All ledger rows of the run."""
        return sum(self.changes.values())

    @property
    def settled(self) -> int:
        """Ledger rows that need nothing more."""
        return self.total - sum(
            self.changes.get(state, 0) for state in (ChangeState.PLANNED, ChangeState.SENDING, ChangeState.UNKNOWN)
        )

    @property
    def percent(self) -> int:
        """Settled rows as a whole per cent, 100 only when nothing is left."""
        return 100 if self.settled == self.total else min(99, round(self.settled * 100 / self.total))

    @property
    def rows_per_minute(self) -> float | None:
        """Speed of the apply so far; None before it can be told: a quota's window is spent in its first seconds."""
        seconds = self.apply_seconds or self.seconds
        if self.apply_started_at is None or not self.settled or seconds < _TELLING_SECONDS:
            return None
        return self.settled * 60 / seconds

    @property
    def seconds_left(self) -> float | None:
        """Forecast of what is still to do, by the speed so far, else by the plan's forecast; waits are in it.

        None where there is none: before the plan is known, and of a run that has stalled.
        """
        if self.stalled_seconds:
            return None
        rate = self.rows_per_minute
        left = self.total - self.settled
        if not rate and not self.total:
            return None
        work = left * 60 / rate if rate else self.seconds_forecast * left / self.total
        if self.waiting_for is not None and self.waiting_for.reason is WaitReason.QUOTA:
            return max(work, self.wait_seconds)  # the forecast and the speed know of the quota
        return work + self.wait_seconds


@frozen
class PlanRule:
    """The changes of one purpose in a plan."""

    purpose: Purpose
    """Why they are made."""
    people: int
    """How many people they concern."""
    changes: int
    """How many they are."""

    @property
    def key(self) -> str:
        """What tells it from the others of its plan."""
        return "/".join((self.purpose.cause, self.purpose.from_tier or "", self.purpose.to_tier or ""))


@frozen
class ChangeView:
    """One ledger row."""

    id: int
    run: int
    seq: int
    subscriber_id: str
    email: str
    name: str
    kind: ChangeKind
    target_name: str
    before: str | None
    after: str | None
    tier: Tier | None
    purpose: Purpose
    reason: str
    state: ChangeState
    attempts: int
    outcome: ChangeOutcome | None
    detail: str
    refused_status: int | None
    planned_at: datetime
    settled_at: datetime | None


@frozen
class PlanPerson:
    """One person of a plan: all their rows, in order."""

    subscriber_id: str
    email: str
    name: str
    purpose: Purpose
    changes: tuple[ChangeView, ...]


@frozen
class LeftOut:
    """People whom a plan changes nothing of, and about whom it found the same."""

    rule: FindingRule
    """What was found."""
    severity: Severity
    """How much it matters."""
    people: int
    """How many they are."""


@frozen
class FindingView:
    """One finding."""

    id: int
    campaign: str
    rule: FindingRule
    severity: Severity
    state: FindingState
    subject: str
    message: str
    advice: str
    first_seen: datetime
    last_seen: datetime
    count: int


@frozen
class FindingGroup:
    """The open findings of one rule."""

    rule: FindingRule
    severity: Severity
    open: int
    new: int  # first seen in the last 24 hours
    newest: datetime
    campaigns: tuple[tuple[str, int], ...]  # most first


@frozen
class ActivityView:
    """Who did what when."""

    at: datetime
    who: str
    action: str
    campaign: str | None
    run: int | None
    text: str


@frozen
class HealthView:
    """The newest health sample and the series of the last minute (oldest first, five seconds apart)."""

    at: datetime
    cpu_percent: float
    memory_usage: int
    memory_limit: int
    load_1: float
    cores: int
    database_ms: float
    lag_ms: float
    active_processes: int
    score: int
    reasons: tuple[str, ...]
    job_status: Mapping[str, int]
    cpu_series: tuple[float, ...] = ()
    memory_series: tuple[float, ...] = ()  # per cent of the limit
    load_series: tuple[float, ...] = ()
    database_series: tuple[float, ...] = ()
    lag_series: tuple[float, ...] = ()
    processes_series: tuple[float, ...] = ()
    score_series: tuple[float, ...] = ()
    full_check_at: datetime | None = None


@frozen
class Snapshot:
    """Everything the Overview shows, read in one short transaction."""

    at: datetime
    health: HealthView | None
    services: Mapping[str, ServiceView]
    campaigns: tuple[CampaignView, ...]
    runs: tuple[RunView, ...]  # active and waiting ones first, then the newest ended ones
    run_count: int
    locks: tuple[Lock, ...]
    finding_groups: tuple[FindingGroup, ...]
    newest_findings: tuple[FindingView, ...]
    finding_counts: Mapping[Severity, int]
    activity: tuple[ActivityView, ...]
    people_here: tuple[str, ...]
