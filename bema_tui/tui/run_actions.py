"""What the action keys do to the row under the cursor: ask where asking is due, then hand it to the backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bema_tui.control import ControlVerb
from bema_tui.model import Lock
from bema_tui.operations import possible, questions
from bema_tui.operations.possible import Operation
from bema_tui.operations.questions import Question
from bema_tui.run_records import RunKind
from bema_tui.store.snapshot.views import CampaignView, RunView, Snapshot
from bema_tui.tui import actions
from bema_tui.tui.actions import Target
from bema_tui.tui.panels.activity import run_of as run_of_activity
from bema_tui.tui.screens.sheets import Answer, QuestionSheet
from bema_tui.tui.widgets.row_table import RowTable

if TYPE_CHECKING:
    from bema_tui.tui.screens.base import ConsoleScreen

    _Screen = ConsoleScreen
else:
    _Screen = object


class RunActions(_Screen):
    """A mixin for screens: each action takes its target when the key is pressed and keeps it by its key."""

    def target(self) -> Target | None:
        """The row that the keys mean now."""
        return None

    def put_question(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        """Ask over the bottom of the screen, or above when the row is there."""
        table = self.focused
        row = table.cursor_line if isinstance(table, RowTable) else None
        self.app.push_screen(QuestionSheet(question, row), answered)

    def _possible(self, run: RunView) -> frozenset[Operation]:
        return possible.of_run(run, read_only=self.render_context.read_only)

    def _campaign(self, snapshot: Snapshot) -> CampaignView | None:
        target = self.target()
        return actions.campaign_of(snapshot, target.key) if target and target.kind == "campaign" else None

    def _run(self, snapshot: Snapshot) -> RunView | None:
        target = self.target()
        if target is None:
            return None
        if target.kind == "run":
            return actions.run_of(snapshot, int(target.key))
        campaign = self._campaign(snapshot)
        return actions.run_of(snapshot, campaign.active_run) if campaign else None

    def _lock(self, snapshot: Snapshot) -> Lock | None:
        target = self.target()
        if target is not None and target.kind == "lock":
            return actions.lock_of(snapshot, target.key)
        campaign = self._campaign(snapshot)
        return campaign.lock if campaign else None

    def open_target(self, target: Target) -> None:
        """Enter: show more of the row, change nothing."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        if target.kind == "run":
            self.bema.open_run(int(target.key))
        elif target.kind == "campaign":
            self._open_campaign(snapshot, target.key)
        elif target.kind == "lock":
            lock = actions.lock_of(snapshot, target.key)
            if lock is not None:
                since = self.render_context.clock(lock.since)
                note = f"{lock.note}, " if lock.note else ""
                self.say(f"{lock.id}: {note}{lock.holder}, {lock.operation} since {since}, token {lock.token}")
        elif target.kind == "activity" and (number := run_of_activity(snapshot, target.key)) is not None:
            self.bema.open_run(number)
        elif target.kind == "finding":
            self._open_finding(snapshot, target.key)

    def _open_campaign(self, snapshot: Snapshot, code: str) -> None:
        campaign = actions.campaign_of(snapshot, code)
        newest = actions.newest_run(snapshot, code)
        number = campaign and (campaign.active_run or campaign.waiting_run or (newest and newest.id))
        if number:
            self.bema.open_run(number)
        else:
            self.say(f"{code} has no run to show yet")

    def _open_finding(self, snapshot: Snapshot, rule: str) -> None:
        finding = next((finding for finding in snapshot.newest_findings if finding.rule == rule), None)
        if finding is None:
            self.say("4 Findings is not in this version; bema-tui findings lists them")
        else:
            self.say(f"{finding.subject}: {finding.message}. {finding.advice}")

    def action_sync(self) -> None:
        """``s``: open the plan that waits, offer to resume what stopped, or plan anew and show it."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        run = self._run(snapshot)
        campaign = self._campaign(snapshot)
        if campaign is not None:
            self._sync_campaign(snapshot, campaign)
        elif run is not None and run.state.waiting:
            self.bema.open_run(run.id)
        elif run is not None and Operation.RESUME in self._possible(run):
            self.offer_resume(run, anew=None)

    def _sync_campaign(self, snapshot: Snapshot, campaign: CampaignView) -> None:
        if campaign.waiting_run is not None:
            self.bema.open_run(campaign.waiting_run)
            return
        read_only = self.render_context.read_only
        can_start = Operation.SYNC in possible.of_campaign(campaign, read_only=read_only)
        unfinished = actions.to_resume(snapshot, campaign.code, read_only=read_only)
        if unfinished is not None:
            self.offer_resume(unfinished, anew=campaign.code if can_start else None)
        elif can_start:
            self.bema.start_sync(campaign.code)

    def offer_resume(self, run: RunView, *, anew: str | None) -> None:
        """Ask whether to take up a stopped or lost run; ``anew`` offers a new plan beside it."""

        def answered(answer: Answer | None) -> None:
            if answer is None:
                return
            if answer.button == "anew" and anew is not None:
                self.bema.start_sync(anew)
                return
            self.bema.ask_backend(f"run {run.id} is taken up again", lambda backend: backend.resume(run.id))

        self.put_question(questions.resume(run, self.render_context, anew=anew is not None), answered)

    def action_plan(self) -> None:
        """``d``: make a plan and stay here."""
        target = self.target()
        if target is None or target.kind != "campaign":
            return
        code = target.key
        self.bema.ask_backend(f"plan of {code} begins", lambda backend: backend.start(code, kind=RunKind.PLAN))

    def action_stop(self) -> None:
        """``x``: ask a run to stop, or throw a waiting plan away."""
        run = self._run(self.snapshot) if self.snapshot else None
        if run is None:
            return
        if Operation.DISCARD in self._possible(run):
            self._discard(run)
            return
        if Operation.STOP not in self._possible(run):
            return

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                text = f"run {run.id}: stop asked{actions.asleep(self.snapshot, run)}"
                self.bema.ask_backend(text, lambda backend: backend.ask(run.id, ControlVerb.STOP, answer.reason))

        self.put_question(questions.stop(run, self.render_context), answered)

    def _discard(self, run: RunView) -> None:
        def answered(answer: Answer | None) -> None:
            if answer is not None:
                text = f"plan {run.id} is discarded"
                self.bema.ask_backend(text, lambda backend: backend.discard(run.id))

        self.put_question(questions.discard(run, self.render_context), answered)

    def action_pause(self) -> None:
        """``p``: pause the run, or let it go on."""
        run = self._run(self.snapshot) if self.snapshot else None
        if run is None:
            return
        verb = actions.pause_verb(run)
        if possible.CONTROL[verb] not in self._possible(run):
            return
        text = f"run {run.id}: {verb} asked{actions.asleep(self.snapshot, run)}"
        self.bema.ask_backend(text, lambda backend: backend.ask(run.id, verb, ""))

    def action_release(self) -> None:
        """``r``: release a lock whose holder is gone."""
        self._release(Operation.RELEASE)

    def action_force(self) -> None:
        """``R``: release a live or quiet lock."""
        self._release(Operation.FORCE)

    def _release(self, operation: Operation) -> None:
        snapshot = self.snapshot
        lock = self._lock(snapshot) if snapshot else None
        if snapshot is None or lock is None:
            return
        if operation not in possible.of_lock(lock, read_only=self.render_context.read_only):
            return
        force = operation is Operation.FORCE
        run = actions.run_of(snapshot, lock.run)

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.bema.ask_backend(
                    f"lock {lock.id} is released",
                    lambda backend: backend.release(lock.id, reason=answer.reason, force=force),
                )

        question = (
            questions.force(lock, run, self.render_context)
            if force
            else questions.release(lock, run, self.render_context)
        )
        self.put_question(question, answered)
