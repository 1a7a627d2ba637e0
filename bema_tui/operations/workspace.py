"""An open database with everything that operations work with: who acts, by which settings, and what they read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from attrs import frozen

from bema_tui.errors import DatabaseBusy
from bema_tui.loopback import is_loopback
from bema_tui.model import Holder, Mode
from bema_tui.settings import Settings
from bema_tui.store.database import AT_ONCE, Database
from bema_tui.store.database_settings import TIME_ZONE, DatabaseSettings
from bema_tui.store.identity import current_holder
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.waits import TellWait


@frozen
class Workspace:
    """One database, opened by one process for one operator."""

    settings: Settings
    """How this operator works."""
    db: Database
    """The open database."""
    me: Holder
    """This process, as it signs what it does."""
    locks: DatabaseLocks
    """The locks, as this process takes and releases them."""
    reader: SnapshotReader
    """Reads what is shown."""

    @property
    def read_only(self) -> bool:
        """Whether the operator may write to no service, and change no run and no lock."""
        return self.settings.read_only

    @property
    def mode(self) -> Mode:
        """Whether real people can be mailed from here."""
        return mode_of(self.settings)


def mode_of(settings: Settings) -> Mode:
    """Live, unless both services are on this very machine: no real people can be mailed from there."""
    hosts = [urlsplit(url).hostname or "" for url in (settings.mailerlite.url, settings.edd.url)]
    return Mode.SIMULATOR if all(map(is_loopback, hosts)) else Mode.LIVE


def workspace_on(db: Database, settings: Settings) -> Workspace:
    """Return the workspace of this process on a database that is open; nothing is read or written."""
    me, ages = current_holder(), settings.locks
    reader = SnapshotReader(db, me, ages, stalled_after=settings.health.stalled_after_seconds)
    return Workspace(settings, db, me, DatabaseLocks(db, ages, me), reader)


@asynccontextmanager
async def open_workspace(
    settings: Settings, *, reading: bool = False, tell_wait: TellWait | None = None
) -> AsyncIterator[Workspace]:
    """Open the database, and release what is stale, if that can be done at once.

    Whoever is only ``reading`` never waits for somebody who writes. ``tell_wait`` hears what is waited for.

    Raises:
        StoreError: the database can't be opened.
    """
    async with await Database.open(settings.database_url, tell_wait=tell_wait) as db:
        workspace = workspace_on(db, settings)
        if not workspace.read_only:
            with suppress(DatabaseBusy):  # whoever comes next does it, and what is stale may be taken in any case
                await workspace.locks.sweep(patience=AT_ONCE)
        if settings.timezone:
            try:
                await DatabaseSettings(db).set(TIME_ZONE, settings.timezone, patience=AT_ONCE if reading else None)
            except DatabaseBusy:
                if not reading:  # what only reads does not need it
                    raise
        yield workspace
