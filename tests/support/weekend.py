"""A weekend at a label, as a database: what the screens and the snapshot are tried on, and what the pictures show.

Every row is written by the program itself, at work on a simulated shop and account; only the time of day, who acts
and what the machine measures are given. On Sunday at ``NOW`` maria's run applies a plan that jon has asked to pause,
jon's run on his laptop has died, and a plan of his waits for a yes.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve, frozen

from bema_tui.model import ChangeKind, ControlVerb, Holder, RunKind, RunOptions, RunState
from bema_tui.monitor.health import Monitor
from bema_tui.monitor.measure import Machine
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.operations import runs
from bema_tui.operations.discover import discover_campaigns
from bema_tui.operations.jobs import Jobs
from bema_tui.operations.workspace import Workspace
from bema_tui.simulator import SimulatorSettings
from bema_tui.store.control_requests import ControlRequests
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.presence import Presence
from tests.support.clock import SetClock
from tests.support.killed_run import lose_run
from tests.support.paced import paced_jobs, settings_at, workspace_of
from tests.support.simulated import Simulated
from tests.support.until import until_async

NOW: Final = datetime(2026, 11, 15, 14, 32, tzinfo=UTC)
"""Sunday afternoon, two and a half hours after the data set of the simulator ends."""

NBL: Final = "2025_ETB_NBL"
EARTH: Final = "2025_DIVINE_EOE"
GRAVITY: Final = "2025_ZN_LGZLS"
BLUE: Final = "2026_SA_BT"
NIGHT_BUS: Final = "2026_TQH_NB"
TIDEWATER: Final = "2026_AR_TIDEWATER"
HALF_LIGHT: Final = "2026_LE_HLS"

MARIA: Final = Holder("maria", "studio-1", 2214, "8f1c2d34-0000-4000-8000-57d10c0ffee1", 1.0, "pid:[the studio's]")
JON: Final = Holder("jon", "desk-2", 911, "5b1f77aa-0000-4000-8000-0de5c2000001", 1.0, "pid:[the desk's]")
JONS_LAPTOP: Final = evolve(JON, host="tour-laptop", pid=8841, boot_id="c0de7a11-0000-4000-8000-70a7109a0001")
VIEWER: Final = evolve(MARIA, pid_namespace="pid:[the viewer's]")
"""Who looks: on the host of maria's run, in another pid namespace, so that its lock is judged by age alone."""


@frozen
class Label:
    """How large the label is, and how far maria's run has come at ``NOW``."""

    subscribers: int
    orders: int
    minute: int
    """At which minute after 14:00 the run begins."""
    writes: int
    """Which of its writes is under way."""

    @property
    def simulator(self) -> SimulatorSettings:
        return SimulatorSettings(seed=5, subscribers=self.subscribers, orders=self.orders, campaigns=7, quota=120)


FOR_TESTS: Final = Label(subscribers=800, orders=560, minute=27, writes=4)
"""The label in small: what every test can wait for."""
FOR_PICTURES: Final = Label(subscribers=2_600, orders=1_800, minute=27, writes=5)

FIRST, DONE, BLOCKED, STOPPED, LOST, WAITING, AT_WORK = range(1, 8)
"""The runs by their numbers; ``DONE`` and ``WAITING`` are of one campaign."""

AFTERNOON: Final = "afternoon.sqlite3"
"""The database at ``NOW``."""
PLANNING: Final = "planning.sqlite3"
"""The database twelve minutes before, when maria's run begins to read the shop."""

_YES: Final = RunOptions(yes=True, max_moves=100_000)
_CPU: Final = (4.0, 5.0, 17.0, 4.0, 5.0, 26.0, 15.0, 4.0, 5.0, 4.0, 16.0, 12.0)
_MEBIBYTES: Final = (178, 179, 181, 184, 190, 193, 196, 199, 202, 205, 206, 207)


