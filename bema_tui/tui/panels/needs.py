"""The one line that says whether all is well, and what needs a person when it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen
from textual.content import Content

from bema_tui.amounts import count
from bema_tui.health import HealthWord, health_word
from bema_tui.model import CampaignStatus, Lock, RunState, ServiceName, ServiceState, Severity
from bema_tui.store.snapshot.views import RunView, Snapshot
from bema_tui.tui.actions import TargetKind
from bema_tui.tui.format import line, pack, width_of
from bema_tui.tui.layout import Width
from bema_tui.tui.render_context import RenderContext
from bema_tui.waits import stalled_words


@frozen
class Need:
    """One thing that needs a person: what to say of it at each width, and where it is."""

    sign: str
    """Drawn before the words."""
    style: str
    """The sign's style."""
    short: str
    """The words where there is little room."""
    long: str
    """The words where there is room."""
    panel: TargetKind = TargetKind.CAMPAIGN
    """Whose panel of the Overview shows it."""
    row: str = ""
    """The key of its row there; empty where it has none of its own."""


def needs(snapshot: Snapshot, context: RenderContext) -> tuple[Need, ...]:
    """Returns what needs a person, worst first."""
    lost = _newest_lost(snapshot)
    locks_of_lost = {run.id: lock for run in lost if (lock := _lock_of(run, snapshot)) is not None}
    return (
        *(_lost(run, locks_of_lost.get(run.id), context) for run in lost),
        *_stalled(snapshot, context),
        *_services(snapshot, context),
        *_health(snapshot, context),
        *_failed(snapshot, context),
        *_errors(snapshot, context),
        *_locks(snapshot, context, {lock.id for lock in locks_of_lost.values()}),
        *_waiting(snapshot, context),
    )


def _newest_lost(snapshot: Snapshot) -> list[RunView]:
    newest = {run.campaign: run.id for run in sorted(snapshot.runs, key=lambda run: run.id)}
    return [run for run in snapshot.runs if run.state is RunState.LOST and newest[run.campaign] == run.id]


def _lock_of(run: RunView, snapshot: Snapshot) -> Lock | None:
    return next((lock for lock in snapshot.locks if lock.run == run.id), None)


def _lost(run: RunView, lock: Lock | None, context: RenderContext) -> Need:
    tail = f", last sign of life {context.clock(lock.last_beat)}" if lock is not None else ""
    long = f"run {run.id} {run.campaign} lost{tail}"
    return Need(context.glyphs.bad, "bad", f"run {run.id} lost", long, TargetKind.RUN, str(run.id))


def _stalled(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    for run in snapshot.runs:
        if run.stalled_seconds:
            long = f"run {run.id} {run.campaign} makes {stalled_words(run.stalled_seconds)}"
            yield Need(context.glyphs.warn, "warn", f"run {run.id} stalled", long, TargetKind.RUN, str(run.id))


def _services(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    for _, service in sorted(snapshot.services.items()):
        if service.state in {ServiceState.DOWN, ServiceState.REFUSED}:
            short = f"{'MailerLite' if service.name is ServiceName.MAILERLITE else 'shop'} {service.state}"
            yield Need(context.glyphs.bad, "bad", short, f"{short}: {service.detail}")


def _health(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    health = snapshot.health
    if health is not None and health_word(health.score) is HealthWord.POOR:
        short = f"health {health.score} poor"
        yield Need(context.glyphs.bad, "bad", short, ": ".join((short, *health.reasons[:1])))


def _failed(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    for campaign in snapshot.campaigns:
        if campaign.status is CampaignStatus.FAILED:
            short = f"{campaign.code} failed"
            yield Need(context.glyphs.bad, "bad", short, f"{short}: {campaign.last_end_text}")


def _errors(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    errors = snapshot.finding_counts.get(Severity.ERROR, 0)
    if errors:
        text = f"{count(errors)} error{'' if errors == 1 else 's'}"
        yield Need(context.glyphs.bad, "bad", text, text, TargetKind.FINDING)


def _locks(snapshot: Snapshot, context: RenderContext, named: set[str]) -> Iterator[Need]:
    """Yields the locks whose holders are gone; of those that belong to a lost run, the run was named already."""
    for lock in snapshot.locks:
        if lock.state.releasable and lock.id not in named:
            short = f"lock {lock.id} {lock.state}"
            long = f"lock {lock.id} {lock.key} {lock.state}, {lock.holder.user}"
            yield Need(context.glyphs.warn, "warn", short, long, TargetKind.LOCK, lock.id)


def _waiting(snapshot: Snapshot, context: RenderContext) -> Iterator[Need]:
    for run in snapshot.runs:
        if run.state.waiting:
            long = f"plan {run.id} {run.campaign} waits for a yes"
            yield Need(context.glyphs.arrow, "waits", f"plan {run.id} waits", long, TargetKind.RUN, str(run.id))


def problem_line(problem: str, context: RenderContext) -> Content:
    """Returns why the picture is not today's."""
    return line((f" {context.glyphs.bad} {problem}", "bad"))


def answer_line(snapshot: Snapshot | None, context: RenderContext, width: int, problem: str = "") -> Content:
    """Returns ``all is well`` with the time of the last full check, or what needs a person, worst first."""
    g = context.glyphs
    if problem:
        return problem_line(problem, context)
    if snapshot is None:
        return line((" reading", "muted"))
    wanted = needs(snapshot, context)
    if not wanted:
        checked = snapshot.health.full_check_at if snapshot.health else None
        when = f"  last full check {context.clock(checked)}" if checked else "  no full check yet"
        return line(" ", (f"{g.ok} all is well", "good"), (when, "muted"))
    wide = width >= Width.WIDE
    number = len(wanted)
    things = "thing needs" if number == 1 else "things need"
    start = f"{g.warn} {number} {things} you:" if wide else f"{g.warn} {number} need{'s' if number == 1 else ''} you:"
    return line(" ", (start, "warn"), "  ", _packed(wanted, width - width_of(start) - 4, wide=wide))


def _packed(wanted: Sequence[Need], room: int, *, wide: bool) -> Content:
    def part(need: Need, *, long: bool) -> Content:
        return line((need.sign + " ", need.style), need.long if long else need.short)

    full = [part(need, long=True) for need in wanted]
    if wide and sum(width_of(text) + 2 for text in full) <= room:
        return pack(full, room)
    first = [part(need, long=wide and index == 0) for index, need in enumerate(wanted)]
    return pack(first, room, "  " if wide else "   ")
