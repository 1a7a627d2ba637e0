"""Runs, plans and changes in words, for commands on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bema_tui.amounts import duration, forecast
from bema_tui.cli.tables import table
from bema_tui.model import ChangeState, CheckResult, ControlVerb, LockState, RunState
from bema_tui.operations.possible import Reason, Refused, may_apply, may_resume
from bema_tui.rules.wording.changes import heading, outcome_text
from bema_tui.rules.wording.checks import automation_text, check_text
from bema_tui.rules.wording.phases import phase_text
from bema_tui.waits import WaitReason, stalled_words, until_utc, wait_words_utc

if TYPE_CHECKING:
    from bema_tui.operations.runs import Attention, PlacedRequest
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import ChangeView, RunView

_RESULTS: Final[Mapping[CheckResult, str]] = {
    CheckResult.PASSED: "ok",
    CheckResult.LOOK: "look",
    CheckResult.HOLD: "look",
    CheckResult.REFUSE: "NOT OK",
}


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _waits(run: RunView, now: datetime, *, sentence: bool = False) -> str:
    """What a run waits for, and until when, or that it has stalled; nothing if neither is so."""
    if run.stalled_seconds:
        return f"makes {stalled_words(run.stalled_seconds)}"
    if run.waiting_for is None or run.waiting_until is None:
        return ""
    words = wait_words_utc(run.waiting_for, run.waiting_until, now)
    return f"is {words}" if sentence and run.waiting_for.reason is WaitReason.PERSON else words


async def plan_text(workspace: Workspace, run: RunView) -> str:
    """A plan as a person reads it before saying yes."""
    rules = await workspace.reader.plan_rules(run.id)
    lines = [
        f"Plan {run.id} for {run.campaign} {run.album}: {_many(run.subscribers, 'person', 'people')}, "
        f"{_many(run.total, 'change', 'changes')}, "
        f"{run.left_out:,} not planned. Nothing is written yet.",
        f"It takes {_many(run.write_forecast, 'write request', 'write requests')}, "
        f"about {forecast(run.seconds_forecast)}.",
        "",
        table(("cause", "people", "changes"), [(heading(r.purpose), r.subscribers, r.changes) for r in rules]),
        "",
    ]
    lines += [f"{_RESULTS[check.result]:<6}  {check_text(check)}" for check in run.checks]
    lines += [
        f"mail    {_many(one.subscribers, 'person joins', 'people join')} {one.group}: the automation "
        f"{automation_text(one)!r} starts for them"
        for one in run.automations
    ]
    if run.note and run.state is RunState.NEEDS_APPROVAL:
        lines.append(f"Needs approval: {run.note}.")
    lines.append(f"\nApply it with: bema-tui apply {run.id}")
    return "\n".join(lines)


def run_text(run: RunView, now: datetime) -> str:
    """How a run stands or ended, and how it goes on."""
    counts = ", ".join(f"{run.changes[s]:,} {s}" for s in ChangeState if run.changes.get(s)) or "no changes"
    error = run.error
    said = error.message if error else None  # it stands in the note and in the phase that it ended, too: once is enough
    note = "" if run.note == said else run.note
    lines = [
        f"Run {run.id}, {run.kind} of {run.campaign} {run.album}: {run.state}. {_sentence(note)}".rstrip(),
        *([f"It {waits}."] if (waits := _waits(run, now, sentence=True)) else []),
        f"{_many(run.subscribers, 'person', 'people')}, {counts}, {run.left_out:,} not planned; "
        f"{duration(run.seconds)}.",
        f"Requests to MailerLite: {run.requests_read:,} read ({run.read_forecast:,} forecast), {run.requests_write:,} "
        f"write ({run.write_forecast:,} forecast), {run.requests_retried:,} repeated; "
        f"to the shop: {run.shop_requests:,}.",
    ]
    if asked := run.pause_asked:
        why = f", {asked.reason!r}" if asked.reason else ""
        lines.insert(1, f"{asked.by_user} asked it to pause{why}: it does so at its next safe point.")
    for phase in run.phases:
        unended = "now" if run.state.active else "cut off"
        took = unended if phase.seconds is None else duration(phase.seconds)
        found = "see below" if said and phase.note == said else phase.note
        lines.append(f"  {phase_text(phase.phase):<16} {took:>8}  {found}".rstrip())
    if error:
        lines.append(f"Error: {said} {error.advice}".rstrip())
    if run.state is RunState.PAUSED:
        lines.append(f"Let it go on with: bema-tui continue {run.id}")
    elif may_apply(run, read_only=False).allowed:
        lines.append(f"Read it with: bema-tui changes {run.id}. Apply it with: bema-tui apply {run.id}")
    verdict = may_resume(run, read_only=False)
    if verdict.allowed and verdict.advised:
        first = "Once that is mended, go on" if error and not error.retryable else "Go on"
        lines.append(f"{first} with: bema-tui resume {run.id}")
    elif isinstance(verdict, Refused) and verdict.reason is Reason.OVERTAKEN:
        lines.append(f"Overtaken by run {run.overtaken_by}.")
    return "\n".join(lines)


def attention_text(run: RunView, attention: Attention) -> str:
    """What of a run that came to its end needs a person, and where it is read; empty if nothing does."""
    rows = [f"{count:,} {state}" for state, count in attention.rows.items()]
    lines = [f"{' and '.join(rows)}: bema-tui changes {run.id}"] if rows else []
    if errors := attention.open_errors:
        found = f"{errors:,} open findings" if errors > 1 else "1 open finding"
        lines.append(f"{found} of severity error about {run.campaign}: bema-tui findings --severity error")
    return "\n".join(f"Needs a person: {line}" for line in lines)


_DOES = {ControlVerb.STOP: "stops", ControlVerb.PAUSE: "pauses", ControlVerb.CONTINUE: "goes on"}


def when_obeyed(asked: PlacedRequest, now: datetime) -> str:
    """When a run does what it was asked to, by what is known of the process that holds its lock."""
    lock = asked.lock
    if lock is not None and lock.suspended:
        pid = lock.holder.pid
        return f"its process {pid} is suspended: it {_DOES[asked.verb]} when it is continued (kill -CONT {pid})"
    if lock is not None and lock.state is not LockState.LIVE:
        beat = f"{lock.last_beat:%Y-%m-%d %H:%M:%S} UTC"
        return f"but {lock.holder} gave its last sign of life at {beat}: it obeys if it goes on"
    if asked.waits_until is not None:
        return f"it obeys at its next safe point; now it waits {until_utc(asked.waits_until, now)}"
    return "it obeys at its next safe point, within seconds"


def runs_table(found: Sequence[RunView], now: datetime) -> str:
    """The history of runs."""
    rows = [
        (
            run.id,
            run.kind,
            run.campaign,
            run.state,
            run.by_user,
            run.started_at.strftime("%Y-%m-%d %H:%M"),
            run.total,
            _waits(run, now) or run.note,
        )
        for run in found
    ]
    return table(("run", "kind", "campaign", "state", "by", "started (UTC)", "changes", "note"), rows)


def change_row(change: ChangeView) -> tuple[str, ...]:
    """One ledger row for a table."""
    return (
        change.email,
        change.kind.replace("_", " "),
        change.target_name,
        change.before or "",
        change.after or "",
        heading(change.purpose),
        change.state,
        outcome_text(change),
    )
