"""The table of health samples: how each process and its machine were, kept for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from bema_tui.model import HealthStatus, Holder
from bema_tui.store.database import Database
from bema_tui.store.schema import health_samples, settings

_KEEP: Final = timedelta(hours=24)
_PATIENCE: Final = 1.0  # seconds that a sample waits for somebody who writes


class HealthSamples:
    """The samples of one process, which ``me`` names, beside those of all others."""

    def __init__(self, db: Database, me: Holder) -> None:
        self._db = db
        self._me = me

    async def add(self, status: HealthStatus, *, lag_ms: float, full_check: bool) -> None:
        """Store a sample; a full check forgets the samples older than a day.

        Raises:
            DatabaseBusy: another process keeps the database from being written.
        """
        load_1, load_5, load_15 = status.load_average
        async with self._db.write(patience=_PATIENCE) as connection:
            if full_check:
                await connection.execute(delete(health_samples).where(health_samples.c.at < status.at - _KEEP))
            await connection.execute(
                insert(health_samples).values(
                    at=status.at,
                    host=self._me.host,
                    pid=self._me.pid,
                    full_check=full_check,
                    memory_usage=status.memory_usage,
                    memory_limit=status.memory_limit,
                    load_1=load_1,
                    load_5=load_5,
                    load_15=load_15,
                    cores=status.cores,
                    cpu_percent=status.cpu_percent,
                    active_processes=status.active_processes,
                    database_ms=status.database_ms,
                    lag_ms=lag_ms,
                    job_status=dict(status.job_status),
                    score=status.health_score,
                    reasons=list(status.reasons),
                )
            )

    async def smallest_read(self) -> None:
        """Read as little as can be read, so that somebody may time it."""
        async with self._db.read() as connection:
            await connection.execute(select(settings.c.name).limit(1))
