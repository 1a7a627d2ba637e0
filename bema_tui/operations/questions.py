"""What is asked before an operation, and what is said to happen: pure, so that every word of it is tested.

A front end draws the question; which facts, which answers and what must be typed is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from attrs import field, frozen

from bema_tui.amounts import ago, count, duration, forecast
from bema_tui.bounds import NUMBER_FROM, NUMBER_SHARE
from bema_tui.model import ChangeState, Lock, LockState, Mode
from bema_tui.operations.marked_text import Line, MarkedText, Sign, Tone
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.rules.wording.phases import phase_text
from bema_tui.store.snapshot.views import RunView
from bema_tui.waits import stalled_words

SAFE_POINT_SECONDS: Final = 10.0
"""How long a safe point is waited for before whoever leaves the console is asked again."""


class Viewer(Protocol):
    """Who is asked, and when."""

    @property
    def now(self) -> datetime:
        """The present moment."""
        ...

    @property
    def me(self) -> str:
        """The user's name."""
        ...

    @property
    def mode(self) -> Mode:
        """Whether real people can be mailed from here."""
        ...

    def clock(self, moment: datetime | None) -> str:
        """A moment in the viewer's local time."""
        ...


@frozen
class Button:
    """One answer that acts."""

    id: str
    """What comes back."""
    label: str
    """What stands on it."""


@frozen
class Question:
    """A question before an operation. The safe answer is first and has the focus."""

    title: str
    """What is asked, in one line."""
    lines: tuple[Line, ...]
    """The facts, and what will happen."""
    safe: str
    """The answer that changes nothing."""
    buttons: tuple[Button, ...]
    """The answers that act."""
    reason: str | None = None
    """The label of the field for a reason; None where no reason is asked."""
    reason_needed: bool = False
    """Whether no answer acts without a reason."""
    typed: str = ""
    """The text that must be typed before an answer acts."""
    typed_label: str = ""
    """The label of the field for that text."""
    rest: str = field(default="nothing is changed yet")
    """How things stand as long as nobody has answered."""


def needs_number(run: RunView) -> bool:
    """Whether a yes to this plan is the typed number of its changes."""
    share = run.subscribers / run.members if run.members else 0.0
    return run.total > NUMBER_FROM or share > NUMBER_SHARE


def left_to_do(run: RunView) -> int:
    """The ledger rows that a stop leaves planned."""
    return run.changes.get(ChangeState.PLANNED, 0)


def release(lock: Lock, run: RunView | None, viewer: Viewer) -> Question:
    """Release a lock whose holder is gone, or may be."""
    late = ago(viewer.now, lock.last_beat)
    if lock.state is LockState.DEAD:
        facts: tuple[Line, ...] = (
            (f"  {lock.holder} is gone: ", MarkedText(Sign.BAD, "dead", Tone.BAD), ", proved on this machine."),
            (f"  It gave its last sign of life at {viewer.clock(lock.last_beat)}, {late}.",),
        )
    else:
        facts = (
            (f"  {lock.holder} gave its last sign of life at {viewer.clock(lock.last_beat)}, {late}.",),
            (
                "  Its lease is over: ",
                MarkedText(Sign.WARNING, str(lock.state), Tone.WARNING),
                ". Whether it still lives can't be seen from this machine.",
            ),
        )
    return Question(
        f"Release lock {lock.id} on {lock.key}?",
        (*facts, ("  If you release it:",), *_after_release(lock, run)),
        "Keep the lock",
        (Button("act", f"Release {lock.id}"),),
        reason="Reason",
        reason_needed=True,
    )


def force(lock: Lock, run: RunView | None, viewer: Viewer) -> Question:
    """Release a lock whose holder is at work, or was a moment ago."""
    seconds = max(0, int((viewer.now - lock.last_beat).total_seconds()))
    word = "is at work" if lock.state is LockState.LIVE else "is quiet"
    first = f"  Ask {lock.holder.user} first, or press x on the run: it stops at a safe point."
    if lock.suspended:
        word = "is suspended"
        first = f"  Ask {lock.holder.user} first: it goes on with kill -CONT {lock.holder.pid}, and obeys x then."
    done = "" if run is None else f"{run.percent} %" if run.total else phase_text(run.phase)
    on_run = f", run {run.id}, {done}" if run is not None else ""
    return Question(
        f"Release the {lock.state.upper()} lock {lock.id} on {lock.key}?",
        (
            (
                "  ",
                MarkedText(Sign.BAD, "", Tone.BAD),
                f" {lock.holder} {word}: last sign of life {seconds}s ago{on_run}.",
            ),
            (first,),
            ("  If you release it:",),
            *_after_release(lock, run),
        ),
        "Keep the lock",
        (Button("act", f"Release {lock.id}"),),
        reason="Reason",
        reason_needed=True,
        typed=lock.id,
        typed_label=f"Type {lock.id}",
    )


