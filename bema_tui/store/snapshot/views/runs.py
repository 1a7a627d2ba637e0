"""Runs and plans as a screen or ``--json`` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from bema_tui.model import (
    AutomationEffect,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    Check,
    ControlRequest,
    ControlVerb,
    FindingRule,
    MailerLiteReadResult,
    Phase,
    PhaseEntry,
    Purpose,
    RunError,
    RunKind,
    RunState,
    Severity,
    ShopReadResult,
    Tier,
)
from bema_tui.waits import Wait, WaitReason

_TELLING_SECONDS = 60.0


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
    subscribers: int
    """Subscribers whom the plan changes."""
    moves: int
    """Subscribers whom the plan moves to another tier."""
    members: int
    """Members of the campaign that were read."""
    left_out: int
    """Subscribers and buyers of whom nothing is planned because of a finding."""
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
    def pause_asked(self) -> ControlRequest | None:
        """The newest request to pause that it has not obeyed yet; None where it need not pause."""
        if not self.state.active:
            return None
        open_ones = (one for one in self.control_requests if one.verb is ControlVerb.PAUSE and one.done_at is None)
        return max(open_ones, key=lambda one: one.id, default=None)

    @property
    def total(self) -> int:
        """All ledger rows of the run."""
        return sum(self.changes.values())

    @property
    def recorded(self) -> int:
        """How many ledger rows have a result and need nothing more."""
        return self.total - sum(
            self.changes.get(state, 0) for state in (ChangeState.PLANNED, ChangeState.SENDING, ChangeState.UNKNOWN)
        )

    @property
    def percent(self) -> int:
        """Recorded rows as a whole per cent, 100 only when nothing is left."""
        return 100 if self.recorded == self.total else min(99, round(self.recorded * 100 / self.total))

    @property
    def rows_per_minute(self) -> float | None:
        """Speed of the apply so far; None before it can be told: a quota's period is spent in its first seconds."""
        seconds = self.apply_seconds or self.seconds
        if self.apply_started_at is None or not self.recorded or seconds < _TELLING_SECONDS:
            return None
        return self.recorded * 60 / seconds

    @property
    def seconds_left(self) -> float | None:
        """Forecast of what is still to do, by the speed so far, else by the plan's forecast; waits are in it.

        None where there is none: before the plan is known, and of a run that has stalled.
        """
        if self.stalled_seconds:
            return None
        rate = self.rows_per_minute
        left = self.total - self.recorded
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
    subscribers: int
    """How many subscribers they concern."""
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
    recorded_at: datetime | None
    """When its result was recorded."""


@frozen
class PlanSubscriber:
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
    """Subscribers whom a plan changes nothing of, and about whom it found the same."""

    rule: FindingRule
    """What was found."""
    severity: Severity
    """How much it matters."""
    subscribers: int
    """How many they are."""
