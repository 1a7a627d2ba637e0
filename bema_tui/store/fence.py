"""The right of a run to write: the campaign's lock, asked for in the same transaction as each write."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import LockLost
from bema_tui.store.schema import locks


@frozen
class Fence:
    """The right to write: the campaign's lock, as it was when this run took it."""

    key: str
    """The campaign's code."""
    token: int
    """The number of this taking of the lock; it only grows."""


def lost(fence: Fence) -> LockLost:
    """Return the error of a run that holds its lock no more."""
    return LockLost(
        f"The lock on {fence.key} was released or taken by somebody else.",
        tried="write on behalf of this run",
        advice="See `bema-tui locks` and `bema-tui runs`; resume the run when nobody else works on the campaign.",
    )


async def check_fence(connection: AsyncConnection, fence: Fence) -> None:
    """Raise unless the lock still carries our token; to be called inside the writing transaction.

    Raises:
        LockLost: it was released or taken by somebody else.
    """
    statement = (
        select(locks.c.token)
        .where(locks.c.key == fence.key, locks.c.token == fence.token, locks.c.held)
        .with_for_update()
    )
    if (await connection.execute(statement)).first() is None:
        raise lost(fence)
