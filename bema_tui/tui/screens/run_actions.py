"""What the keys do to the row under the cursor: they take it when they are pressed, and hand it to the app."""

from __future__ import annotations

from bema_tui.model import Lock
from bema_tui.store.snapshot.views import RunView, Snapshot
from bema_tui.tui import actions
from bema_tui.tui.actions import Act, Offer, OpenRun, Target, TargetKind
from bema_tui.tui.keys import BY_ID
from bema_tui.tui.panels.activity import run_of_entry
from bema_tui.tui.pending import Pending, question_before
from bema_tui.tui.screens.base import ConsoleScreen
from bema_tui.tui.why_not import lock_meant, run_meant, why_not, why_not_here
from bema_tui.tui.widgets.row_table import RowTable


class RunActions(ConsoleScreen):
    """A screen whose keys act on campaigns, runs and locks."""

    def target(self) -> Target | None:
        """Returns the row that the keys mean now."""
        return None

    def run_shown(self, number: int | None) -> RunView | None:
        """Returns a run as this screen shows it."""
        return actions.find_run(self.snapshot, number) if self.snapshot is not None else None

    def run_meant(self, snapshot: Snapshot) -> RunView | None:
        """Returns the run that the keys mean now."""
        return run_meant(snapshot, self.target())

    def action_act(self, key: str) -> None:
        """Do what this key offers now, or say why it does nothing."""
        offer = self.offers().get(key)
        if offer is None:
            self._tell_why_not(key)
            return
        if isinstance(offer.action, OpenRun):
            self.console_app.open_run(offer.action.run)
        elif offer.action is not None:
            table = self.focused
            row = table.cursor_line if isinstance(table, RowTable) else None
            self.console_app.submit(self._pending(offer, offer.action), row)

    def _tell_why_not(self, key: str) -> None:
        snapshot, context = self.snapshot, self.render_context
        if elsewhere := why_not_here(BY_ID[key], self.key_set):
            self.say(elsewhere)
        elif snapshot is not None:
            lock = lock_meant(snapshot, self.target())
            self.say(why_not(BY_ID[key], self.run_meant(snapshot), lock, context.now, read_only=context.read_only))

    def _pending(self, offer: Offer, action: Act) -> Pending:
        lock: Lock | None = None
        run: RunView | None = None
        if action.target.kind is TargetKind.LOCK:
            lock = actions.find_lock(self.snapshot, action.target.key) if self.snapshot is not None else None
            run = self.run_shown(lock.run) if lock is not None else None
        elif action.target.kind is TargetKind.RUN:
            run = self.run_shown(int(action.target.key))
        question = question_before(action, self.render_context, run=run, lock=lock, other=offer.other)
        return Pending(action, question, offer.other)

    def open_target(self, target: Target) -> None:
        """Enter: show more of the row, change nothing."""
        snapshot = self.snapshot
        if snapshot is None:
            return
        match target.kind:
            case TargetKind.RUN:
                self.console_app.open_run(int(target.key))
            case TargetKind.CAMPAIGN:
                self._open_campaign(snapshot, target.key)
            case TargetKind.LOCK:
                self._tell_lock(snapshot, target.key)
            case TargetKind.ACTIVITY:
                number = run_of_entry(snapshot, target.key)
                if number is not None:
                    self.console_app.open_run(number)
            case TargetKind.FINDING:
                self._tell_finding(snapshot, target.key)

    def _open_campaign(self, snapshot: Snapshot, code: str) -> None:
        campaign = actions.campaign_of(snapshot, code)
        newest = actions.newest_run(snapshot, code)
        number = campaign and (campaign.active_run or campaign.waiting_run or (newest and newest.id))
        if number:
            self.console_app.open_run(number)
        else:
            self.say(f"{code} has no run to show yet")

    def _tell_lock(self, snapshot: Snapshot, lock_id: str) -> None:
        lock = actions.find_lock(snapshot, lock_id)
        if lock is not None:
            since = self.render_context.clock(lock.since)
            note = f"{lock.note}, " if lock.note else ""
            self.say(f"{lock.id}: {note}{lock.holder}, {lock.operation} since {since}, number {lock.token}")

    def _tell_finding(self, snapshot: Snapshot, rule: str) -> None:
        finding = next((finding for finding in snapshot.newest_findings if finding.rule == rule), None)
        if finding is None:
            self.say(f"bema-tui findings --rule {rule} lists them")
        else:
            self.say(f"{rule}: {finding.text}")
