"""What the sheets ask, and what they say will happen: pure, so that every word of it is tested."""

from __future__ import annotations

from attrs import field, frozen
from textual.content import Content

from bema_tui.model import ChangeState, Lock, LockState
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.actions import left_to_do, needs_number
from bema_tui.tui.format import ago, count, forecast, line
from bema_tui.tui.render_context import RenderContext


@frozen
class Button:
    """One answer; ``id`` comes back. The safe one is first and has the focus."""

    id: str
    label: str


@frozen
class Question:
    """A question over the bottom of the screen.

    ``reason`` is None where no reason is asked; ``reason_needed`` keeps the acting button off without one. ``typed``
    is the text that must be typed before it acts.
    """

    title: str
    lines: tuple[Content, ...]
    safe: str
    buttons: tuple[Button, ...]
    reason: str | None = None
    reason_needed: bool = False
    typed: str = ""
    typed_label: str = ""
    rest: str = field(default="nothing is changed yet")


def release(lock: Lock, run: RunView | None, context: RenderContext) -> Question:
    """Release a lock whose holder is gone, or may be."""
    g = context.glyphs
    late = ago(context.now, lock.last_beat)
    if lock.state is LockState.DEAD:
        facts: tuple[Content, ...] = (
            line(f"  {lock.holder} is gone: ", (f"{g.bad} dead", "bad"), ", proved on this machine."),
            line(f"  Its last beat was at {context.clock(lock.last_beat)}, {late}."),
        )
    else:
        facts = (
            line(f"  {lock.holder} has not beaten since {context.clock(lock.last_beat)}, {late}."),
            line(
                "  Its lease is over: ",
                (f"{g.warn} {lock.state}", "warn"),
                ". Whether it still lives can't be seen from this machine.",
            ),
        )
    return Question(
        f"Release lock {lock.id} on {lock.key}?",
        (*facts, line("  If you release it:"), *_after_release(lock, run, context)),
        "Keep the lock",
        (Button("act", f"Release {lock.id}"),),
        reason="Reason",
        reason_needed=True,
    )


def force(lock: Lock, run: RunView | None, context: RenderContext) -> Question:
    """Release a lock whose holder is at work, or was a moment ago."""
    g = context.glyphs
    seconds = max(0, int((context.now - lock.last_beat).total_seconds()))
    word = "is at work" if lock.state is LockState.LIVE else "is quiet"
    on_run = f", run {run.id}, {run.percent} %" if run is not None else ""
    return Question(
        f"Release the {lock.state.upper()} lock {lock.id} on {lock.key}?",
        (
            line(("  " + g.bad, "bad"), f" {lock.holder} {word}: last beat {seconds}s ago{on_run}."),
            line(f"  Ask {lock.holder.user} first, or press x on the run: it stops at a safe point."),
            line("  If you release it:"),
            *_after_release(lock, run, context),
        ),
        "Keep the lock",
        (Button("act", f"Release {lock.id}"),),
        reason="Reason",
        reason_needed=True,
        typed=lock.id,
        typed_label=f"Type {lock.id}",
    )


def _after_release(lock: Lock, run: RunView | None, context: RenderContext) -> tuple[Content, ...]:
    dot = f"  {context.glyphs.note} "
    made: list[Content] = []
    if run is not None and run.total:
        done = run.changes.get(ChangeState.APPLIED, 0)
        under_way = run.changes.get(ChangeState.SENDING, 0) + run.changes.get(ChangeState.UNKNOWN, 0)
        made.append(line(f"{dot}run {run.id}: {count(done)} changes stay done, {count(left_to_do(run))} stay planned"))
        if under_way:
            made.append(line(f"{dot}{count(under_way)} on their way: read back from MailerLite on resume"))
    elif run is not None:
        made.append(line(f"{dot}run {run.id} ends; nothing of it was written"))
    made.append(line(f"{dot}should process {lock.holder.pid} wake, its next write is refused (token {lock.token})"))
    return tuple(made)


