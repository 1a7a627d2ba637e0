"""What belongs to the database itself: its account, its shop, its time zone."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import WrongAccount
from bema_tui.store.activity import write_activity
from bema_tui.store.database import Database
from bema_tui.store.schema import settings

Owner = Literal["mailerlite_account", "shop"]
CURRENCY: Final = "shop_currency"
"""The shop's own currency, as its last read told it; for runs that do not read the shop."""
CURRENCIES: Final = "shop_currencies"
"""Every currency that the shop ever told as its own, in their order, with blanks between."""

_WORDS: dict[Owner, str] = {"mailerlite_account": "the MailerLite account", "shop": "the shop"}


class DatabaseSettings:
    """The table of settings: names and texts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, name: str) -> str | None:
        """A setting's text; None when it was never set."""
        async with self._db.read() as connection:
            return await _value(connection, name)

    async def set(self, name: str, value: str, *, patience: float | None = None) -> None:
        """Store a setting's text, unless it stands there already.

        Raises:
            DatabaseBusy: another process writes for longer than ``patience`` seconds.
        """
        if await self.get(name) == value:
            return
        async with self._db.write(patience=patience) as connection:
            await _store(connection, name, value)

    async def saw_currency(self, code: str) -> None:
        """Keep the shop's own currency, and that it was that: what an order was paid in, the shop does not say."""
        async with self._db.write() as connection:
            before = await _value(connection, CURRENCIES) or await _value(connection, CURRENCY) or ""
            await _store(connection, CURRENCY, code)
            await _store(connection, CURRENCIES, " ".join(dict.fromkeys([*before.split(), code])))

    async def belongs_to(self, kind: Owner, value: str) -> None:
        """Hold this database to one account and one shop: the first that answered is stored. Domain rules, section 6.

        Raises:
            WrongAccount: another one is stored.
        """
        if await self.get(kind) is None:
            async with self._db.write() as connection:
                if await _value(connection, kind) is None:
                    await _store(connection, kind, value)
        await self.refuse_other(kind, value)

    async def move(self, kind: Owner, before: str | None, value: str, by: str, text: str) -> None:
        """Make this database belong to another address of the same thing; write down who did.

        Raises:
            WrongAccount: it no longer belongs to ``before``: somebody else was quicker.
        """
        async with self._db.write() as connection:
            stored = await _value(connection, kind)
            if stored == before:
                await _store(connection, kind, value)
                await write_activity(connection, self._db.now(), by, kind, text)
        if stored != before:
            raise self._other(kind, stored or "nothing", value)

    async def refuse_other(self, kind: Owner, value: str) -> None:
        """Raise if the database belongs to another account or shop; to be asked before that one is contacted.

        Raises:
            WrongAccount: another one is stored.
        """
        stored = await self.get(kind)
        if stored is not None and stored != value:
            raise self._other(kind, stored, value)

    def _other(self, kind: Owner, stored: str, value: str) -> WrongAccount:
        advice = "Check the key and the address in the settings, or use another database for this account."
        if kind == "shop":
            advice = (
                f"If it is the same shop at a new address, prove it: bema-tui shop move {value}. Else check the shop's "
                "address in the settings, or use another database for this shop."
            )
        return WrongAccount(
            f"This database belongs to {_WORDS[kind]} {stored}, not to {value}. Nothing was sent.",
            where=self._db.where,
            tried=f"check {_WORDS[kind]}",
            advice=advice,
        )


async def _value(connection: AsyncConnection, name: str) -> str | None:
    return await connection.scalar(select(settings.c.value).where(settings.c.name == name))


async def _store(connection: AsyncConnection, name: str, value: str) -> None:
    statement = upsert(settings).values(name=name, value=value)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[settings.c.name], set_={"value": statement.excluded.value})
    )
