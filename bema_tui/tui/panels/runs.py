"""The runs table: what goes on, what waits, and how the newest ones ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from textual.content import Content

from bema_tui.amounts import count, forecast
from bema_tui.cells import cut
from bema_tui.model import ChangeState, RunState
from bema_tui.rules.wording.phases import phase_text
from bema_tui.store.snapshot.views import RunView, Snapshot
from bema_tui.tui.format import bar, line, short_count
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row, choose_columns
from bema_tui.waits import WaitReason, fitting_words, stalled_words

COLUMNS = (
    Column("sign", "", 2),
    Column("run", "run", 5),
    Column("kind", "kind", 11, rank=5, least=6),
    Column("campaign", "campaign", 22, least=16),
    Column("phase", "phase", 22, least=16, grow=True),
    Column("bar", "", 15, least=6, rank=1),
    Column("percent", "", 6, right=True),
    Column("rate", "rate", 9, rank=2, right=True),
    Column("left", "to send", 8, right=True),
    Column("ends", "ends", 7, rank=3, right=True, least=6),
    Column("gap", "", 2, rank=4),
    Column("by", "by", 8, rank=4),
)
SHORT_COLUMNS = (
    Column("sign", "", 2),
    Column("run", "run", 5),
    Column("campaign", "campaign", 19, least=15),
    Column("phase", "phase", 14, least=12, grow=True),
    Column("bar", "", 8, rank=1),
    Column("percent", "", 6, right=True),
    Column("rate", "rate", 9, rank=2, right=True),
    Column("left", "to send", 14, right=True),
    Column("ends", "ends", 5, rank=3, right=True),
)
EMPTY = (line(("  None yet. A plan or a sync shows here, whoever starts it.", "muted")),)
_BAR = 8
_WAIT_COLUMNS = ("phase", "bar", "percent", "rate", "left")
_WAIT_ROOM = 44


def sign_of(run: RunView, context: RenderContext) -> tuple[str, str]:
    """The sign of a run's state and its style."""
    g = context.glyphs
    if run.stalled_seconds:
        return g.warn, "warn"
    if run.state.active:
        return g.dot, "accent"
    if run.state.waiting:
        return g.arrow, "waits"
    return {
        RunState.DONE: (g.ok, "good"),
        RunState.LOST: (g.bad, "bad"),
        RunState.FAILED: (g.bad, "bad"),
        RunState.STOPPED: (g.ring, "warn"),
    }.get(run.state, (g.ring, "muted"))


def shows_progress(run: RunView) -> bool:
    """Whether a bar says something about this run: it has rows and they are being worked on, or were."""
    if run.state.waiting or run.state in (RunState.DONE, RunState.PLANNING, RunState.DISCARDED):
        return False
    return run.total > 0 and run.apply_started_at is not None


def phase_of(run: RunView, context: RenderContext) -> str:
    """What the run does or how it ended, in words."""
    failed, unknown = run.changes.get(ChangeState.FAILED, 0), run.changes.get(ChangeState.UNKNOWN, 0)
    ended = context.clock(run.finished_at)
    match run.state:
        case RunState.PLANNING:
            return phase_text(run.phase)
        case RunState.APPLYING:
            return phase_text(run.phase)
        case RunState.PAUSED:
            return run.note or "paused"
        case RunState.PLANNED | RunState.NEEDS_APPROVAL:
            return f"waits for yes, {count(run.total)} changes"
        case RunState.DONE:
            if failed or unknown:
                return f"done {ended}, " + ", ".join(_bad(failed, unknown))
            return (
                f"done {ended}, {count(run.changes.get(ChangeState.APPLIED, 0))} applied"
                if run.total
                else (f"done {ended}, nothing to do")
            )
        case RunState.LOST:
            return ", ".join(["lost", *_bad(failed, unknown)])
        case RunState.STOPPED:
            return f"stopped {ended}"
        case RunState.FAILED:
            return f"failed {ended}, {run.error.message if run.error else run.note}".rstrip(", ")
        case _:
            return f"{run.state} {ended}"


