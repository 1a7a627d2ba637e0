"""The subscribers of a plan: the list reads the database page by page, because a plan may hold a hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual import on
from textual.worker import Worker, WorkerState

from bema_tui.amounts import count
from bema_tui.errors import StoreError
from bema_tui.model import Purpose
from bema_tui.rules.wording.changes import heading
from bema_tui.store.snapshot.views import PlanRule, PlanSubscriber
from bema_tui.tui.format import folded, line
from bema_tui.tui.panels import plan as panel
from bema_tui.tui.ports import ConsoleApp
from bema_tui.tui.widgets.columns import Row
from bema_tui.tui.widgets.row_table import PAGE, RowTable

_SCAN: Final = 500
"""How many subscribers a search reads at once."""
_MATCHES: Final = 500
"""How many matches a search shows at most."""


class PlanSubscribers(RowTable):
    """The subscribers of one rule of a run, or of all; or those among them whose e-mail or name has a text."""

    def __init__(self, console_app: ConsoleApp, run_id: int) -> None:
        glyphs = console_app.render_context.glyphs
        super().__init__(panel.SUBSCRIBER_COLUMNS, id="subscribers", glyphs=glyphs, keeps_cursor=True)
        self._console_app = console_app
        self._run_id = run_id
        self._campaign = ""
        self._subscribers: dict[str, PlanSubscriber] = {}
        self._purpose: Purpose | None = None
        self._starts_again = False
        self._text = ""
        self._searched = 0

    @property
    def subscriber(self) -> PlanSubscriber | None:
        """The subscriber under the cursor, if their page is here."""
        return self._subscribers.get(self.cursor_key or "")

    def show_rule(self, rule: PlanRule | None, total: int, campaign: str) -> None:
        """Show the subscribers of a rule, or of all rules (None), page by page; only those with the filter's text."""
        self._campaign = campaign
        purpose = rule.purpose if rule else None
        other = purpose != self._purpose
        self._purpose = purpose
        if self._text:
            if other or total != self._searched:
                self._search_for(total)
            return
        name = heading(rule.purpose) if rule else "All people"
        self.title = line(f"{name}  {count(total)} people" if rule or total else "People")
        restart, self._starts_again = self._starts_again or other, False
        self.set_total(total, restart=restart)

    def search(self, text: str, total: int) -> None:
        """Show those among the rule's ``total`` subscribers who have this text; without one the list starts again."""
        self._text = text
        if text:
            self._search_for(total)
        else:
            self._starts_again = True

    def _search_for(self, total: int) -> None:
        self._searched = total
        self.run_worker(
            self._search(self._text, self._purpose, total),
            name="search",
            group="search",
            exclusive=True,
            exit_on_error=False,
        )

    async def _search(self, text: str, purpose: Purpose | None, total: int) -> None:
        """Go through the rule's subscribers, page by page, until there are enough matches."""
        wanted = folded(text)
        matches: list[PlanSubscriber] = []
        for offset in range(0, total, _SCAN):
            page = await self._console_app.reader.plan_subscribers(self._run_id, purpose, offset, _SCAN)
            matches += [
                subscriber
                for subscriber in page
                if wanted in folded(subscriber.email) or wanted in folded(subscriber.name)
            ]
            if len(matches) >= _MATCHES or not page:
                break
        if (self._text, self._purpose) != (text, purpose):
            return
        more = " or more" if len(matches) >= _MATCHES else ""
        shown = matches[:_MATCHES]
        self.title = line(f"{count(len(shown))}{more} of {count(total)} match {text!r}")
        self.set_rows(self._rows_of(shown))
        self._forget_others()

    @on(RowTable.PageWanted)
    def _page_wanted(self, event: RowTable.PageWanted) -> None:
        event.stop()
        offset = event.offset
        page = self._read_page(self._purpose, offset)
        self.run_worker(page, name=f"people from {offset}", group="subscribers", exit_on_error=False)

    async def _read_page(self, purpose: Purpose | None, offset: int) -> None:
        try:
            subscribers = await self._console_app.reader.plan_subscribers(self._run_id, purpose, offset, PAGE)
        except StoreError:
            self.page_failed(offset)
            raise
        if purpose != self._purpose or self._text:
            return
        self.set_page(offset, self._rows_of(subscribers))
        self._forget_others()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A page or a search that failed is shown like any other work that fails beside the screen."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._console_app.work_failed(event.worker.name, event.worker.error)

    def _rows_of(self, subscribers: Sequence[PlanSubscriber]) -> list[Row]:
        """Returns the rows of these subscribers, and keeps the subscribers."""
        self._subscribers.update((panel.subscriber_key(subscriber), subscriber) for subscriber in subscribers)
        return [
            panel.subscriber_row(subscriber, self._campaign, self._console_app.render_context)
            for subscriber in subscribers
        ]

    def _forget_others(self) -> None:
        """Forget the subscribers whose rows the table no longer holds; one whose row it holds is not asked for."""
        here = self.keys_here
        self._subscribers = {key: subscriber for key, subscriber in self._subscribers.items() if key in here}
