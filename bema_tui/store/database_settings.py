"""Names and texts that belong to the database itself: its time zone, its shop's currencies, whom it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.clock import label_zone
from bema_tui.store.database import Database
from bema_tui.store.schema import settings

TIME_ZONE: Final = "timezone"
"""The label's time zone, which says when its day begins."""
CURRENCY: Final = "shop_currency"
"""The shop's own currency, as its last read told it; for runs that do not read the shop."""
CURRENCIES: Final = "shop_currencies"
"""Every currency that the shop ever told as its own, in their order, with blanks between."""


class DatabaseSettings:
    """The table of settings: names and texts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, name: str) -> str | None:
        """A setting's text; None when it was never set."""
        async with self._db.read() as connection:
            return await read_setting(connection, name)

    async def set(self, name: str, value: str, *, patience: float | None = None) -> None:
        """Store a setting's text, unless it stands there already.

        Raises:
            DatabaseBusy: another process writes for longer than ``patience`` seconds.
        """
        if await self.get(name) == value:
            return
        async with self._db.write(patience=patience) as connection:
            await write_setting(connection, name, value)

    async def saw_currency(self, code: str) -> None:
        """Keep the shop's own currency, and that it was that: what an order was paid in, the shop does not say."""
        async with self._db.write() as connection:
            before = await read_setting(connection, CURRENCIES) or await read_setting(connection, CURRENCY) or ""
            await write_setting(connection, CURRENCY, code)
            await write_setting(connection, CURRENCIES, " ".join(dict.fromkeys([*before.split(), code])))


async def read_setting(connection: AsyncConnection, name: str) -> str | None:
    """Return a setting's text within a transaction; None when it was never set."""
    return await connection.scalar(select(settings.c.value).where(settings.c.name == name))


async def write_setting(connection: AsyncConnection, name: str, value: str) -> None:
    """Store a setting's text within a transaction."""
    statement = upsert(settings).values(name=name, value=value)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[settings.c.name], set_={"value": statement.excluded.value})
    )


async def label_midnight(db: Database) -> datetime:
    """The start of the label's day, in its time zone."""
    zone = label_zone(await DatabaseSettings(db).get(TIME_ZONE) or "")
    return db.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