@frozen
class GivenMachine:
    """Implements ``Probe``: a machine that is as it is given."""

    cpu_percent: float
    mebibytes: int

    def measure(self, settings: MonitorSettings) -> Machine:
        used, available = self.mebibytes << 20, 1_500 << 20
        return Machine(used, settings.memory_limit, available, (0.42, 0.38, 0.31), 2, self.cpu_percent)


@frozen
class Person:
    """Somebody at work on the label: their workspace, and the runs of their process."""

    workspace: Workspace
    jobs: Jobs
    presence: Presence

    async def begin(self, code: str, kind: RunKind, options: RunOptions) -> int:
        return await runs.start(self.workspace, self.jobs, code, kind, options)

    async def work(self, code: str, kind: RunKind, options: RunOptions, *, ends: RunState) -> int:
        """A run to its end, or to the plan that waits."""
        number = await self.begin(code, kind, options)
        await self.jobs.ended(number)
        assert (await self.workspace.reader.run(number)).state is ends
        return number

    async def ask(self, run: int, verb: ControlVerb, reason: str) -> None:
        """Ask something of a run, and wait until its process has seen it."""
        await runs.control(self.workspace, run, verb, reason)

        async def seen() -> bool:
            return not await ControlRequests(self.workspace.db).unseen(run)

        await until_async(f"{verb} is seen", seen)


