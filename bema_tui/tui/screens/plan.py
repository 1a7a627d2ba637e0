"""A run on the screen: its plan while it waits, its progress while it works, what went wrong when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.widgets import Input

from bema_tui.errors import StoreError
from bema_tui.model import Severity
from bema_tui.operations import questions
from bema_tui.operations.possible import Operation
from bema_tui.store.snapshot.views import ChangeView, PlanPerson, PlanRule, RunView, Snapshot
from bema_tui.tui import actions, layout
from bema_tui.tui.actions import Target
from bema_tui.tui.format import count, folded, line, wrap
from bema_tui.tui.keys import PLAN, bindings
from bema_tui.tui.panels import plan as panel
from bema_tui.tui.panels import plan_head
from bema_tui.tui.panels.top import problem_line
from bema_tui.tui.ports import Reader
from bema_tui.tui.run_actions import RunActions
from bema_tui.tui.screens.base import ConsoleScreen
from bema_tui.tui.screens.sheets import Answer
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.widgets.lines import Lines
from bema_tui.tui.widgets.row_table import PAGE, RowTable
from bema_tui.tui.widgets.titles import title_rule

WRONG_SHOWN = 200
_SCAN = 500
_MATCHES = 500


class PlanScreen(RunActions, ConsoleScreen):
    """One run, by its number."""

    CSS_PATH = style_sheet("plan")
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLAN)
    key_set = PLAN
    number = 0
    right_keys = ("help", "back")

    def __init__(self, run_id: int) -> None:
        super().__init__()
        glyphs = self.render_context.glyphs
        self.run_id = run_id
        self.run: RunView | None = None
        self._rules: tuple[PlanRule, ...] = ()
        self._left_out: Sequence[tuple[str, Severity, int]] = ()
        self._wrong: dict[str, ChangeView] = {}
        self._people: dict[str, PlanPerson] = {}
        self._settled = False
        self._rule: str | None = None
        self.head = Lines(id="head")
        self.rules = RowTable(panel.RULE_COLUMNS, id="rules", glyphs=glyphs, keeps_cursor=True)
        self.people = RowTable(panel.PEOPLE_COLUMNS, id="people", glyphs=glyphs, keeps_cursor=True)
        self.wrong = RowTable(panel.WRONG_COLUMNS, id="wrong", glyphs=glyphs)
        self.leftout = Lines(id="leftout")
        self.checks = Lines(id="checks")
        self.detail = Lines(id="detail")
        self.now = Lines(id="now")
        self.filter = Input(id="filter", compact=True, placeholder="e-mail or name", select_on_focus=False)
        self.filter.cursor_blink = False
        self.rules.empty = (line(("  reading", "muted")),)
        self.wrong.empty = (line(("  Nothing so far.", "muted")),)

    def compose(self) -> ComposeResult:
        yield from (self.top, self.tabs, self.small, self.head, self.rules, self.people, self.wrong)
        yield from (self.leftout, self.checks, self.detail, self.now, self.key_line, self.filter)

    def place(self, size: Size) -> Mapping[str, Region]:
        return layout.plan(size, begun=self.run is not None and plan_head.begun(self.run))

    def on_mount(self) -> None:
        super().on_mount()
        self.filter.display = False
        self.rules.focus()

    async def read_more(self, reader: Reader) -> None:
        before = self.run
        run = await reader.run(self.run_id)
        if not self._settled:
            self._rules = await reader.plan_rules(self.run_id)
            self._left_out = await reader.left_out(self.run_id)
            self._settled = run.planned_at is not None
        if plan_head.begun(run):
            self._wrong = {str(row.id): row for row in await reader.wrong(self.run_id, WRONG_SHOWN)}
        self.run = run
        if plan_head.begun(run) and (before is None or not plan_head.begun(before)):
            self._turn_to_progress()

    def _turn_to_progress(self) -> None:
        """The people give their place to what went wrong; the focus goes with it."""
        had_focus = self.people.has_focus or self.filter.has_focus
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
        self.rules.header = width >= layout.WIDE
        self.people.header = self.wrong.header = width >= layout.WIDE
        self.rules.columns = panel.RULE_COLUMNS if width >= layout.WIDE else panel.SHORT_RULE_COLUMNS
        self.head.put_all(plan_head.head_lines(run, context, width, max(1, self.head.size.height)))
        planning = not self._settled
        self.rules.title = line("By rule" + (", still planning" if planning else ""))
        self.rules.empty = (line(("  Nothing is planned yet." if planning else "  Nothing to do.", "muted")),)
        self.rules.set_rows(panel.rule_rows(self._rules))
        self._show_people()
        self.wrong.title = line(panel.wrong_title(run))
        self.wrong.set_rows(panel.wrong_rows(tuple(self._wrong.values()), run, context))
        self._show_sides(run)
        self._show_detail()
        waiting = [other.id for other in snapshot.runs if other.state.waiting] if snapshot else []
        problem = self.bema.problem
        self.now.put(0, problem_line(problem, context) if problem else plan_head.now_line(run, waiting, context, width))

    def _show_sides(self, run: RunView) -> None:
        glyphs = self.render_context.glyphs
        out = max(run.left_out, sum(number for _, _, number in self._left_out))
        width, height = self.leftout.size
        if height:
            rule = title_rule(line(f"Left out {count(out)}"), width, glyphs, focused=False)
            self.leftout.put_all([rule, *panel.left_out_lines(self._left_out, self.render_context, height - 1)])
        width, height = self.checks.size
        if height:
            rule = title_rule(line(panel.checks_title(run)), width, glyphs, focused=False)
            self.checks.put_all([rule, *panel.check_lines(run, self.render_context, height - 1)])

    # People

    def _show_people(self) -> None:
        """Bring the list to the rule under the cursor of the rules."""
        chosen = self.rules.cursor_key
        rule = None if chosen in (None, panel.ALL_RULES) else chosen
        total = sum(row.people for row in self._rules if rule is None or row.rule == rule)
        name = chosen if rule else "All people"
        if self.filter.value:
            return
        self.people.title = line(f"{name}  {count(total)} people" if rule or total else "People")
        restart, self._rule = rule != self._rule, rule
        self.people.set_total(total, restart=restart)

    @on(RowTable.PageWanted, "#people")
    def _page_wanted(self, event: RowTable.PageWanted) -> None:
        event.stop()
        offset = event.offset
        self.run_worker(
            self._read_page(self._rule, offset), name=f"people from {offset}", group="people", exit_on_error=False
        )

    async def _read_page(self, rule: str | None, offset: int) -> None:
        try:
            people = await self.bema.reader.plan_people(self.run_id, rule, offset, PAGE)
        except StoreError:
            self.people.page_failed(offset)
            raise
        if rule != self._rule or self.filter.value or self.run is None:
            return
        self._keep(people)
        self.people.set_page(
            offset, [panel.person_row(person, self.run.campaign, self.render_context) for person in people]
        )
        self._show_detail()

    def _keep(self, people: Sequence[PlanPerson]) -> None:
        if len(self._people) > 4 * _MATCHES:
            self._people.clear()
        self._people.update((panel.person_key(person), person) for person in people)

    def action_filter(self) -> None:
        """Open the filter line over the title of the people."""
        if "filter" in self.offers():
            self.filter.display = True
            self.set_focus(self.filter)  # at once: the next key may be here already

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        if not self.filter.value:
            self._rule = ""  # no rule has this name: the list starts again
            self._show_people()
            return
        self.run_worker(
            self._search(self.filter.value, self._rule or None),
            name="search",
            group="search",
            exclusive=True,
            exit_on_error=False,
        )

    async def _search(self, text: str, rule: str | None) -> None:
        """Go through the rule's people, page by page, and show those whose e-mail or name has the text."""
        total = sum(row.people for row in self._rules if rule is None or row.rule == rule)
        wanted = folded(text)
        found: list[PlanPerson] = []
        for offset in range(0, total, _SCAN):
            page = await self.bema.reader.plan_people(self.run_id, rule, offset, _SCAN)
            found += [p for p in page if wanted in folded(p.email) or wanted in folded(p.name)]
            if len(found) >= _MATCHES or not page:
                break
        if self.filter.value != text or self.run is None:
            return
        more = " or more" if len(found) >= _MATCHES else ""
        shown = found[:_MATCHES]
        self._keep(shown)
        self.people.title = line(f"{count(len(shown))}{more} of {count(total)} match {text!r}")
        self.people.set_rows([panel.person_row(person, self.run.campaign, self.render_context) for person in shown])

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.filter.display = False
        self.people.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and (self.filter.has_focus or self.filter.value):
            event.stop()
            self.filter.value = ""
            self._filter_done()

    # The row under the cursor

    def _show_detail(self) -> None:
        run, context = self.run, self.render_context
        width, height = self.detail.size
        if run is None or not height:
            return
        if plan_head.begun(run):
            self._show_wrong_detail(run, width)
            return
        person = self._people.get(self.people.cursor_key or "")
        name = line(f"{person.email}  {person.name}") if person else line("Person")
        place = f"{count(self.people.cursor + 1)} of {count(self.people.total)}" if person else ""
        rule = title_rule(name, width, context.glyphs, focused=False, right=line((place, "muted")))
        self.detail.put_all([rule, *panel.detail_lines(person, run, context, height - 1, width)])

    def _show_wrong_detail(self, run: RunView, width: int) -> None:
        change = self._wrong.get(self.wrong.cursor_key or "")
        rule = title_rule(
            line(change.email or change.target_name if change else "Row"),
            width,
            self.render_context.glyphs,
            focused=False,
        )
        told = panel.wrong_detail(change, run, self.render_context)
        whole = [row for text in told for row in wrap(text, width)]
        self.detail.put_all([rule, *(whole if len(whole) < self.detail.size.height else told)])

    @on(RowTable.Highlighted)
    def _cursor_moved(self, event: RowTable.Highlighted) -> None:
        event.stop()
        if event.table is self.rules:
            self._show_people()
        self._show_detail()
        self.draw_keys()

    @on(RowTable.Opened)
    def _row_opened(self, event: RowTable.Opened) -> None:
        event.stop()
        if event.table is self.rules:
            (self.wrong if self.run is not None and plan_head.begun(self.run) else self.people).focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002
        self.draw_keys()

    # Actions

    def target(self) -> Target | None:
        return Target("run", str(self.run_id))

    def _run(self, snapshot: Snapshot) -> RunView | None:  # noqa: ARG002
        return self.run

    def offers(self) -> Mapping[str, str]:
        run = self.run
        if run is None:
            return {"back": "back"}
        can_apply = Operation.APPLY in self._possible(run)
        made = {"apply": f"apply {count(run.total)} changes"} if can_apply else {}
        made |= {**actions.run_offers(run, read_only=self.render_context.read_only), "back": "back"}
        if not plan_head.begun(run) and self._rules:
            made["filter"] = "filter"
        if self.focused is self.rules and self._rules:
            made["open"] = "what went wrong" if plan_head.begun(run) else "people"
        return made

    def action_apply(self) -> None:
        """``A``: the plan on the screen is the question; over the limits its number must be typed."""
        run = self.run
        if run is None or Operation.APPLY not in self._possible(run):
            return
        question = questions.apply(run, self.render_context.mode)
        if question is None:
            self._apply(run)
            return

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self._apply(run)

        self.put_question(question, answered)

    def _apply(self, run: RunView) -> None:
        self.bema.ask_backend(f"plan {run.id}: apply begins", lambda backend: backend.apply(run.id))

    def action_sync(self) -> None:
        """``s``: take up a run that stopped or was lost."""
        if self.run is not None and Operation.RESUME in self._possible(self.run):
            self.offer_resume(self.run, anew=None)

    def action_back(self) -> None:
        self.app.pop_screen()
