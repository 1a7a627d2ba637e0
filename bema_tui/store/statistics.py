"""What each campaign's processing cost, and what the campaign brought."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import UsageError
from bema_tui.interfaces import StatsCollector
from bema_tui.model import Tier
from bema_tui.store.database import Database
from bema_tui.store.schema import memory_cleanups, processings, statistics


class Statistics:
    """Implements ``interfaces.StatsCollector``, and keeps what a campaign brought.

    ``memory`` tells the process's memory in bytes, ``timer`` seconds by a clock that nobody sets.
    """

    def __init__(self, db: Database, memory: Callable[[], int], timer: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._memory = memory
        self._timer = timer
        self._began: dict[int, float] = {}

    async def start_campaign(self, code: str, run: int) -> None:
        """A sitting of a run begins (a resumed run has several): its time and its memory to begin with."""
        memory = self._memory()
        async with self._db.write() as connection:
            await connection.execute(
                insert(processings).values(
                    campaign=code,
                    run=run,
                    started_at=self._db.now(),
                    counts={},
                    memory_baseline=memory,
                    memory_peak=memory,
                )
            )
        self._began[run] = self._timer()

    async def end_campaign(self, code: str, run: int, *, outcome: str) -> None:
        """The sitting has ended.

        Raises:
            UsageError: none of this run and campaign is open.
        """
        now = self._db.now()
        began = self._began.pop(run, None)
        async with self._db.write() as connection:
            row = await _open_sitting(connection, code, run)
            # A sitting that another process began can only be timed by the wall clock.
            seconds = (now - row.started_at).total_seconds() if began is None else self._timer() - began
            await _change(
                connection,
                row,
                ended_at=now,
                seconds=max(0.0, seconds),
                outcome=outcome,
                memory_peak=max(row.memory_peak, self._memory()),
            )

    async def update_stats(self, code: str, run: int, counts: Mapping[str, int]) -> None:
        """Replace the named counts of the open sitting, and look at the memory again.

        Raises:
            UsageError: none of this run and campaign is open.
        """
        async with self._db.write() as connection:
            row = await _open_sitting(connection, code, run)
            await _change(
                connection,
                row,
                counts={**row.counts, **counts},
                memory_peak=max(row.memory_peak, self._memory()),
            )

    async def record_memory_cleanup(self, code: str, run: int, *, before: int, after: int) -> None:
        """Memory was freed: bytes before and after."""
        async with self._db.write() as connection:
            await connection.execute(
                insert(memory_cleanups).values(campaign=code, run=run, at=self._db.now(), before=before, after=after)
            )

    async def record_campaign(
        self,
        code: str,
        run: int | None,
        tiers: Mapping[Tier, int],
        members: int,
        buyers: int,
        revenue: Decimal,
        currency: str,
        buyers_per_day: Sequence[int],
    ) -> None:
        """Keep what the campaign is at the end of a run; ``buyers_per_day`` is the last 30 days, oldest first."""
        async with self._db.write() as connection:
            await connection.execute(
                insert(statistics).values(
                    campaign=code,
                    run=run,
                    at=self._db.now(),
                    tiers={tier.value: count for tier, count in tiers.items()},
                    members=members,
                    buyers=buyers,
                    revenue=str(revenue),
                    currency=currency,
                    buyers_per_day=list(buyers_per_day),
                )
            )


async def _open_sitting(connection: AsyncConnection, code: str, run: int) -> Row[Any]:
    row = (
        await connection.execute(
            select(processings)
            .where(processings.c.run == run, processings.c.campaign == code, processings.c.ended_at.is_(None))
            .order_by(processings.c.id.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        raise UsageError(
            f"Run {run} of {code} has no processing under way.", tried="keep its statistics", advice="Start it first."
        )
    return row


async def _change(connection: AsyncConnection, row: Row[Any], **values: object) -> None:
    await connection.execute(update(processings).where(processings.c.id == row.id).values(**values))


if TYPE_CHECKING:
    _implements: type[StatsCollector] = Statistics
