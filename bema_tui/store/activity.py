"""Who did what when: one line for everything that people would ask about later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.store.database import Database
from bema_tui.store.schema import activity
from bema_tui.text import one_line


async def write_activity(
    connection: AsyncConnection,
    at: datetime,
    who: str,
    action: str,
    text: str,
    *,
    host: str = "",
    campaign: str | None = None,
    run: int | None = None,
) -> None:
    """Add one line inside a transaction that does the thing it speaks of."""
    await connection.execute(
        insert(activity).values(
            at=at,
            who=one_line(who),
            host=one_line(host),
            action=action,
            campaign=campaign,
            run=run,
            text=one_line(text),
        )
    )


class Activity:
    """The table of activity."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(
        self, who: str, action: str, text: str, campaign: str | None = None, run: int | None = None, *, host: str = ""
    ) -> None:
        """Write down that ``who`` did ``action``; ``text`` says it in words."""
        async with self._db.write() as connection:
            await write_activity(connection, self._db.now(), who, action, text, host=host, campaign=campaign, run=run)
