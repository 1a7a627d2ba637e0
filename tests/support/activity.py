"""What was written down of who did what."""

from __future__ import annotations

from bema_tui.store.database import Database
from bema_tui.store.snapshot.overview import read_activity
from bema_tui.store.snapshot.views import ActivityView


async def latest_activity(db: Database, limit: int) -> tuple[ActivityView, ...]:
    """Returns the newest lines of activity, newest first."""
    async with db.read() as connection:
        return await read_activity(connection, limit)
