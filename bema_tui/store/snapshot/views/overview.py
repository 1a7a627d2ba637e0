"""Everything that the Overview shows, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from bema_tui.model import (
    CampaignStatus,
    FindingRule,
    FindingState,
    Lock,
    ServiceName,
    ServiceState,
    Severity,
    Tier,
)
from bema_tui.store.snapshot.views.runs import RunView


@frozen
class ServiceView:
    """The state of MailerLite or the shop as the last request found it."""

    name: ServiceName
    """Which of the two it is."""
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
    """The members who have bought, at the last read."""
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
    """When its last sync came to its end; one that failed, was stopped or lost is none."""
    last_sync_text: str = ""
    """What that did, in words."""
    last_end_text: str = ""
    """How its last run ended, in words; of one that failed, why."""
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
        """The share of the members who have bought, 0 to 1."""
        return self.buyers / self.members if self.members and self.buyers is not None else None


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

    @property
    def text(self) -> str:
        """Whom it is about, what is so and what to do."""
        told = self.message.lower().startswith(self.subject.lower())
        return f"{'' if told else f'{self.subject}: '}{self.message} {self.advice}"


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
    """The newest health sample, and the series of the last ones, oldest first, ``health.gauges_every`` apart."""

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
    services: Mapping[ServiceName, ServiceView]
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
    operators_here: tuple[str, ...]
    """Who has a console open."""