def stop(run: RunView, context: RenderContext) -> Question:
    """Stop a run at its next safe point."""
    planned = count(left_to_do(run))
    facts: tuple[Content, ...] = (
        line(f"  It finishes the request on its way ({run.phase}), stops, and frees its lock."),
        line(f"  What is done stays done; {planned} changes stay planned. One key resumes it."),
    )
    if not run.total:
        facts = (facts[0], line("  It is still planning: nothing was written outside."))
    by = "" if run.by_user == context.me else f" of {run.by_user}@{run.host}"
    return Question(
        f"Stop run {run.id}{by} on {run.campaign}?",
        facts,
        "Let it go on",
        (Button("act", f"Stop run {run.id}"),),
        reason="Reason (optional)",
    )


def discard(run: RunView, context: RenderContext) -> Question:
    """Throw a waiting plan away."""
    by = "you" if run.by_user == context.me else run.by_user
    when = ago(context.now, run.planned_at)
    return Question(
        f"Discard plan {run.id} on {run.campaign}?",
        (
            line(f"  Made by {by} {when}: {count(run.total)} changes for {count(run.people)} people."),
            line("  Nothing of it was written. A new plan reads both sides again."),
        ),
        "Keep the plan",
        (Button("act", f"Discard plan {run.id}"),),
    )


def resume(run: RunView, context: RenderContext, *, anew: bool) -> Question:
    """Take up a stopped, lost or failed run from its ledger."""
    unknown = run.changes.get(ChangeState.UNKNOWN, 0) + run.changes.get(ChangeState.SENDING, 0)
    done = run.changes.get(ChangeState.APPLIED, 0)
    facts = [line(f"  {count(done)} changes are done, {count(left_to_do(run))} are still planned.")]
    if unknown:
        facts.append(line(f"  {count(unknown)} may be done or not: they are read back from MailerLite first."))
    facts.append(line("  Rows that rest on an old read are read again before they are sent."))
    buttons = [Button("act", f"Resume run {run.id}")]
    if anew:
        buttons.append(Button("anew", "Plan anew"))
    return Question(
        f"Resume run {run.id} on {run.campaign} ({run.state}) with {context.mode} MailerLite?",
        tuple(facts),
        "Not now",
        tuple(buttons),
    )


def apply(run: RunView, context: RenderContext) -> Question:
    """Say yes to a plan that is over the limits, by typing its number."""
    many = f"{count(run.total)} changes for {count(run.people)} people, {count(run.write_forecast)} requests, "
    why = "More than 1,000 changes" if run.total > 1000 else "More than 20 % of the members"
    return Question(
        f"Apply plan {run.id} to {context.mode} MailerLite?",
        (line(f"  {many}{forecast(run.seconds_forecast)}."), line(f"  {why}: type the number of changes.")),
        "Not now",
        (Button("act", f"Apply {count(run.total)}"),),
        typed=str(run.total),
        typed_label="Number" if needs_number(run) else "",
        rest="nothing is written yet",
    )


def quit_now(own: tuple[RunView, ...], context: RenderContext) -> Question:
    """Leave while runs of this console go on."""
    number = len(own)
    what = "1 run of this console is going on" if number == 1 else f"{number} runs of this console are going on"
    facts = [
        line(("  " + context.glyphs.dot, "accent"), f" {run.id} {run.kind} {run.campaign}   {_progress(run)}")
        for run in own[:4]
    ]
    facts.append(line("  Stopped at a safe point: what is done stays done, its lock is released, s resumes it."))
    return Question(f"Quit? {what}", tuple(facts), "Stay here", (Button("act", "Stop at a safe point, then quit"),))


def _progress(run: RunView) -> str:
    if not run.total:
        return f"{run.phase}, nothing written yet"
    return f"{run.percent} %, {forecast(run.seconds_left)} left, {count(left_to_do(run))} changes still planned"


def quit_late(own: tuple[int, ...], context: RenderContext) -> Question:  # noqa: ARG001
    """The safe point did not come in time."""
    names = ", ".join(str(run) for run in own)
    return Question(
        "Quit without the safe point?",
        (
            line(f"  Run {names} has not reached its safe point in 10s; the stop is still asked for."),
            line("  Leaving now abandons the request on its way: up to 50 changes may be done or not."),
            line("  They are read back from MailerLite on resume."),
        ),
        "Wait",
        (Button("act", "Quit now"),),
    )
