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
    """``mailerlite`` or ``shop``."""
    state: ServiceState
    """How it is."""
    detail: str = ""
    """What it said."""
    latency_ms: float | None = None
    """How long the request took."""
    quota_limit: int | None = None
    """The requests that it allows in a period."""
    quota_left: int | None = None
    """The requests that may still be sent in this period."""
    at: datetime | None = None
    """When the request was answered."""


@frozen
class CampaignView:
    """One line of the campaigns table and its statistics panel."""

    code: str
    """Its code."""
    album: str
    """The album's name."""
    products: tuple[str, ...]
    """Its product ids."""
    state: str
    """Whether it is in use."""
    status: CampaignStatus
    """How it stands."""
    percent: int | None = None
    """How far a run that is at work, lost or stopped is."""
    start: datetime | None = None
    """When the campaign began; None where it is not known."""
    members: int | None = None
    """Its members at the last read."""
    buyers: int | None = None
    """Its buyers at the last read."""
    revenue: str | None = None
    """What it brought, in the shop's units: the shop does not say in which currency an order was paid."""
    currency: str = ""
    """The shop's own currency."""
    currencies: tuple[str, ...] = ()
    """Every currency that was ever the shop's own."""
    tiers: Mapping[Tier, int] = field(factory=dict)
    """Members by tier."""
    buyers_per_day: tuple[int, ...] = ()
    """Buyers of the last days, oldest first."""
    open_findings: int = 0
    """Its open findings."""
    open_errors: int = 0
    """Those of severity error."""
    runs: int = 0
    """How many runs it has had."""
    requests: int = 0
    """Requests to MailerLite in the last 24 hours."""
    last_sync: datetime | None = None
    """When its last sync ended."""
    last_sync_text: str = ""
    """How that ended."""
    active_run: int | None = None
    """The run that is at work on it."""
    waiting_run: int | None = None
    """The run whose plan waits for a yes."""
    lock: Lock | None = None
    """The lock on it, if one is held."""

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
    """A run with its counts."""

    id: int
    """Its number."""
    kind: RunKind
    """What it was started for."""
    campaign: str
    """Its campaign's code."""
    album: str
    """The album's name."""
    state: RunState
    """What it is doing, or how it ended."""
    phase: Phase
    """The step that it is in, or was in when it ended."""
    by_user: str
    """Who started it."""
    host: str
    """The machine that it runs on."""
    pid: int
    """Its process."""
    started_at: datetime
    """When it began."""
    planned_at: datetime | None
    """When its plan was written."""
    yes_at: datetime | None
    """When somebody said yes to its plan."""
    yes_by: str | None
    """Who said so."""
    apply_started_at: datetime | None
    """When the first change was about to be sent."""
    finished_at: datetime | None
    """When it ended."""
    seconds: float
    """How long it has worked."""
    people: int
    """Subscribers whom the plan changes."""
    moves: int
    """Subscribers whom the plan moves to another tier."""
    members: int
    """Members of the campaign that were read."""
    left_out: int
    """People of whom nothing is planned because of a finding."""
    changes: Mapping[ChangeState, int]
    """Ledger rows by state."""
    kinds: Mapping[ChangeKind, Mapping[ChangeState, int]]
    """Ledger rows by kind and state; empty in a snapshot once the run has begun to apply."""
    read_forecast: int
    """The requests that reading was to take."""
    write_forecast: int
    """The requests that applying is to take."""
    seconds_forecast: float
    """The seconds that applying is to take."""
    requests_read: int
    """Reads that were sent to MailerLite."""
    requests_write: int
    """Writes that were sent to MailerLite."""
    requests_retried: int
    """Tries beyond the first."""
    shop_requests: int
    """Requests that were sent to the shop."""
    phases: tuple[PhaseEntry, ...]
    """The steps so far, each with what it took."""
    shop_read: ShopReadResult | None
    """What the read of the shop came to."""
    mailerlite_read: MailerLiteReadResult | None
    """What the read of MailerLite came to."""
    automations: tuple[AutomationEffect, ...]
    """The automations that the plan sets off."""
    checks: tuple[Check, ...]
    """The checks of the plan."""
    error: RunError | None
    """The error that ended it."""
    note: str
    """What else is to be said, in words."""
    control_requests: tuple[ControlRequest, ...] = ()
    """What people asked of it, oldest first."""
    apply_seconds: float = 0.0
    """The part of ``seconds`` that went into applying, without pauses."""
    waiting_for: Wait | None = None
    """What it waits for now."""
    waiting_until: datetime | None = None
    """Until when."""
    wait_seconds: float = 0.0
    """How long it still waits."""
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
    """The row's id."""
    run: int
    """Its run."""
    seq: int
    """Its place in the plan."""
    subscriber_id: str
    """MailerLite's id of the subscriber."""
    email: str
    """The e-mail it is about."""
    name: str
    """The subscriber's name."""
    kind: ChangeKind
    """What kind of change it is."""
    target_name: str
    """The name of the group or field."""
    before: str | None
    """What was there before."""
    after: str | None
    """What shall be there."""
    tier: Tier | None
    """The tier of its group."""
    purpose: Purpose
    """Why the change is made."""
    reason: str
    """The facts behind that, in words."""
    state: ChangeState
    """How it stands."""
    attempts: int
    """The tries that may have had an effect."""
    outcome: ChangeOutcome | None
    """Why it stands as it does."""
    detail: str
    """What only this row knows of that."""
    refused_status: int | None
    """The 4xx that refused it."""
    planned_at: datetime
    """When it was planned."""
    settled_at: datetime | None
    """When it came to its state."""


