"""How the two services are, by what they answered last: every console shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.model import ServiceName, ServiceState
from bema_tui.store.database import Database
from bema_tui.store.schema import services
from bema_tui.text import one_line

_WRITE_EVERY: Final = 1.0  # seconds


class Services:
    """What the last request to each service told.

    A change of state is written at once. That it is as it was, at most once a second for each service, so that a run
    does not hammer the database.
    """

    def __init__(self, db: Database, timer: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._timer = timer
        self._written: dict[ServiceName, tuple[Mapping[str, object], float]] = {}

    async def record(
        self,
        name: ServiceName,
        state: ServiceState,
        detail: str = "",
        latency_ms: float | None = None,
    ) -> bool:
        """Write how a service is; false when it was left out because the last writing is under a second old.

        Without a ``latency_ms`` it stays as it was.
        """
        values: dict[str, object] = {"state": state, "detail": one_line(detail)}
        if latency_ms is not None:
            values["latency_ms"] = latency_ms
        if not self._due(name, values):
            return False
        told = values | {"at": self._db.now()}
        statement = upsert(services).values(name=name, **told)
        async with self._db.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=[services.c.name], set_=told))
        self._written[name] = (values, self._timer())
        return True

    def _due(self, name: ServiceName, values: Mapping[str, object]) -> bool:
        if name not in self._written:
            return True
        before, at = self._written[name]
        if (before["state"], before["detail"]) != (values["state"], values["detail"]):
            return True
        return self._timer() - at >= _WRITE_EVERY
