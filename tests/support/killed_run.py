"""A sync in a process of its own that somebody kills: what it leaves behind is a lost run, with its lock.

Standard input has one JSON document: ``database``, ``endpoints``, ``holder``, ``campaign`` and ``at``.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from bema_tui.model import Holder, RunKind, RunOptions
from bema_tui.operations import runs
from bema_tui.simulator import Endpoints
from bema_tui.store.database import Database
from tests.support.clock import SetClock
from tests.support.paced import paced_jobs, settings_at, workspace_of
from tests.support.simulated import Simulated

_ROOT = Path(__file__).parents[2]


def lose_run(simulated: Simulated, database: Path, holder: Holder, campaign: str, at: datetime, *, writes: int) -> None:
    """Lets the holder sync a campaign, and kills the process when so many writes have taken effect."""
    simulated.hold(at=writes, when="after", only="writes")
    document = {
        "database": str(database),
        "endpoints": attrs.asdict(simulated.endpoints),
        "holder": attrs.asdict(holder),
        "campaign": campaign,
        "at": at.isoformat(),
    }
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(document))
        process.stdin.close()
        try:
            simulated.wait_held(process)
        finally:
            process.kill()
    simulated.release()


async def _sync(document: dict[str, Any]) -> None:
    clock = SetClock(datetime.fromisoformat(document["at"]))
    settings = settings_at(Endpoints(**document["endpoints"]), document["database"])
    async with await Database.open(settings.database_url, clock=clock) as db:
        workspace = workspace_of(db, settings, Holder(**document["holder"]))
        jobs = paced_jobs(workspace, clock)
        options = RunOptions(yes=True, max_moves=100_000)
        await jobs.ended(await runs.start(workspace, jobs, document["campaign"], RunKind.SYNC, options))


if __name__ == "__main__":
    asyncio.run(_sync(json.load(sys.stdin)))
