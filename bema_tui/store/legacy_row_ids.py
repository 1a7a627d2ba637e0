"""What the shop answered when it was asked for stored values that may be row ids of the old plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.model import OrderIdentity
from bema_tui.store.database import Database
from bema_tui.store.order_rows import chunks
from bema_tui.store.schema_shop import orders, row_id_answers


class RowIds:
    """The table of answers; a row id is asked for once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def remember(self, row_id: str, order: OrderIdentity | None, *, answered: bool = True) -> None:
        """Keep the shop's answer for a stored value that may be a row id of the old plugin; None: it showed no order.

        The order itself must have been put before. Not ``answered``: the shop failed over it, which proves nothing.
        """
        async with self._db.write() as connection:
            number = None
            if order is not None:
                query = select(orders.c.id).where(
                    orders.c.key == order.key, orders.c.date_utc == order.date_utc, orders.c.number == order.number
                )
                number = (await connection.execute(query)).scalar_one()
            statement = upsert(row_id_answers).values(
                row_id=row_id, order_id=number, answered=answered, asked_at=self._db.now()
            )
            new = statement.excluded
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[row_id_answers.c.row_id],
                    set_={name: new[name] for name in ("order_id", "answered", "asked_at")},
                )
            )

    async def answers(
        self, values: Sequence[str], *, unanswered_since: datetime | None = None
    ) -> Mapping[str, OrderIdentity | None]:
        """The kept answers for these values: value → order, or None; a value never asked for is not in it.

        Nor is one that the shop failed over before ``unanswered_since``.
        """
        usable: ColumnElement[bool] = true()
        if unanswered_since is not None:
            usable = or_(row_id_answers.c.answered, row_id_answers.c.asked_at >= unanswered_since)
        found: dict[str, OrderIdentity | None] = {}
        async with self._db.read() as connection:
            for part in chunks(values):
                query = (
                    select(row_id_answers.c.row_id, orders.c.id, orders.c.key, orders.c.date_utc, orders.c.number)
                    .select_from(row_id_answers.outerjoin(orders, orders.c.id == row_id_answers.c.order_id))
                    .where(row_id_answers.c.row_id.in_(part), usable)
                )
                for row in await connection.execute(query):
                    known = row.id is not None
                    found[row.row_id] = OrderIdentity(row.key, row.date_utc, row.number) if known else None
        return found

    async def some_known(self, most: int = 2) -> tuple[str, ...]:
        """A few row ids under which the shop has shown an order: what a look-up by row id should find."""
        query = (
            select(row_id_answers.c.row_id)
            .where(row_id_answers.c.order_id.is_not(None))
            .order_by(row_id_answers.c.asked_at.desc())
            .limit(most)
        )
        async with self._db.read() as connection:
            return tuple((await connection.execute(query)).scalars())