def _bad(failed: int, unknown: int) -> list[str]:
    return [f"{count(n)} {word}" for n, word in ((failed, "failed"), (unknown, "unknown")) if n]


def requests_left(run: RunView) -> int | None:
    """What the run will still cost at MailerLite by its forecast; None when nothing is forecast."""
    if run.state in (RunState.DONE, RunState.DISCARDED) or not run.write_forecast:
        return None
    return max(0, run.write_forecast - run.requests_write)


def _few(number: int) -> str:
    """A count in at most five cells: one that is cut would look like a smaller one."""
    return count(number) if number < 10_000 else short_count(number)


def wait_room(columns: Sequence[Column], width: int) -> int:
    """The cells that what a run waits for has in a table of ``width`` cells: it runs on over the empty ones."""
    return sum(cells for column, cells in choose_columns(columns, width) if column.name in _WAIT_COLUMNS)


def waits_for(run: RunView, context: RenderContext, room: int) -> str:
    """What the run waits for, and until when, or that it has stalled, in at most ``room`` cells; else nothing."""
    if run.stalled_seconds:
        return cut(stalled_words(run.stalled_seconds), room)
    if run.waiting_for is None or run.waiting_until is None:
        return ""
    return fitting_words(run.waiting_for, run.waiting_until, context.now, context.zone, room)


def ends_at(run: RunView, context: RenderContext) -> str:
    """The local time at which a working run is to end, or nothing, as for a run that somebody paused."""
    wait = run.waiting_for
    resting = run.state is RunState.PAUSED and wait is not None and wait.reason is not WaitReason.PERSON
    if not (run.state is RunState.APPLYING or resting) or run.seconds_left is None:
        return ""
    return context.clock(context.now + timedelta(seconds=run.seconds_left))


def rows(
    snapshot: Snapshot, context: RenderContext, *, short: bool, cells: int = _BAR, room: int = _WAIT_ROOM
) -> list[Row]:
    """The table's rows; ``cells`` are those of a bar, ``room`` those of what is waited for."""
    return [row(run, context, short=short, cells=cells, room=room) for run in snapshot.runs]


def row(run: RunView, context: RenderContext, *, short: bool = False, cells: int = _BAR, room: int = _WAIT_ROOM) -> Row:
    """One run; ``short`` for a narrow table, where the time left stands in place of the end."""
    sign, style = sign_of(run, context)
    wait = waits_for(run, context, room)
    progress = shows_progress(run) and not wait
    rate = run.rows_per_minute if run.state is RunState.APPLYING and not wait else None
    left = None if wait else requests_left(run)
    phase = wait or phase_of(run, context)
    return Row(
        str(run.id),
        {
            "sign": line((sign, style)),
            "run": str(run.id),
            "kind": run.kind,
            "campaign": run.campaign,
            "phase": phase,
            "bar": line((bar(run.recorded / run.total, cells, context.glyphs), "accent")) if progress else "",
            "percent": f"{run.percent} %" if progress else "",
            "rate": f"{short_count(round(rate))}/min" if rate else "",
            "ends": ends_at(run, context) and (forecast(run.seconds_left) if short else ends_at(run, context)),
            "left": "" if left is None else f"{_few(left)} to send" if short else _few(left),
            "by": run.by_user,
        },
    )


def counts(snapshot: Snapshot) -> tuple[str, ...]:
    """How many runs are at work and, where there are any, how many plans wait for a yes; each with its word."""
    waiting = sum(run.state.waiting for run in snapshot.runs)
    active = f"{sum(run.state.active for run in snapshot.runs)} active"
    return (active, f"{waiting} waiting") if waiting else (active,)


def title(snapshot: Snapshot) -> tuple[Content, Content]:
    """The panel's name with how many runs are at work and how many wait for a yes, and how many there are in all."""
    return line(f"Runs {', '.join(counts(snapshot))}"), line((f"{count(snapshot.run_count)} in all", "muted"))
