"""Keeps what an account showed of how it works, so that nobody has to find it out again."""

from __future__ import annotations

from bema_tui.bounds import LEARNED
from bema_tui.store.database import Database
from bema_tui.store.database_settings import DatabaseSettings


class AccountFacts:
    """What an account showed and what holds until it shows otherwise: page sizes, what a batch takes, how people are
    looked up."""

    def __init__(self, db: Database) -> None:
        self._settings = DatabaseSettings(db)

    async def number(self, name: str) -> int | None:
        """A number that was learned; None before."""
        return LEARNED.whole(await self.text(name))

    async def text(self, name: str) -> str | None:
        """A text that was learned; None before."""
        return await self._settings.get(f"mailerlite_{name}")

    async def learned(self, name: str, value: int | str) -> None:
        """Keep a number or text, if it is new."""
        if await self.text(name) != str(value):
            await self._settings.set(f"mailerlite_{name}", str(value))
