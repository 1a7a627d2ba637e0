"""Screen 1: whether all is well, and everything that goes on, in one look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.widgets import Input

from bema_tui.store.snapshot.views import CampaignView, Snapshot
from bema_tui.tui import actions, layout
from bema_tui.tui.actions import Offer, Offers, Target, TargetKind
from bema_tui.tui.format import line
from bema_tui.tui.keys import OVERVIEW, bindings
from bema_tui.tui.layout import Width
from bema_tui.tui.panels import activity, campaigns, findings, gauges, locks, needs, runs
from bema_tui.tui.ports import ConsoleApp
from bema_tui.tui.screens.filtered import FilteredScreen
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.answer import AnswerLine
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.row_table import RowTable
from bema_tui.tui.widgets.titles import title_rule

_KINDS = {
    "campaigns": TargetKind.CAMPAIGN,
    "runs": TargetKind.RUN,
    "locks": TargetKind.LOCK,
    "findings": TargetKind.FINDING,
    "activity": TargetKind.ACTIVITY,
}
"""What the rows of each panel stand for."""


class Overview(FilteredScreen):
    """The Overview."""

    CSS_PATH = style_sheet("overview")
    BINDINGS: ClassVar[list[BindingType]] = bindings(OVERVIEW)
    key_set = OVERVIEW
    number = 1

    def __init__(self, console_app: ConsoleApp) -> None:
        glyphs = console_app.render_context.glyphs
        shown_campaigns = RowTable(campaigns.COLUMNS, id="campaigns", glyphs=glyphs, keeps_cursor=True)
        super().__init__(console_app, shown_campaigns, "code or album")
        self.campaigns = shown_campaigns
        self.answer = AnswerLine(id="answer")
        self.gauges = Lines(id="gauges")
        self.stats = Lines(id="stats")
        self.operators = Lines(id="operators")
        self.runs = RowTable(runs.COLUMNS, id="runs", glyphs=glyphs)
        self.findings = RowTable(findings.COLUMNS, id="findings", glyphs=glyphs)
        self.newest = RowTable(findings.NEWEST_COLUMNS, id="newest", glyphs=glyphs)
        self.locks = RowTable(locks.COLUMNS, id="locks", glyphs=glyphs)
        self.activity = RowTable(activity.COLUMNS, id="activity", glyphs=glyphs)
        self.activity.header = False
        self.activity.title, self.activity.title_right = line("Activity"), line()
        self.newest.title = line("Newest findings")
        self.newest.can_focus = False
        for table, empty in (
            (self.campaigns, campaigns.EMPTY),
            (self.runs, runs.EMPTY),
            (self.findings, findings.EMPTY),
            (self.locks, locks.EMPTY),
            (self.activity, activity.EMPTY),
        ):
            table.empty = empty

    def compose(self) -> ComposeResult:
        yield from (self.top, self.tabs, self.small, self.gauges, self.campaigns, self.stats, self.runs)
        yield from (self.findings, self.newest, self.locks, self.operators, self.activity, self.answer)
        yield from (self.key_line, self.filter)

    def regions(self, size: Size) -> Mapping[str, Region]:
        return layout.overview(size)

    def on_mount(self) -> None:
        super().on_mount()
        self.campaigns.focus()

    def _fit(self) -> None:
        """Choose how dense each table is drawn at this width."""
        narrow = self.size.width < Width.WIDE
        self.runs.header = self.locks.header = self.findings.header = not narrow
        self.runs.indent = self.locks.indent = self.findings.indent = 1 if narrow else 2
        self.activity.indent = 1
        self.findings.columns = findings.SHORT_COLUMNS if narrow else findings.COLUMNS
        self.runs.columns = runs.SHORT_COLUMNS if narrow else runs.COLUMNS
        self.findings.per_line = 2 if narrow else 1

    def show(self, snapshot: Snapshot | None) -> None:
        context, width = self.render_context, self.size.width
        self._fit()
        self.answer.draw(needs.answer_line(snapshot, context, width, self.console_app.problem))
        self.gauges.put_all(gauges.gauge_lines(snapshot, context, width))
        if snapshot is None:
            return
        self._show_campaigns(snapshot)
        self._show_stats(snapshot)
        self._show_runs(snapshot)
        self._show_findings(snapshot)
        self._show_locks(snapshot)
        self.activity.set_rows(activity.rows(snapshot, context))

    def _show_campaigns(self, snapshot: Snapshot) -> None:
        text = self.filter.value
        rows = campaigns.rows(snapshot, self.render_context, text)
        matching = f"  {len(rows)} match {text!r}" if text else ""
        self.campaigns.title = line(f"Campaigns {len(snapshot.campaigns)}{matching}")
        self.campaigns.empty = campaigns.NO_MATCH if text else campaigns.EMPTY
        self.campaigns.set_rows(rows)

    def _show_runs(self, snapshot: Snapshot) -> None:
        width = self.size.width
        self.runs.title, self.runs.title_right = runs.title(snapshot)
        short = width < Width.WIDE
        cells = 13 if width >= Width.WIDEST else 8 if short else 6
        room = runs.wait_room(self.runs.columns, self.runs.size.width - self.runs.indent)
        self.runs.set_rows(runs.rows(snapshot, self.render_context, short=short, cells=cells, room=room))

    def _show_findings(self, snapshot: Snapshot) -> None:
        self.findings.title, self.findings.title_right = findings.title(snapshot, self.render_context)
        self.findings.set_rows(findings.rows(snapshot, self.render_context))
        self.newest.set_rows(findings.newest_rows(snapshot, self.render_context))

    def _show_locks(self, snapshot: Snapshot) -> None:
        self.locks.title = locks.title(snapshot)
        self.locks.set_rows(locks.rows(snapshot, self.render_context))
        self.operators.put(0, line("  ", locks.operators_line(snapshot, self.render_context)))

    def _show_stats(self, snapshot: Snapshot) -> None:
        campaign = self._highlighted(snapshot)
        width, height = self.stats.size
        if not height:
            return
        if height <= 2:
            self.stats.put_all(campaigns.stats_short(campaign, self.render_context, width))
            return
        left, right = campaigns.stats_title(campaign, width)
        rule = title_rule(left, width, self.render_context.glyphs, focused=False, right=right)
        self.stats.put_all([rule, *campaigns.stats_lines(campaign, self.render_context, width, height - 1)])

    def _highlighted(self, snapshot: Snapshot) -> CampaignView | None:
        return actions.campaign_of(snapshot, self.campaigns.cursor_key or "")

    def target(self) -> Target | None:
        """The row under the cursor of the focused panel."""
        table = self.focused
        if not isinstance(table, RowTable) or table.cursor_key is None or table.id is None:
            return None
        return Target(_KINDS[table.id], table.cursor_key)

    def offers(self) -> Offers:
        offers = actions.offers(self.snapshot, self.target(), read_only=self.render_context.read_only)
        if self.focused is self.campaigns and (self.campaigns.total or self.filter.value):
            return {**offers, "filter": Offer("filter")}
        return offers

    @on(RowTable.Highlighted)
    def _cursor_moved(self, event: RowTable.Highlighted) -> None:
        event.stop()
        if event.table is self.campaigns and self.snapshot is not None:
            self._show_stats(self.snapshot)
        self.draw_keys()

    @on(RowTable.Opened)
    def _row_opened(self, event: RowTable.Opened) -> None:
        event.stop()
        target = self.target()
        if target is not None:
            self.open_target(target)

    @on(AnswerLine.Opened)
    def _answer_opened(self) -> None:
        snapshot = self.snapshot
        wanted = needs.needs(snapshot, self.render_context) if snapshot else ()
        if not wanted:
            return
        worst = wanted[0]
        tables = (self.campaigns, self.runs, self.locks, self.findings)
        table = next(table for table in tables if _KINDS[table.id or ""] is worst.panel)
        table.focus()
        if worst.row:
            table.go_to(worst.row)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002
        self.draw_keys()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        if self.snapshot is not None:
            self.show(self.snapshot)
