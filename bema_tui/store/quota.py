"""Keeps one count of the account's requests for all processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import Row, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.store.database import Database
from bema_tui.store.schema import quota_periods


@frozen
class QuotaRow:
    """The present period of an account's quota, as all processes together have used it."""

    quota: int
    """The requests that are allowed in a period."""
    used: int = 0
    """The requests of this period that were admitted."""
    pending: int = 0
    """The admitted requests that are not answered yet."""
    started_at: datetime | None = None
    """When the first one was admitted."""
    ends_at: datetime | None = None
    """When the period ends."""
    answered: bool = False
    """Whether an answer has said when it ends."""
    closed_until: datetime | None = None
    """Until when MailerLite refuses, by its own word."""


class QuotaPeriods:
    """The periods, each changed in one short write transaction."""

    def __init__(self, db: Database, url: str, quota: int) -> None:
        """``url`` names the account, ``quota`` is its limit until an answer says another."""
        self._db = db
        self._url = url[:255]
        self._first = QuotaRow(quota)

    async def read(self) -> QuotaRow:
        """Return the period as it was last written."""
        async with self._db.read() as connection:
            query = select(quota_periods).where(quota_periods.c.url == self._url)
            return self._row((await connection.execute(query)).one_or_none())

    async def change(self, step: Callable[[QuotaRow], QuotaRow]) -> QuotaRow:
        """Replace the period by ``step`` of it, with no other process in between, and return the new one."""
        table = quota_periods
        async with self._db.write() as connection:
            found = (await connection.execute(select(table).where(table.c.url == self._url))).one_or_none()
            old = self._row(found)
            new = step(old)
            if found is None or new != old:
                statement = upsert(table).values(url=self._url, **asdict(new))
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=[table.c.url], set_=asdict(new))
                )
        return new

    def _row(self, found: Row[Any] | None) -> QuotaRow:
        if found is None:
            return self._first
        return QuotaRow(**{name: value for name, value in found._mapping.items() if name != "url"})
