"""Changes rows of the story, as a run or another program would."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from bema_tui.store.database import Database


async def change(db: Database, table: Any, condition: Any, **values: object) -> None:
    async with db.write() as connection:
        result = await connection.execute(update(table).where(condition).values(**values))
        assert result.rowcount
