"""MailerLite's bulk imports: accepted at once, done later, read back as a report (contract, section 8)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import attrs

from bema_tui.simulator.faults.kinds import Fault
from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.responses import ApiResponse, error_response, validation_error
from bema_tui.simulator.mailerlite.subscribers import checked_values, create_subscriber, valid_email
from bema_tui.simulator.settings import IMPORT_OUTCOMES
from bema_tui.simulator.world.world import World

_SAMPLES = 5


@attrs.define(eq=False)
class ImportJob:
    """An import that was accepted."""

    id: int
    rows: list[dict[str, Any]]
    """The subscribers as they were sent."""
    group_id: int | None
    """The group that the subscribers join."""
    due: float
    """When it takes effect, on the monotonic clock."""
    imported: int = 0
    updated: int = 0
    finished: str | None = None
    """When it took effect; None: not yet."""
    outcomes: dict[str, list[dict[str, str]]] = attrs.Factory(lambda: {name: [] for name in IMPORT_OUTCOMES})
    """The lists of its report."""


class Imports:
    """The imports of an account. Those that are due take effect before the next request."""

    def __init__(self) -> None:
        self._jobs: dict[int, ImportJob] = {}
        self._open: list[ImportJob] = []

    def apply_due(self, world: World) -> None:
        """Lets every import that is due take effect."""
        now = time.monotonic()
        due = [job for job in self._open if job.due <= now]
        for job in due:
            self._open.remove(job)
            _apply(world, job)

    def accept(self, call: ApiCall, group_key: str | None) -> ApiResponse | ImportJob:
        """Accepts an import, or returns the response that refuses it."""
        rows = call.body_fields().get("subscribers")
        if not isinstance(rows, list) or not rows:
            return validation_error({"subscribers": ["The subscribers field is required."]})
        if len(rows) > 1000:
            return validation_error({"subscribers": ["The subscribers must not have more than 1000 items."]})
        if group_key is not None and int(group_key) not in call.world.groups:
            return error_response(404, f"No query results for model [App\\Models\\Group\\Group] {group_key}")
        group_id = None if group_key is None else int(group_key)
        due = time.monotonic() + call.world.switches.import_seconds
        job = ImportJob(call.world.new_id(), [row for row in rows if isinstance(row, dict)], group_id, due)
        self._jobs[job.id] = job
        if not call.world.conditional_faults.happens(Fault.LOST_IMPORT):
            self._open.append(job)
        return job

    def to_group(self, call: ApiCall, group_key: str) -> ApiResponse:
        """Serves the documented path: the response says where to poll, without an envelope."""
        job = self.accept(call, group_key)
        return job if isinstance(job, ApiResponse) else _progress_url(call, job)

    def to_group_undocumented(self, call: ApiCall, group_key: str) -> ApiResponse:
        """Serves the path that the vendor's own Python client uses: the response is the report."""
        job = self.accept(call, group_key)
        return job if isinstance(job, ApiResponse) else ApiResponse(200, {"data": report(job)})

    def without_group(self, call: ApiCall) -> ApiResponse:
        job = self.accept(call, None)
        return job if isinstance(job, ApiResponse) else _progress_url(call, job)

    def show(self, _call: ApiCall, key: str) -> ApiResponse:
        job = self._jobs.get(int(key))
        return error_response(404, "Resource not found.") if job is None else ApiResponse(200, {"data": report(job)})


def report(job: ImportJob) -> dict[str, Any]:
    """Returns the report of an import. `errored` counts the rows that changed nothing, too."""
    done = job.finished is not None
    total = len(job.rows)
    errored = sum(len(job.outcomes[name]) for name in IMPORT_OUTCOMES if name != "changed")
    row: dict[str, Any] = {
        "id": str(job.id),
        "account_id": "12345",
        "total": total,
        "processed": total if done else 0,
        "imported": job.imported,
        "updated": job.updated,
        "errored": errored,
        "percent": 100 if done else 0,
        "done": done,
    }
    for name in IMPORT_OUTCOMES:
        row[name] = job.outcomes[name][:_SAMPLES]
        row[f"{name}_count"] = len(job.outcomes[name])
    return {
        **row,
        "banned_import_emails_count": 0,
        "updated_at": job.finished,
        "undone_at": None,
        "stopped_at": None,
        "undo_started_at": None,
        "finished_at": job.finished,
    }


def _progress_url(call: ApiCall, job: ImportJob) -> ApiResponse:
    return ApiResponse(200, {"import_progress_url": call.url(f"subscribers/import/{job.id}")})


def _apply(world: World, job: ImportJob) -> None:
    seen: set[str] = set()
    for row in job.rows:
        _apply_row(world, job, row, seen)
    job.finished = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def _apply_row(world: World, job: ImportJob, row: dict[str, Any], seen: set[str]) -> None:
    sent = row.get("email")
    if not valid_email(sent):
        job.outcomes["invalid"].append({"id": "", "email": str(sent)})
        return
    email = str(sent).strip().lower()
    if email in seen:
        job.outcomes["duplicate"].append({"id": "", "email": email})
        return
    seen.add(email)
    if email in world.switches.import_outcomes:
        job.outcomes[world.switches.import_outcomes[email]].append({"id": "", "email": email})
        return
    values, _ = checked_values(world, row.get("fields"))
    known = world.by_email.get(email)
    if known is None:
        subscriber = create_subscriber(world, email, values, "active", "import")
        job.imported += 1
        changed = True
    else:
        subscriber = world.subscribers[known]
        if subscriber.status in ("unsubscribed", "bounced", "junk"):
            job.outcomes["unsubscribed"].append({"id": str(subscriber.id), "email": email})
            return
        if subscriber.deleted_at is not None:
            world.restore_subscriber(subscriber)
        added = {key: value for key, value in values.items() if value is not None}
        changed = world.switches.import_stores_fields and world.set_values(subscriber, added)
    if job.group_id is not None and job.group_id in world.groups:
        changed = world.assign(subscriber, job.group_id) or changed
    if known is not None:
        job.updated += changed
        job.outcomes["changed" if changed else "unchanged"].append({"id": str(subscriber.id), "email": email})
