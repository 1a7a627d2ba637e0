"""The weekend at the label, made once for a state of the sources, and as the snapshot reads it."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from attrs import evolve, frozen

from bema_tui.model import CampaignStatus, RunState
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import CampaignView, PlanSubscriber, RunView, Snapshot
from tests.support.weekend import AFTERNOON, NOW, PLANNING, VIEWER, write_weekend

_ROOT: Final = Path(__file__).parents[2]
_SOURCES: Final = ("bema_tui/**/*.py", "tests/support/*.py")


@pytest.fixture(scope="session")
def weekend(pytestconfig: pytest.Config) -> Path:
    """The folder of the weekend's databases, which no test may write to.

    It is kept until a source changes; of the processes that want it at once, one makes it.
    """
    assert pytestconfig.cache is not None
    return weekend_in(pytestconfig.cache.mkdir("weekend"))


def weekend_in(cache: Path) -> Path:
    """The folder of the weekend's databases in a cache."""
    made = cache / _state_of_sources()
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for older in cache.iterdir():
                if older.is_dir():
                    shutil.rmtree(older)
            making = cache / "making"
            making.mkdir()
            asyncio.run(write_weekend(making))
            making.rename(made)
    return made


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(_ROOT.glob(pattern)):
            digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture
def weekend_file(weekend: Path, tmp_path: Path) -> Path:
    """The database of Sunday afternoon, for the test alone."""
    return Path(shutil.copyfile(weekend / AFTERNOON, tmp_path / "weekend.sqlite3"))


@frozen
class Sample:
    """What the snapshot reads of the weekend: records for the tests of screens to start from."""

    snapshot: Snapshot
    """Of Sunday at ``NOW``."""
    planning: RunView
    """The run of the campaign that is applied at ``NOW``, as it was when it began to read the shop."""
    subscriber: PlanSubscriber
    """The first one of the plan that waits, who gets a field, a group and out of another."""

    def campaign(self, status: CampaignStatus) -> CampaignView:
        """The campaign that stands so."""
        (found,) = (one for one in self.snapshot.campaigns if one.status is status)
        return found

    def run(self, state: RunState) -> RunView:
        """The newest run in this state."""
        return max((run for run in self.snapshot.runs if run.state is state), key=lambda run: run.id)

    @property
    def applying(self) -> RunView:
        return self.run(RunState.APPLYING)

    @property
    def waiting(self) -> RunView:
        return self.run(RunState.PLANNED)

    @property
    def lost(self) -> RunView:
        return self.run(RunState.LOST)

    @property
    def done(self) -> RunView:
        return self.run(RunState.DONE)


@pytest.fixture(scope="session")
def sample(weekend: Path) -> Sample:
    """What the snapshot reads of the weekend."""
    return asyncio.run(read_sample(weekend))


async def read_sample(folder: Path) -> Sample:
    """Reads copies, for even a reader opens a database so that it leaves files beside it."""
    with TemporaryDirectory() as place:
        copies = [Path(shutil.copy(folder / name, place)) for name in (PLANNING, AFTERNOON)]
        async with reader_of(copies[0]) as reader:
            planning = await _newest_whole(reader, RunState.PLANNING)
        async with reader_of(copies[1]) as reader:
            snapshot = await reader.read()
            waiting = await _newest_whole(reader, RunState.PLANNED)
            subscribers = await reader.plan_subscribers(waiting.id, None, 0, 1)
            whole = tuple([await reader.run(run.id) for run in snapshot.runs])
    return Sample(evolve(snapshot, runs=whole), planning, subscribers[0])


async def _newest_whole(reader: SnapshotReader, state: RunState) -> RunView:
    return await reader.run(max(run.id for run in (await reader.read()).runs if run.state is state))


@asynccontextmanager
async def reader_of(file: Path) -> AsyncIterator[SnapshotReader]:
    """The reader of a database at ``NOW``."""
    async with await Database.open(str(file), clock=lambda: NOW) as db:
        yield SnapshotReader(db, VIEWER, LockAges())
