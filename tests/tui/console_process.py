"""The console as a process of its own, for the tests that look at the bytes on a real terminal.

Arguments: the kind of data (``calm``, ``hostile``, ``counting``, ``kept waiting``), and ``shadow``, ``plain`` or the
private name that Textual is to lack. With BEMA_IMPATIENT set, a terminal that takes nothing is waited for a moment;
BEMA_TEST_LOG is the file to log to.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import timedelta

from attrs import evolve

from bema_tui import signals
from bema_tui.model import CampaignStatus, ChangeState, Mode
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.drawing import line
from bema_tui.tui.drawing.textual_privates import NAMES
from bema_tui.tui.run import run_console
from bema_tui.waits import TellWait, Wait, WaitReason
from tests.support.weekend import NOW
from tests.tui.drawing.other_textual import put_in_place
from tests.tui.sample import APPLYING, HEALTH, HandReader, WrittenDown, campaign, picture

HOSTILE = "[/bold][red]Eve\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


class Counting(HandReader):
    """Each reading finds one change more applied."""

    async def read(self) -> Snapshot:
        done = 6_489 + self.reads
        moved = {**APPLYING.changes, ChangeState.APPLIED: done, ChangeState.PLANNED: 5_539 - self.reads}
        runs = tuple(evolve(run, changes=moved) if run.id == 418 else run for run in self.snapshot.runs)
        self.snapshot = evolve(self.snapshot, runs=runs)
        return await super().read()


class KeptWaiting(HandReader):
    """At each reading the process is found to wait for somebody who writes the database."""

    tell: TellWait | None = None

    def tell_waits_to(self, tell: TellWait) -> None:
        self.tell = tell

    async def read(self) -> Snapshot:
        if self.tell is not None:
            detail = "cron (process 7, ana) holds its write lock"
            self.tell(Wait(WaitReason.DATABASE, detail=detail), NOW + timedelta(seconds=13))
        return await super().read()


def hostile() -> Snapshot:
    """A picture whose every foreign text carries codes and markup."""
    snapshot = picture()
    assert snapshot.health is not None
    return evolve(
        snapshot,
        campaigns=(*(evolve(c, album=HOSTILE) for c in snapshot.campaigns), campaign(HOSTILE, CampaignStatus.FAILED)),
        activity=tuple(evolve(a, text=HOSTILE, who=HOSTILE) for a in snapshot.activity),
        newest_findings=tuple(evolve(f, subject=HOSTILE, message=HOSTILE) for f in snapshot.newest_findings),
        finding_groups=tuple(evolve(g, campaigns=((HOSTILE, 3),)) for g in snapshot.finding_groups),
        operators_here=(HOSTILE,),
        health=evolve(HEALTH, reasons=(HOSTILE,)),
    )


async def main(kind: str, output: str) -> int:
    """Show the console on this process's terminal."""
    readers = {"counting": Counting, "hostile": HandReader, "calm": HandReader, "kept waiting": KeptWaiting}
    reader = readers[kind](hostile() if kind == "hostile" else picture())
    if kind == "hostile":
        reader.subscribers = [evolve(p, email=HOSTILE, name=HOSTILE) for p in reader.subscribers[:3]]
    if "BEMA_IMPATIENT" in os.environ:
        line.PATIENCE_SECONDS = 0.02
    logging.basicConfig(filename=os.environ.get("BEMA_TEST_LOG", os.devnull))
    lacking = "textual._compositor.LayoutUpdate" if output == "plain" else output
    for name in NAMES:
        if str(name) == lacking:
            put_in_place(name)
    return await run_console(
        reader,
        WrittenDown(reader),
        None,
        mode=Mode.LIVE,
        profile="studio",
        user="maria",
        clock=lambda: NOW,
        busy_every=0.2,
        idle_every=0.2,
        tell_waits_to=reader.tell_waits_to if isinstance(reader, KeptWaiting) else None,
    )


if __name__ == "__main__":
    signals.take_over([])
    sys.exit(asyncio.run(main(*sys.argv[1:])))
