"""Sales that a read of the shop could not use: kept with the read, so that whatever rests on it knows of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, delete, func, insert, or_, select

from bema_tui.listing import UnreadableSale
from bema_tui.rules.records import Unproved
from bema_tui.store.database import Database
from bema_tui.store.schema_shop import orders, shop_reads, unreadable_sales
from bema_tui.store.shop_reads import WHOLE


class UnreadableSales:
    """The table of them. Those of a read go when a later complete read of the whole list has its own."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, read_id: int, found: Sequence[UnreadableSale]) -> None:
        """Keep what a read could not use; to be called once for each read, before it is called complete."""
        newest = select(func.max(shop_reads.c.id)).where(WHOLE)
        rows = [
            {
                "read_id": read_id,
                "number": sale.number,
                "key": sale.key,
                "email_key": sale.email_key,
                "path": f"{sale.place}.{sale.path}".rstrip(".")[:255],
                "problem": sale.problem,
            }
            for sale in found
        ]
        async with self._db.write() as connection:
            await connection.execute(
                delete(unreadable_sales).where(unreadable_sales.c.read_id < newest.scalar_subquery())
            )
            if rows:
                await connection.execute(insert(unreadable_sales), rows)

    async def unproved_since(self, read_id: int) -> Unproved:
        """Returns the buyers for whom this read and later ones don't prove an absence: those named, and earlier owners.

        Such a sale can stand under another e-mail by now: its key, or else its number, identifies the order.
        """
        sale = unreadable_sales.c
        same = or_(orders.c.key == sale.key, and_(sale.key == "", orders.c.number == sale.number))
        read = sale.read_id >= read_id
        named = select(sale.email_key, sale.number).where(read)
        owners = select(orders.c.email_key, sale.number).join_from(unreadable_sales, orders, same)
        numbers: dict[str, list[str]] = {}
        async with self._db.read() as connection:
            for row in await connection.execute(named.union(owners.where(read, orders.c.email_key != ""))):
                numbers.setdefault(row.email_key, []).append(row.number)
        return Unproved({key: frozenset(found) for key, found in numbers.items()})
