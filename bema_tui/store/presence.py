"""Who has a console open: what every console shows of the others."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.model import Holder
from bema_tui.store.database import Database
from bema_tui.store.schema import consoles

HERE_FOR: Final = timedelta(seconds=90)
"""How long after its last sign of life a console still counts as open."""

_FORGET_AFTER: Final = timedelta(days=1)


class Presence:
    """One open console, as the others see it: opened, then beating, then closed."""

    def __init__(self, db: Database, me: Holder) -> None:
        self._db = db
        self._me = me
        self._id = secrets.token_hex(16)

    async def opened(self) -> None:
        """Show this console to the others, and forget those that died a day ago without closing."""
        async with self._db.write() as connection:
            await connection.execute(delete(consoles).where(consoles.c.last_beat < self._db.now() - _FORGET_AFTER))
        await self.beat()

    async def beat(self) -> None:
        """Say that this console is still open; the first call opens it. Must be called at least every 90 seconds."""
        now = self._db.now()
        statement = upsert(consoles).values(
            id=self._id, user=self._me.user, host=self._me.host, pid=self._me.pid, since=now, last_beat=now
        )
        async with self._db.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[consoles.c.id], set_={"last_beat": now})
            )

    async def closed(self) -> None:
        """Take this console off the others' screens."""
        async with self._db.write() as connection:
            await connection.execute(delete(consoles).where(consoles.c.id == self._id))
