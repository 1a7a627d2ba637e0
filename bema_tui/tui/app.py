"""The app only wires: one refresh loop, one way to the backend, and the screens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import evolve
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from bema_tui.control import ControlVerb
from bema_tui.errors import BemaError
from bema_tui.operations import questions
from bema_tui.run_records import RunKind
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui import actions
from bema_tui.tui.backend import Backend
from bema_tui.tui.drawing.app import ShadowedApp
from bema_tui.tui.format import plain
from bema_tui.tui.palette import KeyCommands
from bema_tui.tui.ports import Presence, Reader
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.screens.base import ConsoleScreen
from bema_tui.tui.screens.help import HelpScreen
from bema_tui.tui.screens.overview import Overview
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.screens.sheets import Answer, QuestionSheet
from bema_tui.tui.styles import style_sheet
from bema_tui.tui.themes import THEMES

_log = logging.getLogger(__name__)
SAFE_POINT_SECONDS = 10.0
_BEAT_SECONDS = 30.0

Clock = Callable[[], datetime]
Asked = Callable[[Backend], Awaitable[object]]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


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
        backend: Backend,
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
        self.backend = backend
        self.presence = presence
        self.render_context = context
        self.clock = clock
        self.snapshot: Snapshot | None = None
        self.problem = ""
        self._busy_every = busy_every
        self._idle_every = idle_every
        self._wake = asyncio.Event()
        self._quitting = False
        for made in THEMES.values():
            self.register_theme(made)
        self._theme_name = "mono" if self.no_color else theme
        self.theme = THEMES[self._theme_name].name
        self.animation_level = "none"

    def get_default_screen(self) -> Overview:
        return Overview()

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
            self.say(await self.backend.failure(), "bad")
            self.refresh_soon()

    # The backend

    def ask_backend(self, done: str, asked: Asked) -> None:
        """Have the backend do something beside the screen; ``done`` is said when it has begun."""

        async def call() -> None:
            await asked(self.backend)
            self.say(done)
            self.refresh_soon()

        self.run_worker(call(), name=done, group="backend", exit_on_error=False)

    def start_sync(self, code: str) -> None:
        """Begin a sync's planning and open its screen, because that is what was asked for."""

        async def call() -> None:
            number = await self.backend.start(code, kind=RunKind.SYNC)
            self.open_run(number)
            self.refresh_soon()

        self.say(f"sync of {code} begins")
        self.run_worker(call(), name=f"sync of {code}", group="backend", exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The one error path of all workers."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            error = event.worker.error
            level = logging.INFO if isinstance(error, BemaError) else logging.ERROR
            _log.log(level, "%s failed", event.worker.name, exc_info=error)
            self.say(_message(error), "bad")
            self.refresh_soon()

    def say(self, text: str, style: str = "text") -> None:
        """Answer in the footer of the screen that is seen."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ConsoleScreen):
                screen.say(text, style)
                return

    # The screens

    def open_run(self, number: int) -> None:
        """Open a run: its plan while it waits, its progress while it works, what went wrong after."""
        if isinstance(self.screen, PlanScreen) and self.screen.run_id == number:
            return
        self.push_screen(PlanScreen(number))
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
        """Go on to the next theme and answer its name."""
        names = list(THEMES)
        self._theme_name = names[(names.index(self._theme_name) + 1) % len(names)]
        self.theme = THEMES[self._theme_name].name
        return self._theme_name

    # Leaving

    def ask_to_quit(self) -> None:
        """Leave at once when nothing of this console goes on; else ask."""
        own = self.backend.own_runs()
        if not own:
            self.exit(0)
            return
        known = tuple(run for number in own if (run := actions.run_of(self.snapshot, number))) if self.snapshot else ()

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self.run_worker(self._stop_and_quit(own), name="quit", group="quit", exit_on_error=False)

        self.push_screen(QuestionSheet(questions.leave(known, len(own))), answered)

    async def action_quit(self) -> None:
        self.ask_to_quit()

    async def _stop_and_quit(self, own: tuple[int, ...]) -> None:
        """Ask the own runs to stop, leave when they have; after ten seconds ask again."""
        if self._quitting:
            return
        self._quitting = True
        try:
            for run in own:
                if run in self.backend.own_runs():
                    await self._ask_to_stop(run)
            while True:
                self.say(f"waiting for the safe point of run {', '.join(map(str, self.backend.own_runs()))}")
                if await self._own_runs_end():
                    self.exit(0)
                    return
                if await self._leave_anyway():
                    self.exit(0)
                    return
        finally:
            self._quitting = False

    async def _ask_to_stop(self, run: int) -> None:
        try:
            await self.backend.ask(run, ControlVerb.STOP, "the console is closed")
        except BemaError:
            # It ended while the question stood, or can't be told: leaving waits for it all the same.
            _log.info("run %d could not be asked to stop", run, exc_info=True)

    async def _own_runs_end(self) -> bool:
        try:
            async with asyncio.timeout(SAFE_POINT_SECONDS):
                while self.backend.own_runs():  # noqa: ASYNC110 - the backend has no event for it
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return False
        return True

    async def _leave_anyway(self) -> bool:
        own = self.backend.own_runs()
        if not own:
            return True
        answer = await self.push_screen_wait(QuestionSheet(questions.leave_late(own)))
        return answer is not None


def _message(error: BaseException) -> str:
    """What an error says to the person at the console."""
    if isinstance(error, BemaError):
        return plain(f"{error.message} {error.advice}".strip())
    return plain(f"{type(error).__name__}: {error}".strip(": "))
