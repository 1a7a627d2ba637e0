"""Runs, changes and locks as ``--json`` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from bema_tui.health import CampaignHealth
from bema_tui.model import (
    DOCUMENT_KEYS,
    AutomationEffect,
    ChangeState,
    Check,
    CheckResult,
    Lock,
    MailerLiteReadResult,
    ShopReadResult,
)
from bema_tui.operations.findings import counts_of_run
from bema_tui.rules.wording.changes import heading, outcome_text
from bema_tui.rules.wording.checks import automation_text, check_text

if TYPE_CHECKING:
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import ChangeView, RunView


async def run_document(workspace: Workspace, run: RunView) -> dict[str, Any]:
    """A run for ``--json``. Its row counts are of ledger rows by their state now; ``total`` is their sum."""
    counts = await counts_of_run(workspace, run.id)
    kinds = {str(kind): sum(states.values()) for kind, states in run.kinds.items()}
    return {
        "run": run.id,
        "campaign": run.campaign,
        "kind": run.kind,
        "state": run.state,
        "phase": run.phase,
        "by": f"{run.by_user}@{run.host}",
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "waiting_for": run.waiting_for and {**asdict(run.waiting_for), "text": str(run.waiting_for)},
        "waiting_until": run.waiting_until,
        "stalled_seconds": run.stalled_seconds,
        "people": run.subscribers,
        "moves": run.moves,
        "members": run.members,
        "left_out": run.left_out,
        **{str(state): run.changes.get(state, 0) for state in ChangeState},
        "total": run.total,
        "changes": kinds,
        "findings": {"error": 0, "warning": 0, "info": 0} | {str(k): v for k, v in counts.items()},
        "requests": {
            "read": run.requests_read,
            "write": run.requests_write,
            "retried": run.requests_retried,
            "shop": run.shop_requests,
            "read_forecast": run.read_forecast,
            "write_forecast": run.write_forecast,
            "seconds_forecast": round(run.seconds_forecast, 1),
        },
        "seconds": round(run.seconds, 3),
        "automations": [_automation_document(one) for one in run.automations],
        "checks": [_check_document(check) for check in run.checks],
        "reads": {"shop": _or_nothing(run.shop_read), "mailerlite": _or_nothing(run.mailerlite_read)},
        "phases": [
            {"phase": p.phase, "started_at": p.started_at, "seconds": p.seconds, "note": p.note} for p in run.phases
        ],
        "note": run.note,
        "error": asdict(run.error) if run.error else None,
    }


def _check_document(check: Check) -> dict[str, Any]:
    """A check in words, with its figures."""
    words = {
        "text": check_text(check),
        "ok": check.result is not CheckResult.REFUSE,
        "look": check.result in {CheckResult.LOOK, CheckResult.HOLD},
    }
    return {"name": check.name, **words, **_figures(check)}


def _automation_document(effect: AutomationEffect) -> dict[str, Any]:
    return {**_figures(effect), "name": automation_text(effect)}


def _or_nothing(read: ShopReadResult | MailerLiteReadResult | None) -> dict[str, Any]:
    return _figures(read) if read is not None else {}


def _figures(record: AutomationEffect | Check | MailerLiteReadResult | ShopReadResult) -> dict[str, Any]:
    """Return the fields of a record under the keys of its document."""
    keys = DOCUMENT_KEYS.get(type(record), {})
    return {keys.get(name, name): value for name, value in asdict(record).items()}


def change_document(change: ChangeView) -> dict[str, Any]:
    """One ledger row for ``--json``."""
    return {
        "id": change.id,
        "seq": change.seq,
        "subscriber": change.subscriber_id,
        "email": change.email,
        "name": change.name,
        "kind": change.kind,
        "target": change.target_name,
        "before": change.before,
        "after": change.after,
        "tier": change.tier,
        "cause": change.purpose.cause,
        "rule": heading(change.purpose),
        "reason": change.reason,
        "state": change.state,
        "attempts": change.attempts,
        "outcome": change.outcome,
        "error": outcome_text(change) or None,
        "planned_at": change.planned_at,
        "settled_at": change.recorded_at,
    }


def campaign_health_document(health: CampaignHealth) -> dict[str, Any]:
    """A campaign's health for ``--json``."""
    return {
        "campaign": health.campaign,
        "status": health.status,
        "lock": None if health.lock is None else lock_document(health.lock),
        "job_status": dict(health.runs),
        "findings": {str(severity): count for severity, count in health.findings.items()},
        "last_sync": health.last_sync,
        "health_score": health.score,
        "reasons": list(health.reasons),
    }


def lock_document(lock: Lock) -> dict[str, Any]:
    """A lock for ``--json``."""
    return {
        "id": lock.id,
        "key": lock.key,
        "holder": {"user": lock.holder.user, "host": lock.holder.host, "pid": lock.holder.pid},
        "operation": lock.operation,
        "run": lock.run,
        "since": lock.since,
        "last_beat": lock.last_beat,
        "state": lock.state,
        "suspended": lock.suspended,
        "token": lock.token,
        "note": lock.note,
    }
