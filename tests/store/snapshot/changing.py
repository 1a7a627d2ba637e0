"""Changes rows of the weekend, as a run or another program would, and counts them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from bema_tui.store.database import Database


async def change(db: Database, table: Any, condition: Any, **values: object) -> None:
    async with db.write() as connection:
        result = await connection.execute(update(table).where(condition).values(**values))
        assert result.rowcount


async def number(db: Database, table: Any, *conditions: Any) -> int:
    """How many rows of a table are so."""
    async with db.read() as connection:
        found = await connection.scalar(select(func.count()).select_from(table).where(*conditions))
    return int(found or 0)