@frozen
class Weekend:
    """The label at work."""

    simulated: Simulated
    db: Database
    clock: SetClock
    label: Label
    maria: Person
    jon: Person

    async def until_sunday_noon(self) -> None:
        """What is over: campaigns are found, two are up to date, one is blocked, the sync of one was stopped."""
        await discover_campaigns(self.maria.workspace, add=True)
        self._at(13, 16, 12)
        await self.jon.work(EARTH, RunKind.SYNC, _YES, ends=RunState.DONE)
        self._at(14, 10, 40)
        await self.maria.work(BLUE, RunKind.SYNC, evolve(_YES, create_missing=True), ends=RunState.DONE)
        self._at(14, 11, 5)
        await self.maria.work(NIGHT_BUS, RunKind.SYNC, RunOptions(), ends=RunState.FAILED)
        self._at(15, 11, 48)
        async with self._held_write(self.maria, GRAVITY, at=2) as number:
            await self.jon.ask(number, ControlVerb.STOP, "the newsletter goes out at 12")

    async def until_now(self) -> AsyncIterator[str]:
        """What goes on: a run that died, a plan that waits, and one that is applied at this very moment.

        Stops at each moment that is worth a copy of the database, with its name.
        """
        self._at(15, 13, 22)
        await self.jon.presence.opened()
        self._at(15, 13, 41)
        died, file = self.clock(), Path(self.db.where)
        await asyncio.to_thread(lose_run, self.simulated, file, JONS_LAPTOP, TIDEWATER, died, writes=2)
        self._sell(BLUE, ("GOLD", "SILVER", "OPT-IN"), each=6)
        self._at(15, 14, 3)
        await self.jon.work(BLUE, RunKind.SYNC, RunOptions(), ends=RunState.PLANNED)
        self._at(15, 14, 12)
        await self.maria.presence.opened()
        self._at(15, 14, self.label.minute)
        self.simulated.hold(at=2, side="edd")
        number = await self.maria.begin(NBL, RunKind.SYNC, RunOptions())
        await asyncio.to_thread(self.simulated.wait_held)
        yield PLANNING
        self.simulated.release()
        await self.maria.jobs.ended(number)
        await self._others_meddle(number)
        self.simulated.hold(at=self.label.writes, only="writes")
        await runs.apply(self.maria.workspace, self.maria.jobs, number)
        await asyncio.to_thread(self.simulated.wait_held)
        await self.jon.ask(number, ControlVerb.PAUSE, "the newsletter goes out at 15")
        await self._measure()
        await self._until_beat(number)
        yield AFTERNOON
        await self.maria.jobs.shut_down(by="maria", at_once=True)
        self.simulated.release()

    def _sell(self, code: str, tiers: tuple[str, ...], *, each: int) -> None:
        """On Sunday so many members of each tier buy the album."""
        state = self.simulated.state()
        product = next(row["product_id"] for row in state["campaigns"] if row["code"] == code)
        for tier in tiers:
            members = [row["email"] for row in state["subscribers"] if f"{code}_{tier}" in row["groups"]]
            for minute, email in enumerate(members[:each]):
                bought = {"email": email, "product": product, "date_utc": f"2026-11-15 13:{minute * 7:02}:41"}
                self.simulated.change(add_order=bought)

    async def _others_meddle(self, run: int) -> None:
        """Before the yes, one subscriber of the plan is deleted at MailerLite, and another is moved to Wood."""
        planned = await self.maria.workspace.reader.plan_subscribers(run, None, 0, 100)
        subscribers = [one for one in planned if one.subscriber_id]
        gone, moved = subscribers[8], subscribers[10]
        self.simulated.change(delete_subscriber=gone.subscriber_id)
        left = next(change.target_name for change in moved.changes if change.kind is ChangeKind.REMOVE_GROUP)
        self.simulated.change(move={"email": moved.email, "from": left, "to": f"{NBL}_WOOD"})

    async def _measure(self) -> None:
        """Both consoles are open, and the monitor of maria's takes its samples of the last minute."""
        steps = itertools.count(0.0, 0.003)
        for place, (cpu, memory) in enumerate(zip(_CPU, _MEBIBYTES, strict=True), 1):
            self._to(NOW - timedelta(seconds=5 * (len(_CPU) - place)))
            for person in (self.maria, self.jon):
                await person.presence.beat()
            monitor = Monitor(
                self.db,
                MonitorSettings(),
                MARIA,
                LockAges(),
                probe=GivenMachine(cpu, memory),
                timer=lambda: next(steps),
            )
            await monitor.perform_check()

    async def _until_beat(self, run: int) -> None:
        async def beats() -> bool:
            held = await self.maria.workspace.locks.get_active_locks()
            return any(lock.run == run and lock.last_beat == NOW for lock in held)

        await until_async("the run beats", beats)

    @asynccontextmanager
    async def _held_write(self, person: Person, code: str, *, at: int) -> AsyncIterator[int]:
        """A sync that is held before one of its writes; it ends with the block."""
        self.simulated.hold(at=at, only="writes")
        number = await person.begin(code, RunKind.SYNC, _YES)
        await asyncio.to_thread(self.simulated.wait_held)
        yield number
        self.simulated.release()
        await person.jobs.ended(number)

    def _at(self, day: int, hour: int, minute: int) -> None:
        """The clock goes on to a time of that November."""
        self._to(NOW.replace(day=day, hour=hour, minute=minute))

    def _to(self, at: datetime) -> None:
        assert at > self.clock.at, (at, self.clock.at)
        self.clock.at = at


async def write_weekend(folder: Path, label: Label = FOR_TESTS) -> None:
    """Writes the database of each moment into the folder."""
    clock = SetClock(NOW.replace(day=13, hour=16, minute=5))
    with (
        Simulated.start(label.simulator, lambda: clock().timestamp()) as simulated,
        TemporaryDirectory(prefix="weekend-") as place,
    ):
        file = Path(place, "bema.sqlite3")
        settings = settings_at(simulated.endpoints, f"sqlite:///{file}")
        async with await Database.open(settings.database_url, clock=clock) as db:
            maria, jon = (
                Person(workspace, paced_jobs(workspace, clock), Presence(db, workspace.me))
                for workspace in (workspace_of(db, settings, who) for who in (MARIA, JON))
            )
            weekend = Weekend(simulated, db, clock, label, maria, jon)
            await weekend.until_sunday_noon()
            async for moment in weekend.until_now():
                await asyncio.to_thread(_copy, file, folder / moment)


def _copy(source: Path, target: Path) -> None:
    """A database as it stands, also while somebody writes it."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
