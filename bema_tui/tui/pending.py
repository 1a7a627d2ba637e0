"""Actions that wait for an answer: what a key wants, the question before it, and the same action with a yes; pure."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from bema_tui.model import Lock
from bema_tui.operations import questions
from bema_tui.operations.possible import Operation
from bema_tui.operations.questions import Question, Viewer
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.actions import Act

OTHER: Final = "anew"
"""The button of a question that stands for what is offered beside it."""


@frozen
class Leave:
    """The console is to be left although runs of its own go on: they are stopped first."""


@frozen
class Pending:
    """What a key wants, and what is asked first."""

    action: Act | Leave
    """What happens after a yes."""
    question: Question | None = None
    """What is asked; None where the key itself is the yes."""
    other: Act | None = None
    """What the question offers beside it."""

    def confirmed(self, button: str, reason: str = "") -> Confirmed:
        """Returns what somebody said yes to by this button."""
        other = self.other if button == OTHER else None
        return Confirmed(other or self.action, reason)


@frozen
class Confirmed:
    """What is to be carried out: the very value that was asked about."""

    action: Act | Leave
    """What somebody said yes to."""
    reason: str = ""
    """Why, in their words; empty where they did not say."""


def question_before(
    action: Act, viewer: Viewer, *, run: RunView | None = None, lock: Lock | None = None, other: Act | None = None
) -> Question | None:
    """Returns what is asked before this action. ``run`` is the one that it goes to, or that its ``lock`` belongs to."""
    operation = action.operation
    if lock is not None:
        if operation is Operation.FORCE:
            return questions.force(lock, run, viewer)
        return questions.release(lock, run, viewer) if operation is Operation.RELEASE else None
    if run is None:
        return None
    if operation is Operation.RESUME:
        return questions.resume(run, viewer, anew=other is not None)
    if operation is Operation.STOP:
        return questions.stop(run, viewer)
    if operation is Operation.DISCARD:
        return questions.discard(run, viewer)
    return questions.apply(run, viewer.mode) if operation is Operation.APPLY else None
