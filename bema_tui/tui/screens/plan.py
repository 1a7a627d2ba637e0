"""A run on the screen: its plan while it waits, its progress while it works, what went wrong when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.widgets import Input

from bema_tui.amounts import count
from bema_tui.store.snapshot.views import ChangeView, LeftOut, PlanRule, RunView, Snapshot
from bema_tui.tui import actions, layout
from bema_tui.tui.actions import Offer, Offers
from bema_tui.tui.format import line, wrap
from bema_tui.tui.keys import PLAN, bindings
from bema_tui.tui.layout import Width
from bema_tui.tui.panels import plan as panel
from bema_tui.tui.panels import plan_head
from bema_tui.tui.panels.needs import problem_line
from bema_tui.tui.ports import ConsoleApp, Reader
from bema_tui.tui.screens.filtered import FilteredScreen
from bema_tui.tui.screens.plan_subscribers import PlanSubscribers
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.row_table import RowTable
from bema_tui.tui.widgets.titles import title_rule

WRONG_SHOWN = 200
"""How many of the rows that went wrong are shown."""


class PlanScreen(FilteredScreen):
    """One run, by its number."""

    CSS_PATH = style_sheet("plan")
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLAN)
    key_set = PLAN
    number = 0
    right_keys = ("help", "back")

    def __init__(self, console_app: ConsoleApp, run_id: int) -> None:
        subscribers = PlanSubscribers(console_app, run_id)
        super().__init__(console_app, subscribers, "e-mail or name")
        glyphs = self.render_context.glyphs
        self.run_id = run_id
        self.subscribers = subscribers
        self.run: RunView | None = None
        self._rules: tuple[PlanRule, ...] = ()
        self._left_out: Sequence[LeftOut] = ()
        self._wrong: dict[str, ChangeView] = {}
        self._planned = False
        self.head = Lines(id="head")
        self.rules = RowTable(panel.RULE_COLUMNS, id="rules", glyphs=glyphs, keeps_cursor=True)
        self.wrong = RowTable(panel.WRONG_COLUMNS, id="wrong", glyphs=glyphs)
        self.leftout = Lines(id="leftout")
        self.checks = Lines(id="checks")
        self.detail = Lines(id="detail")
        self.now = Lines(id="now")
        self.rules.empty = (line(("  reading", "muted")),)
        self.wrong.empty = (line(("  Nothing so far.", "muted")),)

    def compose(self) -> ComposeResult:
        yield from (self.top, self.tabs, self.small, self.head, self.rules, self.subscribers, self.wrong)
        yield from (self.leftout, self.checks, self.detail, self.now, self.key_line, self.filter)

    def regions(self, size: Size) -> Mapping[str, Region]:
        return layout.plan(size, begun=self.run is not None and plan_head.begun(self.run))

    def on_mount(self) -> None:
        super().on_mount()
        self.rules.focus()

    async def read_more(self, reader: Reader) -> None:
        before = self.run
        run = await reader.run(self.run_id)
        if not self._planned:
            self._rules = await reader.plan_rules(self.run_id)
            self._left_out = await reader.left_out(self.run_id)
            self._planned = run.planned_at is not None
        if plan_head.begun(run):
            self._wrong = {str(row.id): row for row in await reader.wrong(self.run_id, WRONG_SHOWN)}
        self.run = run
        if plan_head.begun(run) and (before is None or not plan_head.begun(before)):
            self._turn_to_progress()

    def _turn_to_progress(self) -> None:
        """The subscribers give their place to what went wrong; the focus goes with it."""
        had_focus = self.subscribers.has_focus or self.filter.has_focus
        self.filter.display = False
        self.wrong.refresh(layout=True)
        self.call_after_refresh(self.draw)
        if had_focus:
            self.wrong.focus()

    def show(self, snapshot: Snapshot | None) -> None:
        run = self.run
        width = self.size.width
        if run is None:
            self.head.put(0, line((f" reading run {self.run_id}", "muted")))
            return
        context = self.render_context
        self.rules.header = width >= Width.WIDE
        self.subscribers.header = self.wrong.header = width >= Width.WIDE
        self.rules.columns = panel.RULE_COLUMNS if width >= Width.WIDE else panel.SHORT_RULE_COLUMNS
        self.head.put_all(plan_head.head_lines(run, context, width, max(1, self.head.size.height)))
        planning = not self._planned
        self.rules.title = line("By cause" + (", still planning" if planning else ""))
        self.rules.empty = (line(("  Nothing is planned yet." if planning else "  Nothing to do.", "muted")),)
        self.rules.set_rows(panel.rule_rows(self._rules))
        self._show_subscribers()
        self.wrong.title = line(panel.wrong_title(run))
        self.wrong.set_rows(panel.wrong_rows(tuple(self._wrong.values()), run, context))
        self._show_sides(run)
        self._show_detail()
        waiting = [other.id for other in snapshot.runs if other.state.waiting] if snapshot else []
        problem = self.console_app.problem
        self.now.put(0, problem_line(problem, context) if problem else plan_head.now_line(run, waiting, context, width))

    def _show_sides(self, run: RunView) -> None:
        glyphs = self.render_context.glyphs
        out = max(run.left_out, sum(one.subscribers for one in self._left_out))
        width, height = self.leftout.size
        if height:
            rule = title_rule(line(f"Not planned {count(out)}"), width, glyphs, focused=False)
            self.leftout.put_all([rule, *panel.left_out_lines(self._left_out, self.render_context, height - 1)])
        width, height = self.checks.size
        if height:
            rule = title_rule(line(panel.checks_title(run)), width, glyphs, focused=False)
            self.checks.put_all([rule, *panel.check_lines(run, self.render_context, height - 1)])

    # Subscribers

    def _chosen_rule(self) -> tuple[PlanRule | None, int]:
        """Returns the rule under the cursor of the rules (None: all of them), and how many subscribers it has."""
        chosen = next((rule for rule in self._rules if rule.key == self.rules.cursor_key), None)
        return chosen, chosen.subscribers if chosen else sum(rule.subscribers for rule in self._rules)

    def _show_subscribers(self) -> None:
        """Bring the list to the rule under the cursor of the rules."""
        if self.run is not None:
            rule, total = self._chosen_rule()
            self.subscribers.show_rule(rule, total, self.run.campaign)

    def action_filter(self) -> None:
        if "filter" in self.offers():
            super().action_filter()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        _, total = self._chosen_rule()
        self.subscribers.search(self.filter.value, total)
        self._show_subscribers()

    # The row under the cursor

    def _show_detail(self) -> None:
        run, context = self.run, self.render_context
        width, height = self.detail.size
        if run is None or not height:
            return
        if plan_head.begun(run):
            self._show_wrong_detail(run, width)
            return
        subscriber = self.subscribers.subscriber
        name = line(f"{subscriber.email}  {subscriber.name}") if subscriber else line("Person")
        place = f"{count(self.subscribers.cursor + 1)} of {count(self.subscribers.total)}" if subscriber else ""
        rule = title_rule(name, width, context.glyphs, focused=False, right=line((place, "muted")))
        self.detail.put_all([rule, *panel.detail_lines(subscriber, run, context, height - 1, width)])

    def _show_wrong_detail(self, run: RunView, width: int) -> None:
        change = self._wrong.get(self.wrong.cursor_key or "")
        rule = title_rule(
            line(change.email or change.target_name if change else "Row"),
            width,
            self.render_context.glyphs,
            focused=False,
        )
        facts = panel.wrong_detail(change, run, self.render_context)
        whole = [row for text in facts for row in wrap(text, width)]
        self.detail.put_all([rule, *(whole if len(whole) < self.detail.size.height else facts)])

    @on(RowTable.Highlighted)
    def _cursor_moved(self, event: RowTable.Highlighted) -> None:
        event.stop()
        if event.table is self.rules:
            self._show_subscribers()
        self._show_detail()
        self.draw_keys()

    @on(RowTable.Opened)
    def _row_opened(self, event: RowTable.Opened) -> None:
        event.stop()
        if event.table is self.rules:
            (self.wrong if self.run is not None and plan_head.begun(self.run) else self.subscribers).focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002
        self.draw_keys()

    # Actions

    def run_shown(self, number: int | None) -> RunView | None:
        return self.run if number == self.run_id else super().run_shown(number)

    def run_meant(self, snapshot: Snapshot) -> RunView | None:  # noqa: ARG002 (an old run is in no snapshot)
        return self.run

    def offers(self) -> Offers:
        run, back = self.run, {"back": Offer("back")}
        if run is None:
            return back
        read_only = self.render_context.read_only
        offers = actions.apply_offer(run, read_only=read_only) | actions.run_offers(run, read_only=read_only) | back
        if not plan_head.begun(run) and self._rules:
            offers["filter"] = Offer("filter")
        if self.focused is self.rules and self._rules:
            offers["open"] = Offer("what went wrong" if plan_head.begun(run) else "people")
        return offers

    def action_back(self) -> None:
        self.app.pop_screen()
