"""Holds a database to one MailerLite account and one shop. Domain rules, section 6."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bema_tui.errors import WrongAccount
from bema_tui.store.activity import write_activity
from bema_tui.store.database import Database
from bema_tui.store.database_settings import read_setting, write_setting


class Owner(StrEnum):
    """What a database belongs to; the name of its setting as well."""

    MAILERLITE_ACCOUNT = "mailerlite_account"
    """The account that answered first."""
    SHOP = "shop"
    """The shop, by its URL."""


_WORDS: Final[Mapping[Owner, str]] = {Owner.MAILERLITE_ACCOUNT: "the MailerLite account", Owner.SHOP: "the shop"}


class Ownership:
    """The account and the shop that the database belongs to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def owner(self, kind: Owner) -> str | None:
        """Return the account or the shop that is stored; None before the first one answered."""
        async with self._db.read() as connection:
            return await read_setting(connection, kind)

    async def belongs_to(self, kind: Owner, value: str) -> None:
        """Hold this database to one account and one shop: the first that answered is stored. Domain rules, section 6.

        Raises:
            WrongAccount: another one is stored.
        """
        if await self.owner(kind) is None:
            async with self._db.write() as connection:
                if await read_setting(connection, kind) is None:
                    await write_setting(connection, kind, value)
        await self.refuse_other(kind, value)

    async def move(self, kind: Owner, before: str | None, value: str, by: str, text: str) -> None:
        """Make this database belong to another URL of the same thing; write down who did.

        Raises:
            WrongAccount: it no longer belongs to ``before``: somebody else was quicker.
        """
        async with self._db.write() as connection:
            stored = await read_setting(connection, kind)
            if stored == before:
                await write_setting(connection, kind, value)
                await write_activity(connection, self._db.now(), by, kind, text)
        if stored != before:
            raise self._other(kind, stored or "nothing", value)

    async def refuse_other(self, kind: Owner, value: str) -> None:
        """Raise if the database belongs to another account or shop; to be asked before that one is contacted.

        Raises:
            WrongAccount: another one is stored.
        """
        stored = await self.owner(kind)
        if stored is not None and stored != value:
            raise self._other(kind, stored, value)

    def _other(self, kind: Owner, stored: str, value: str) -> WrongAccount:
        advice = ""
        if kind is Owner.SHOP:
            advice = (
                f"If it is the same shop at a new URL, prove it: bema-tui shop move {value}. Else check the shop's "
                "URL in the settings, or use another database for this shop."
            )
        return WrongAccount.met(
            f"{_WORDS[kind]} {stored}",
            f", not to {value}. Nothing was sent.",
            where=self._db.where,
            tried=f"check {_WORDS[kind]}",
            advice=advice,
        )
