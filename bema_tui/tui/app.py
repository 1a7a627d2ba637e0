"""The app only wires: one refresh loop, one way to operations, and the screens."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar

from attrs import evolve
from textual.binding import BindingType
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from bema_tui.clock import Clock, utc_now
from bema_tui.errors import BemaError
from bema_tui.operations import questions
from bema_tui.operations.console import ConsoleOperations
from bema_tui.operations.possible import Operation
from bema_tui.operations.questions import Question
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui import actions
from bema_tui.tui.actions import Act
from bema_tui.tui.drawing.app import ShadowedApp
from bema_tui.tui.format import plain
from bema_tui.tui.leaving import end_own_runs
from bema_tui.tui.palette import KeyCommands
from bema_tui.tui.pending import Confirmed, Leave, Pending
from bema_tui.tui.perform import perform, words
from bema_tui.tui.ports import Presence, Reader
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.screens.base import ConsoleScreen
from bema_tui.tui.screens.help import HelpScreen
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.screens.sheets import QuestionSheet
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.themes import THEMES

_log = logging.getLogger(__name__)
_BEAT_SECONDS = 30.0


class BemaApp(ShadowedApp):
    """The console. ``busy_every`` and ``idle_every`` are the seconds between two pictures of the database."""

    CSS_PATH = style_sheet("app")
    TITLE = "bema-tui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {KeyCommands}
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        reader: Reader,
        operations: ConsoleOperations,
        context: RenderContext,
        *,
        presence: Presence | None = None,
        theme: str = "dark",
        clock: Clock = utc_now,
        busy_every: float = 1.0,
        idle_every: float = 2.0,
    ) -> None:
        super().__init__(ascii_only=context.glyphs.ascii)
        self.reader = reader
        self.operations = operations
        self.presence = presence
        self.render_context = context
        self.clock = clock
        self.snapshot: Snapshot | None = None
        self.problem = ""
        self._busy_every = busy_every
        self._idle_every = idle_every
        self._wake = asyncio.Event()
        self._quitting = False
        for each in THEMES.values():
            self.register_theme(each)
        self._theme_name = "mono" if self.no_color else theme
        self.theme = THEMES[self._theme_name].name
        self.animation_level = "none"

    def get_default_screen(self) -> Overview:
        return Overview(self)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.redraw())
        self.run_worker(self._watch(), name="watch", group="refresh", exit_on_error=False)
        self.run_worker(self._failures(), name="failures", group="failures", exit_on_error=False)
        if self.presence is not None:
            self.run_worker(self._beat(self.presence), name="presence", group="presence", exit_on_error=False)

    # The refresh

    async def _watch(self) -> None:
        """Read and show, one after the other, so that two readings never overlap."""
        while True:
            await self.refresh_picture()
            try:
                await asyncio.wait_for(self._wake.wait(), self._busy_every if self._busy() else self._idle_every)
            except TimeoutError:
                continue

    def _busy(self) -> bool:
        return self.snapshot is not None and any(run.state.active for run in self.snapshot.runs)

    async def refresh_picture(self) -> None:
        """Read the database once and bring the screens up to it; a failed read keeps the old picture."""
        self._wake.clear()
        screens = [screen for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]
        try:
            snapshot = await self.reader.read()
            for screen in screens:
                await screen.read_more(self.reader)
        except Exception as error:  # noqa: BLE001 - whatever the database does, the console stays and says so
            _log.warning("the database could not be read", exc_info=True)
            shown = f", shown as of {self.render_context.clock(self.snapshot.at)}" if self.snapshot else ""
            self.problem = f"the database can't be read{shown}: {_message(error)}"
        else:
            self.snapshot, self.problem = snapshot, ""
        self.render_context = evolve(self.render_context, now=self.clock())
        for screen in screens:
            if screen.is_attached:
                screen.draw()

    def refresh_soon(self) -> None:
        """Read again now instead of at the next tick."""
        self._wake.set()

    async def _beat(self, presence: Presence) -> None:
        tell = presence.opened
        while True:
            try:
                await tell()
                tell = presence.beat
            except BemaError:
                _log.warning("the others could not be told that this console is open", exc_info=True)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _failures(self) -> None:
        """Jobs of this console that end with an error say so in the footer."""
        while True:
            self.say(await self.operations.failure(), "bad")
            self.refresh_soon()

    # The operations

    def submit(self, pending: Pending, row: int | None = None) -> None:
        """Ask what is to be asked first; an action without a question is carried out at once."""
        if pending.question is None:
            self._carry_out(Confirmed(pending.action))
        else:
            self.push_screen(self._sheet(pending, pending.question, row), self._answered)

    def _sheet(self, pending: Pending, question: Question, row: int | None = None) -> QuestionSheet:
        return QuestionSheet(pending, question, self.render_context.glyphs, row)

    def _answered(self, confirmed: Confirmed | None) -> None:
        if confirmed is not None:
            self._carry_out(confirmed)

    def _carry_out(self, confirmed: Confirmed) -> None:
        """The one place that acts: beside the screen, by operations."""
        action = confirmed.action
        if isinstance(action, Leave):
            self.run_worker(self._leave(), name="quit", group="quit", exit_on_error=False)
            return
        begun = words(action, self.snapshot)
        self.run_worker(self._act(action, confirmed.reason, begun), name=begun, group="operations", exit_on_error=False)

    async def _act(self, action: Act, reason: str, begun: str) -> None:
        if action.operation is not Operation.SYNC:
            await perform(action, reason, self.operations)
            self.say(begun)
        else:
            self.say(begun)
            asked_on = self._seen()
            number = await perform(action, reason, self.operations)
            if number is not None:
                self._open_begun(number, action.target.key, asked_on)
        self.refresh_soon()

    def _open_begun(self, number: int, code: str, asked_on: ConsoleScreen | None) -> None:
        """Open the plan that was asked for; but put nothing under keys that are on their way to something else."""
        if self.screen is asked_on and not isinstance(self.focused, Input):
            self.open_run(number)
        else:
            self.say(f"run {number} has begun: enter on {code} opens it")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Textual tells this to whoever began the work, and nobody else."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.work_failed(event.worker.name, event.worker.error)

    def work_failed(self, name: str, error: BaseException) -> None:
        """The one way of all that ends with an error beside the screen."""
        level = logging.INFO if isinstance(error, BemaError) else logging.ERROR
        _log.log(level, "%s failed", name, exc_info=error)
        self.say(_message(error), "bad")
        self.refresh_soon()

    def say(self, text: str, style: str = "text") -> None:
        """Answer in the footer of the screen that is seen."""
        seen = self._seen()
        if seen is not None:
            seen.say(text, style)

    def _seen(self) -> ConsoleScreen | None:
        """Returns the screen that is seen, also behind a sheet."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, ConsoleScreen)), None)

    # The screens

    def open_run(self, number: int) -> None:
        """Open a run: its plan while it waits, its progress while it works, what went wrong after."""
        if isinstance(self.screen, PlanScreen) and self.screen.run_id == number:
            return
        self.push_screen(PlanScreen(self, number))
        self.refresh_soon()

    def go_home(self) -> None:
        """Back to the Overview."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def show_help(self) -> None:
        """All keys of the screen that is seen."""
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            self.push_screen(HelpScreen(screen.key_set, self.render_context))

    def action_help_quit(self) -> None:
        """Textual's answer to ctrl+c; ours has no toast."""
        self.say("q leaves the console")

    def redraw(self) -> None:
        """Write the whole screen again, whatever the terminal shows."""
        self.forget_screen()
        self.refresh(repaint=True, layout=True)

    def next_theme(self) -> str:
        """Go on to the next theme and return its name."""
        names = list(THEMES)
        self._theme_name = names[(names.index(self._theme_name) + 1) % len(names)]
        self.theme = THEMES[self._theme_name].name
        return self._theme_name

    # Leaving

    def ask_to_quit(self) -> None:
        """Leave at once when nothing of this console goes on; else ask."""
        own = self.operations.own_runs()
        if not own:
            self.exit(0)
            return
        snapshot = self.snapshot
        known = tuple(run for number in own if (run := actions.find_run(snapshot, number))) if snapshot else ()
        self.submit(Pending(Leave(), questions.leave(known, len(own))))

    async def action_quit(self) -> None:
        self.ask_to_quit()

    async def _leave(self) -> None:
        if self._quitting:
            return
        self._quitting = True
        try:
            await end_own_runs(self.operations, self.say, self._leave_anyway)
            self.exit(0)
        finally:
            self._quitting = False

    async def _leave_anyway(self, own: tuple[int, ...]) -> bool:
        question = questions.leave_late(own)
        pending = Pending(Leave(), question)
        return await self.push_screen_wait(self._sheet(pending, question)) is not None


def _message(error: BaseException) -> str:
    """What an error says to the person at the console."""
    if isinstance(error, BemaError):
        return plain(f"{error.message} {error.advice}".strip())
    return plain(f"{type(error).__name__}: {error}".strip(": "))