def _after_release(lock: Lock, run: RunView | None) -> tuple[Line, ...]:
    points: list[str] = []
    if run is not None and run.total:
        done = run.changes.get(ChangeState.APPLIED, 0)
        under_way = run.changes.get(ChangeState.SENDING, 0) + run.changes.get(ChangeState.UNKNOWN, 0)
        points.append(f"run {run.id}: {count(done)} changes stay done, {count(left_to_do(run))} stay planned")
        if under_way:
            points.append(f"{count(under_way)} on their way: read back from MailerLite on resume")
    elif run is not None:
        points.append(f"run {run.id} ends; nothing of it was written")
    if lock.state.releasable or lock.suspended:
        points.append(f"if process {lock.holder.pid} wakes up, its next write is refused")
    else:
        points.append(f"the next write of process {lock.holder.pid} is refused")
    return tuple(("  ", MarkedText(Sign.POINT), f" {point}") for point in points)


def stop(run: RunView, viewer: Viewer) -> Question:
    """Stop a run at its next safe point."""
    planned = count(left_to_do(run))
    facts: tuple[Line, ...] = (
        (f"  It finishes the request on its way ({phase_text(run.phase)}), stops, and frees its lock.",),
        (f"  What is done stays done; {planned} changes stay planned. One key resumes it.",),
    )
    if not run.total:
        facts = (facts[0], ("  It is still planning: nothing was written outside.",))
    by = "" if run.by_user == viewer.me else f" of {run.by_user}@{run.host}"
    return Question(
        f"Stop run {run.id}{by} on {run.campaign}?",
        facts,
        "Let it go on",
        (Button("act", f"Stop run {run.id}"),),
        reason="Reason (optional)",
    )


def discard(run: RunView, viewer: Viewer) -> Question:
    """Throw a waiting plan away."""
    by = "you" if run.by_user == viewer.me else run.by_user
    when = viewer.clock(run.planned_at)
    return Question(
        f"Discard plan {run.id} on {run.campaign}?",
        (
            (f"  Made by {by} at {when}: {count(run.total)} changes for {count(run.subscribers)} people.",),
            ("  Nothing of it was written. A new plan reads both sides again.",),
        ),
        "Keep the plan",
        (Button("act", f"Discard plan {run.id}"),),
    )


def resume(run: RunView, viewer: Viewer, *, anew: bool) -> Question:
    """Go on with a stopped, lost or failed run from its ledger; ``anew`` offers a new plan beside it."""
    unknown = run.changes.get(ChangeState.UNKNOWN, 0) + run.changes.get(ChangeState.SENDING, 0)
    done = run.changes.get(ChangeState.APPLIED, 0)
    facts: list[Line] = [(f"  {count(done)} changes are done, {count(left_to_do(run))} are still planned.",)]
    if unknown:
        facts.append((f"  {count(unknown)} may be done or not: they are read back from MailerLite first.",))
    facts.append(("  Rows that rest on an old read are read again before they are sent.",))
    buttons = [Button("act", f"Resume run {run.id}")]
    if anew:
        buttons.append(Button("anew", "Plan anew"))
    return Question(
        f"Resume run {run.id} on {run.campaign} ({run.state}) with {viewer.mode} MailerLite?",
        tuple(facts),
        "Not now",
        tuple(buttons),
    )


def apply(run: RunView, mode: Mode) -> Question | None:
    """Say yes to a plan that is over the limits, by typing its number; None where the plan itself is the question."""
    if not needs_number(run):
        return None
    many = f"{count(run.total)} changes for {count(run.subscribers)} people, {count(run.write_forecast)} requests, "
    why = f"More than {count(NUMBER_FROM)} changes"
    if run.total <= NUMBER_FROM:
        why = f"More than {NUMBER_SHARE * 100:.0f} % of the members"
    return Question(
        f"Apply plan {run.id} to {mode} MailerLite?",
        ((f"  {many}{forecast(run.seconds_forecast)}.",), (f"  {why}: type the number of changes.",)),
        "Not now",
        (Button("act", f"Apply {count(run.total)}"),),
        typed=str(run.total),
        typed_label="Number",
        rest="nothing is written yet",
    )


def leave(own: Sequence[RunView], number: int) -> Question:
    """Leave while ``number`` runs of this console go on; ``own`` are those of them that the snapshot shows."""
    what = "1 run of this console is going on" if number == 1 else f"{number} runs of this console are going on"
    facts: list[Line] = [
        ("  ", MarkedText(Sign.ACTIVE, "", Tone.ACCENT), f" {run.id} {run.kind} {run.campaign}   {_progress(run)}")
        for run in own[:4]
    ]
    facts.append(("  Stopped at a safe point: what is done stays done, its lock is released, s resumes it.",))
    return Question(f"Quit? {what}", tuple(facts), "Stay here", (Button("act", "Stop at a safe point, then quit"),))


def _progress(run: RunView) -> str:
    if not run.total:
        return f"{phase_text(run.phase)}, nothing written yet"
    how = stalled_words(run.stalled_seconds) if run.stalled_seconds else f"{forecast(run.seconds_left)} left"
    return f"{run.percent} %, {how}, {count(left_to_do(run))} changes still planned"


def leave_late(own: Sequence[int]) -> Question:
    """The safe point did not come in time."""
    names, waited = ", ".join(str(run) for run in own), duration(SAFE_POINT_SECONDS)
    return Question(
        "Quit without the safe point?",
        (
            (f"  Run {names} has not reached its safe point in {waited}; the stop is still asked for.",),
            (f"  Leaving now abandons the request on its way: up to {MOST_ITEMS} changes may be done or not.",),
            ("  They are read back from MailerLite on resume.",),
        ),
        "Wait",
        (Button("act", "Quit now"),),
    )
