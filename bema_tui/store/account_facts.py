"""Keeps what an account showed of how it works, so that nobody has to find it out again."""

from __future__ import annotations

from enum import StrEnum

from bema_tui.bounds import LEARNED
from bema_tui.store.database import Database
from bema_tui.store.database_settings import DatabaseSettings


class AccountFact(StrEnum):
    """What an account can show of how it works."""

    PAGE_OF_GROUP = "page_of_group"
    """The rows of a full page of a group's members."""
    PAGE_OF_ACCOUNT = "page_of_account"
    """The rows of a full page of the account's subscribers."""
    SUBSCRIBERS = "people"
    """How many subscribers the account counts."""
    SUBSCRIBERS_COUNTED_AT = "people_counted_at"
    """When it counted them, in seconds since 1970."""
    LOOK_UP_FORM = "look_up_form"
    """The form of look-up that proved itself."""
    LOOK_UP_PROVED_AT = "look_up_proved_at"
    """When it did, in seconds since 1970."""
    BATCH_BASE = "batch_base"
    """What a batch takes of the quota whatever it holds."""
    BATCH_ITEM = "batch_item"
    """What each item of a batch takes of the quota beside that."""


class AccountFacts:
    """What an account showed and what holds until it shows otherwise: page sizes, what a batch takes, how subscribers
    are looked up."""

    def __init__(self, db: Database) -> None:
        self._settings = DatabaseSettings(db)

    async def number(self, name: AccountFact) -> int | None:
        """A number that was learned; None before."""
        return LEARNED.whole(await self.text(name))

    async def text(self, name: AccountFact) -> str | None:
        """A text that was learned; None before."""
        return await self._settings.get(f"mailerlite_{name}")

    async def learned(self, name: AccountFact, value: int | str) -> None:
        """Keep a number or text, if it is new."""
        if await self.text(name) != str(value):
            await self._settings.set(f"mailerlite_{name}", str(value))
