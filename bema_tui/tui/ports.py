"""What the console needs of others: one reader of the database, those who look too, and for the screens the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bema_tui.model import Purpose
from bema_tui.store.snapshot.views import ChangeView, LeftOut, PlanRule, PlanSubscriber, RunView, Snapshot
from bema_tui.tui.pending import Pending
from bema_tui.tui.render_context import RenderContext


class Reader(Protocol):
    """The reading side of the store as the console uses it."""

    async def read(self) -> Snapshot:
        """Everything the Overview shows."""
        ...

    async def run(self, run_id: int) -> RunView:
        """One run, also one that the Overview does not show."""
        ...

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        """How many subscribers and changes a run's plan has, by what they are for."""
        ...

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        """A page of a plan's subscribers: of one purpose, or of all (None)."""
        ...

    async def wrong(self, run_id: int, limit: int) -> tuple[ChangeView, ...]:
        """The changes of a run that failed, were skipped, or may be done or not."""
        ...

    async def left_out(self, run_id: int) -> Sequence[LeftOut]:
        """How many subscribers a plan leaves out, by finding."""
        ...


class Presence(Protocol):
    """Tells other consoles that this one is open."""

    async def opened(self) -> None:
        """This console is open now."""
        ...

    async def beat(self) -> None:
        """It still is."""
        ...

    async def closed(self) -> None:
        """It is closed now."""
        ...


class ConsoleApp(Protocol):
    """The app as the screens use it: it holds the picture, and it alone acts."""

    @property
    def reader(self) -> Reader:
        """Reads what the common picture does not hold."""
        ...

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest picture of the database."""
        ...

    @property
    def problem(self) -> str:
        """Why the picture is not today's; empty when it is."""
        ...

    @property
    def render_context(self) -> RenderContext:
        """How things are shown now."""
        ...

    def submit(self, pending: Pending, row: int | None = None) -> None:
        """Ask what is to be asked, then carry the action out. ``row`` is the line of the screen that it speaks of."""
        ...

    def work_failed(self, name: str, error: BaseException) -> None:
        """Say in the footer, and in the log, that something done beside the screen ended with an error."""
        ...

    def open_run(self, number: int) -> None:
        """Open a run's screen."""
        ...

    def go_home(self) -> None:
        """Go back to the Overview."""
        ...

    def show_help(self) -> None:
        """Show all keys of the screen that is seen."""
        ...

    def redraw(self) -> None:
        """Write the whole screen again."""
        ...

    def next_theme(self) -> str:
        """Go on to the next theme and return its name."""
        ...

    def ask_to_quit(self) -> None:
        """Leave; ask first when runs of this console go on."""
        ...
