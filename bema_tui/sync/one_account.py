"""Holds MailerLite's answers to the one account that a database belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bema_tui.store.database import Database
from bema_tui.store.ownership import Owner, Ownership
from bema_tui.sync.ports import MailingService


@asynccontextmanager
async def one_account(db: Database, mailerlite: MailingService) -> AsyncIterator[None]:
    """Hold MailerLite's answers to the account that the database belongs to, from the first one on; the account that
    the requests within name is stored, if there is none yet.

    Raises:
        WrongAccount: another account answered.
    """
    ownership = Ownership(db)
    mailerlite.hold_to(await ownership.owner(Owner.MAILERLITE_ACCOUNT))
    yield
    if mailerlite.account_id:
        await ownership.belongs_to(Owner.MAILERLITE_ACCOUNT, mailerlite.account_id)
