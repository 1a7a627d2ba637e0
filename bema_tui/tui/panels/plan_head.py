"""The lines above and below a plan: what it is and costs while it waits, how far it is while it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from textual.content import Content

from bema_tui.amounts import count, duration, forecast
from bema_tui.model import ChangeKind, ChangeState, Phase, RunState, passed_checks, refusing_checks
from bema_tui.rules.wording.checks import check_text
from bema_tui.rules.wording.phases import phase_text
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.format import bar, fit, line, pack, spread, width_of
from bema_tui.tui.layout import Width
from bema_tui.tui.panels.plan import SIGNS
from bema_tui.tui.panels.runs import ends_at, sign_of, waits_for
from bema_tui.tui.render_context import RenderContext

_STEPS = (
    Phase.LOCK,
    Phase.READ_SHOP,
    Phase.READ_MAILERLITE,
    Phase.RECONCILE,
    Phase.PLAN,
    Phase.YES,
    Phase.CHECK_UNKNOWN,
    Phase.APPLY,
    Phase.READ_BACK,
    Phase.STATISTICS,
    Phase.UNLOCK,
)

_AFTER_APPLY = frozenset({Phase.READ_BACK, Phase.STATISTICS, Phase.UNLOCK})


def begun(run: RunView) -> bool:
    """Whether the plan is being applied, or was: then its progress is shown in place of its people."""
    return run.apply_started_at is not None


def _of_kind(run: RunView, kind: ChangeKind) -> int:
    return sum(run.kinds.get(kind, {}).values())


def head_lines(run: RunView, context: RenderContext, width: int, height: int) -> list[Content]:
    """The lines under the tabs: plan or progress, short or long."""
    if begun(run):
        lines = _progress_head(run, context, width)
    elif run.state is RunState.PLANNING and not run.total:
        lines = _reading_head(run, context, width)
    elif height <= 3:
        lines = _short_plan_head(run, context, width)
    else:
        lines = _plan_head(run, context, width)
    return [fit(row, width) for row in lines[:height]]


def _first(run: RunView, context: RenderContext, width: int) -> Content:
    name = "Run" if begun(run) else "Plan"
    left = line((f" {name} {run.id}", "strong"), f"  {run.kind} {run.campaign}")
    if width >= Width.WIDE:
        left = line(left, f"  {run.album}")
    if begun(run):
        sign, style = sign_of(run, context)
        return line(left, "   ", (sign, style), f" {_word(run)}", (f"   by {run.by_user}@{run.host}", "muted"))
    if run.state is RunState.PLANNING:
        return line(left, "   ", (f"{context.glyphs.dot} planning: {phase_text(run.phase)}", "accent"))
    when = f"planned {context.clock(run.planned_at)} " if run.planned_at else ""
    when += f"by {run.by_user}"
    state = "nothing is written yet" if run.state.waiting else _word(run)
    return spread(line(left, "  ", (when, "muted")), line((state + " ", "muted")), width)


def _word(run: RunView) -> str:
    if run.state is RunState.APPLYING:
        return phase_text(run.phase) if run.phase in _AFTER_APPLY else "applying"
    return str(run.state).replace("_", " ")


def _kinds(run: RunView, *, short: bool) -> list[Content]:
    rows = (
        (ChangeKind.ADD_GROUP, " added" if short else " groups added"),
        (ChangeKind.REMOVE_GROUP, " removed" if short else " groups removed"),
        (ChangeKind.SET_FIELD, " fields set"),
    )
    parts = [line(SIGNS[kind], f" {count(_of_kind(run, kind))}", (words, "muted")) for kind, words in rows]
    new = _of_kind(run, ChangeKind.CREATE_GROUP) + _of_kind(run, ChangeKind.CREATE_FIELD)
    subscribers = _of_kind(run, ChangeKind.CREATE_SUBSCRIBER)
    if new:
        parts.append(line(("+", "good"), f" {new} to create"))
    if subscribers:
        parts.append(line(("+", "good"), f" {count(subscribers)} people created"))
    return parts


def _touched(run: RunView) -> str:
    return f"{run.subscribers * 100 / run.members:.1f} % of members" if run.members else ""


def _cost(run: RunView, context: RenderContext) -> str:
    if run.state is RunState.PLANNING:
        return f"{count(run.requests_read)} requests so far"
    end = context.clock(context.now + timedelta(seconds=run.seconds_forecast))
    return f"{count(run.write_forecast)} requests, {forecast(run.seconds_forecast)}, done about {end}"


def _quota_taken(run: RunView) -> str:
    """What the plan takes of the quota: its requests, and each change in a batch where MailerLite counts those."""
    dear = run.mailerlite_read is None or run.mailerlite_read.batch_items_count
    return f"about {count(run.write_forecast + (run.total if dear else 0))} of MailerLite's quota"


def _checks_word(run: RunView, context: RenderContext) -> Content:
    if bad := refusing_checks(run.checks):
        return line((f"{context.glyphs.bad} {check_text(bad[0])}", "bad"))
    if not run.checks:
        return line()
    number = len(passed_checks(run.checks))
    sign, style = (context.glyphs.ok, "good") if number == len(run.checks) else (context.glyphs.warn, "warn")
    return line((f"{sign} {number} of {len(run.checks)} checks", style))


def _automations_word(run: RunView, context: RenderContext) -> Content:
    number = len(run.automations)
    if not number:
        return line()
    subscribers = sum(one.subscribers for one in run.automations)
    return line(
        (f"{context.glyphs.warn} {number} automation{'' if number == 1 else 's'}, {count(subscribers)} people", "warn")
    )


def _reading_head(run: RunView, context: RenderContext, width: int) -> list[Content]:
    """Before anything is counted: how far the reading is, in place of noughts that look like a result."""
    return [
        _first(run, context, width),
        line(" ", phases_line(run, context, width - 2)),
        line(f" {count(run.requests_read + run.shop_requests)} requests so far; nothing is written outside"),
    ]


def _short_plan_head(run: RunView, context: RenderContext, width: int) -> list[Content]:
    # How many changes there are in all stands in the list of the rules, right below.
    numbers = [line(f"{count(run.subscribers)} people:"), *_kinds(run, short=True)]
    numbers.append(line(f"{count(run.left_out)} not planned"))
    parts = [line(_cost(run, context)), _automations_word(run, context), _checks_word(run, context)]
    if refusing_checks(run.checks):
        parts.reverse()  # what has no room is left out: never what forbids the plan
    cost = [part for part in parts if part]
    return [
        _first(run, context, width),
        line(" ", pack(numbers, width - 2)),
        line(" ", pack([*cost, line((_touched(run), "muted"))], width - 2)),
    ]


def _plan_head(run: RunView, context: RenderContext, width: int) -> list[Content]:
    numbers = [
        line(f"{count(run.subscribers)} people"),
        line(f"{count(run.total)} changes:"),
        *_kinds(run, short=False),
    ]
    out = f"{count(run.left_out)} people are not planned: nothing of theirs is written"
    parts = [line(out), line(_touched(run) + " are touched" if run.members else ""), _automations_word(run, context)]
    if refusing_checks(run.checks):
        parts.insert(0, _checks_word(run, context))
    return [
        _first(run, context, width),
        line(" ", pack(numbers, width - 2, "   ")),
        line(" ", pack([line(_cost(run, context)), line((_quota_taken(run), "muted"))], width - 2, "   ")),
        line(" ", pack([part for part in parts if part], width - 2, "   ")),
    ]


def _progress_head(run: RunView, context: RenderContext, width: int) -> list[Content]:
    cells = max(8, min(61, width - 54))
    share = run.recorded / run.total if run.total else 1.0
    rate = run.rows_per_minute if run.state is RunState.APPLYING and not run.stalled_seconds else None
    facts = [line(f"{run.percent} %"), line(f"{count(run.recorded)} of {count(run.total)}")]
    if rate:
        facts.append(line(f"{rate:,.0f}/min"))
    if end := ends_at(run, context):
        facts.append(line(f"{forecast(run.seconds_left)} left, {end}"))
    elif run.finished_at:
        facts.append(line((f"{run.state} {context.clock(run.finished_at)}", "muted")))
    room = width - cells - 4
    return [
        _first(run, context, width),
        line(" ", (bar(share, cells, context.glyphs), "accent"), "  ", pack(facts, room)),
        line(" ", _states(run, context, width - 2)),
        line(" ", phases_line(run, context, width - 2)),
    ]


def _states(run: RunView, context: RenderContext, width: int) -> Content:
    g = context.glyphs
    shown: list[Content] = []
    words: tuple[tuple[ChangeState, str, str, str], ...] = (
        (ChangeState.APPLIED, g.ok, "good", "applied"),
        (ChangeState.FAILED, g.bad, "bad", "failed"),
        (ChangeState.UNKNOWN, g.warn, "warn", "unknown"),
        (ChangeState.SKIPPED, g.ring, "muted", "skipped"),
        (ChangeState.SENDING, g.dot, "accent", "on their way"),
        (ChangeState.PLANNED, g.ring, "muted", "planned"),
    )
    for state, sign, style, word in words:
        number = run.changes.get(state, 0)
        if number or state is ChangeState.APPLIED:
            shown.append(line((sign, style), f" {count(number)} {word}"))
    used = f"{count(run.requests_write)} of {count(run.write_forecast)} requests sent"
    return pack([*shown, line((used, "muted"))], width, "   ")


def phases_line(run: RunView, context: RenderContext, width: int) -> Content:
    """The steps of the run in one line, each with its sign; those that are done with the time they took.

    A resumed run takes some of its steps again: those behind the one at work are still to come, however often they were
    taken before.
    """
    g = context.glyphs
    took_seconds = _seconds_of_steps(run)
    shown = [step for step in _STEPS if step is not Phase.CHECK_UNKNOWN or _is_worth_a_look(run, took_seconds)]
    now = shown.index(run.phase) if run.phase in shown else 0
    done = len(shown) if run.state is RunState.DONE else now
    at_work = run.state.active or run.state.waiting
    steps: list[Content] = []
    for place, step in enumerate(shown):
        if step is run.phase and run.state is not RunState.DONE:
            steps.append(line((g.dot, "accent") if at_work else sign_of(run, context), f" {phase_text(step)}"))
        elif step in took_seconds and place < done:
            seconds = took_seconds[step]
            took = f" {duration(seconds)}" if width >= Width.WIDE and seconds >= 1 else ""
            steps.append(line((g.ok, "good"), f" {phase_text(step)}", (took, "muted")))
        else:
            steps.append(line((f"{g.ring} {phase_text(step)}", "muted")))
    # On a narrow screen the steps to come go first, then the oldest; never the one at work.
    first, last = 0, len(steps)
    while (last > now + 1 or first < now) and _width_of_all(steps[first:last]) > width:
        first, last = (first, last - 1) if last > now + 1 else (first + 1, last)
    return pack(steps[first:last], width)


def _seconds_of_steps(run: RunView) -> Mapping[Phase, float]:
    """Returns the seconds of every step that was taken, all its times together."""
    taken: dict[Phase, float] = {}
    for entry in run.phases:
        taken[entry.phase] = taken.get(entry.phase, 0.0) + (entry.seconds or 0.0)
    return taken


def _is_worth_a_look(run: RunView, took_seconds: Mapping[Phase, float]) -> bool:
    """Whether what is unknown is being read, or took a while to read: every run takes this step, few find anything."""
    return run.phase is Phase.CHECK_UNKNOWN or took_seconds.get(Phase.CHECK_UNKNOWN, 0.0) >= 1


def _width_of_all(parts: Sequence[Content]) -> int:
    return sum(width_of(part) + 2 for part in parts) - 2


def now_line(run: RunView, waiting: Sequence[int], context: RenderContext, width: int) -> Content:
    """What this run waits for, and which other plans wait."""
    g = context.glyphs
    others = [number for number in waiting if number != run.id]
    tail = line((f"+{len(others)} waits: {', '.join(map(str, others[:3]))} ", "muted")) if others else line()
    if run.state.waiting:
        fresh = run.planned_at + context.fresh_for if run.planned_at else None
        until = "; its people are read again first"
        if fresh and fresh > context.now:
            until = f"; valid as it stands until {context.clock(fresh)}"
            if width >= Width.WIDE:
                until = f"; it can be applied as it stands until {context.clock(fresh)}, "
                until += "later its people are read again first"
        elif fresh and width >= Width.WIDE:
            until += f", it is over {_long(context.fresh_for)} old"
        if not run.total:
            until = ": nothing to do"
        return spread(line(" ", (g.arrow, "waits"), f" plan {run.id} waits for a yes{until}"), tail, width)
    sign, style = sign_of(run, context)
    newest = run.control_requests[-1] if run.control_requests else None
    wait = waits_for(run, context, width - width_of(tail) - len(f" ~ run {run.id} "))
    if wait and (newest is None or newest.done_at is not None):
        return spread(line(" ", (sign, style), f" run {run.id} {wait}"), tail, width)
    if newest is not None and run.state.active:
        stage = "done" if newest.done_at else "seen" if newest.seen_at else "asked"
        why = f', "{newest.reason}"' if newest.reason else ""
        asked = f" {newest.by_user} asked: {newest.verb}{why} ({context.clock(newest.asked_at)}), {stage}"
        return spread(line(" ", (sign, style), asked), tail, width)
    error = (run.error.message if run.error else "") or run.note
    return spread(line(" ", (sign, style), f" run {run.id} {_word(run)}", f": {error}" if error else ""), tail, width)


def _long(length: timedelta) -> str:
    """A length of time in whole minutes, or else in seconds."""
    minutes, rest = divmod(round(length.total_seconds()), 60)
    if rest or not minutes:
        return f"{round(length.total_seconds())} seconds"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
