"""Compares the buyers with the subscribers who were read: what a reading of MailerLite will still have to look up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Integer, Select, and_, func, select

from bema_tui.store.database import Database
from bema_tui.store.schema import members
from bema_tui.store.schema_shop import order_items, orders


@frozen
class ExpectedBuyers:
    """What the last read lets expect. Without a last read every buyer counts as being in none of the groups."""

    read_before: bool
    """Whether there was a last read."""
    outside: int
    """Buyers in none of the groups."""
    outside_known: int
    """Those of them whom MailerLite knows."""
    several: int
    """Members in more than one tier."""


class Buyers:
    """The buyers of a campaign's products, by their orders in these statuses."""

    def __init__(self, db: Database, campaign: str, product_ids: Sequence[str], statuses: Sequence[str]) -> None:
        self._db = db
        self._campaign = campaign
        self._products = list(product_ids)
        self._statuses = list(statuses)

    async def expected(self) -> ExpectedBuyers:
        """What the next read is likely to find."""
        newest = select(func.max(members.c.read_run)).where(members.c.campaign == self._campaign)
        async with self._db.read() as connection:
            last = await connection.scalar(newest) or -1
        # The run's number and no query in its place: with one, SQLite goes through every member for every order.
        seen = and_(members.c.campaign == self._campaign, members.c.read_run == last)
        of_buyer = and_(seen, members.c.email_key == orders.c.email_key)
        tierless = select(members.c.email_key).where(of_buyer, members.c.tiers == 0).exists()
        in_a_tier = select(members.c.email_key).where(of_buyer, members.c.tiers != 0).exists()
        bought = self._bought(order_items.c.product_id)
        several = members.c.tiers.op("&", return_type=Integer)(members.c.tiers - 1) != 0
        async with self._db.read() as connection:

            async def count(query: Select[Any]) -> int:
                return int(await connection.scalar(select(func.count()).select_from(query.subquery())) or 0)

            return ExpectedBuyers(
                read_before=last > 0,
                outside=await count(bought.where(~in_a_tier)),
                outside_known=await count(bought.where(tierless, ~in_a_tier)),
                several=await count(select(members.c.subscriber_id).where(seen, several)),
            )

    async def among(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of the e-mail keys that bought."""
        if not keys:
            return frozenset()
        # An expression keeps SQLite from going through every order of the products: it begins at the keys.
        product = order_items.c.product_id.concat("")
        query = self._bought(product).where(orders.c.email_key.in_(list(keys)))
        async with self._db.read() as connection:
            return frozenset((await connection.execute(query)).scalars())

    def _bought(self, product: ColumnElement[str]) -> Select[Any]:
        return (
            select(orders.c.email_key)
            .distinct()
            .select_from(order_items.join(orders, orders.c.id == order_items.c.order_id))
            .where(
                product.in_(self._products),
                orders.c.status.in_(self._statuses),
                orders.c.email_key.contains("@"),
            )
        )