@frozen
class PlanPerson:
    """One subscriber of a plan."""

    subscriber_id: str
    """MailerLite's id; empty for one who is created."""
    email: str
    """The e-mail."""
    name: str
    """The name."""
    purpose: Purpose
    """Why the changes are made."""
    changes: tuple[ChangeView, ...]
    """All rows of the subscriber, in order."""


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
    """Its number."""
    campaign: str
    """The campaign's code; empty where it concerns the shop or the whole account."""
    rule: FindingRule
    """What kind of thing it is."""
    severity: Severity
    """How much it matters."""
    state: FindingState
    """Whether it still wants somebody."""
    subject: str
    """Whom or what it is about."""
    message: str
    """What is so, in one sentence."""
    advice: str
    """What to do about it."""
    first_seen: datetime
    """When it was seen first."""
    last_seen: datetime
    """When it was seen last."""
    count: int
    """How often it was seen."""


@frozen
class FindingGroup:
    """The open findings of one rule."""

    rule: FindingRule
    """What kind of thing they are."""
    severity: Severity
    """How much they matter."""
    open: int
    """How many there are."""
    new: int
    """How many were first seen in the last 24 hours."""
    newest: datetime
    """When the newest was seen."""
    campaigns: tuple[tuple[str, int], ...]
    """How many concern each campaign, most first."""


@frozen
class ActivityView:
    """Who did what when."""

    at: datetime
    """When."""
    who: str
    """A user, or a part of the program."""
    action: str
    """What was done, in one word."""
    campaign: str | None
    """The campaign's code, if it concerns one."""
    run: int | None
    """The run's number, if it concerns one."""
    text: str
    """What was done, in one sentence."""


@frozen
class HealthView:
    """The newest health sample and the series of the last minute (oldest first, five seconds apart)."""

    at: datetime
    """When it was measured."""
    cpu_percent: float
    """Share of the processor that is busy."""
    memory_usage: int
    """Bytes that the process holds."""
    memory_limit: int
    """Bytes that it may hold."""
    load_1: float
    """The machine's load over one minute."""
    cores: int
    """The machine's cores."""
    database_ms: float
    """Milliseconds that the smallest read of the database took."""
    lag_ms: float
    """Milliseconds by which the event loop woke too late."""
    active_processes: int
    """Processes that hold a lock or have a console open."""
    score: int
    """0 to 100."""
    reasons: tuple[str, ...]
    """Why the score is not 100, worst first."""
    job_status: Mapping[str, int]
    """Runs by state."""
    cpu_series: tuple[float, ...] = ()
    """``cpu_percent`` over time."""
    memory_series: tuple[float, ...] = ()
    """The memory over time, in per cent of the limit."""
    load_series: tuple[float, ...] = ()
    """``load_1`` over time."""
    database_series: tuple[float, ...] = ()
    """``database_ms`` over time."""
    lag_series: tuple[float, ...] = ()
    """``lag_ms`` over time."""
    processes_series: tuple[float, ...] = ()
    """``active_processes`` over time."""
    score_series: tuple[float, ...] = ()
    """``score`` over time."""
    full_check_at: datetime | None = None
    """When the last full check was made."""


@frozen
class Snapshot:
    """Everything the Overview shows, read in one short transaction."""

    at: datetime
    """When it was read."""
    health: HealthView | None
    """The newest health sample; None before the first."""
    services: Mapping[str, ServiceView]
    """The services by name."""
    campaigns: tuple[CampaignView, ...]
    """The campaigns, those that need somebody first."""
    runs: tuple[RunView, ...]
    """Active and waiting ones first, then the newest ended ones."""
    run_count: int
    """How many runs there are in all."""
    locks: tuple[Lock, ...]
    """The locks that are held."""
    finding_groups: tuple[FindingGroup, ...]
    """The open findings by rule, worst first."""
    newest_findings: tuple[FindingView, ...]
    """The newest open findings."""
    finding_counts: Mapping[Severity, int]
    """Open findings by severity."""
    activity: tuple[ActivityView, ...]
    """Who did what, newest first."""
    people_here: tuple[str, ...]
    """Who has a console open."""
