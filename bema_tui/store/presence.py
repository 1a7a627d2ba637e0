"""Who has a console open, and how the two services are: small facts that every console shows."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.model import Holder, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.schema import consoles, services
from bema_tui.text import one_line

HERE_FOR: Final = timedelta(seconds=90)
"""How long after its last beat a console still counts as open."""

_FORGET_AFTER: Final = timedelta(days=1)
_WRITE_EVERY: Final = 1.0  # seconds


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
        """Say that this console is still open; the first beat opens it. To be called at least every 90 seconds."""
        now = self._db.now()
        statement = upsert(consoles).values(
            id=self._id, user=self._me.user, host=self._me.host, since=now, last_beat=now
        )
        async with self._db.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[consoles.c.id], set_={"last_beat": now})
            )

    async def closed(self) -> None:
        """Take this console off the others' screens."""
        async with self._db.write() as connection:
            await connection.execute(delete(consoles).where(consoles.c.id == self._id))


class Services:
    """What the last request to each service told.

    A change of state is written at once. Everything else, the quota above all, at most once a second for each
    service, so that a run does not hammer the database.
    """

    def __init__(self, db: Database, timer: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._timer = timer
        self._written: dict[str, tuple[Mapping[str, object], float]] = {}

    async def record(
        self,
        name: str,
        state: ServiceState,
        detail: str = "",
        latency_ms: float | None = None,
        quota_limit: int | None = None,
        quota_left: int | None = None,
        quota_resets_at: datetime | None = None,
    ) -> bool:
        """Write how a service is; false when it was left out because the last writing is under a second old.

        ``name`` is ``mailerlite`` or ``shop``. None leaves a figure as it was.
        """
        values: dict[str, object] = {"state": state, "detail": one_line(detail)}
        figures = {
            "latency_ms": latency_ms,
            "quota_limit": quota_limit,
            "quota_left": quota_left,
            "quota_resets_at": quota_resets_at,
        }
        values |= {key: figure for key, figure in figures.items() if figure is not None}
        if not self._due(name, values):
            return False
        told = values | {"at": self._db.now()}
        statement = upsert(services).values(name=name, **told)
        async with self._db.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=[services.c.name], set_=told))
        self._written[name] = (values, self._timer())
        return True

    def _due(self, name: str, values: Mapping[str, object]) -> bool:
        if name not in self._written:
            return True
        before, at = self._written[name]
        if (before["state"], before["detail"]) != (values["state"], values["detail"]):
            return True
        return self._timer() - at >= _WRITE_EVERY
