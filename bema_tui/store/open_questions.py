"""What the shop's list does not explain, found by the database: stored values without an order, orders that left."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from sqlalchemy import and_, select

from bema_tui.field_values import same_value
from bema_tui.model import OrderStatus
from bema_tui.store.database import Database
from bema_tui.store.order_rows import chunks
from bema_tui.store.orders import holds_product
from bema_tui.store.schema import members
from bema_tui.store.schema_shop import order_items, orders
from bema_tui.store.shop_reads import latest_full_read


@frozen
class StoredValue:
    """What a member's purchase field holds."""

    email_key: str
    """The member's e-mail for comparing."""
    value: str
    """The value as text."""


@frozen
class GoneOrder:
    """A known order that the shop's list does not show any more."""

    email_key: str
    """The buyer's e-mail for comparing."""
    key: str
    """The order's payment key."""
    number: str
    """The order's ``ID``."""


class OpenQuestions:
    """What one run of a campaign has to ask the shop about; usually very little, so that nobody else is walked."""

    def __init__(self, db: Database, campaign: str, run: int, product_ids: Sequence[str]) -> None:
        self._db = db
        self._campaign = campaign
        self._run = run
        self._products = list(product_ids)

    async def unexplained(self) -> list[StoredValue]:
        """Return those whom the run read and whose stored value names none of their orders of the campaign."""
        named = and_(
            orders.c.email_key == members.c.email_key,
            orders.c.number == members.c.stored,
            orders.c.email_key != "",
            holds_product(self._products),
        )
        # What is not the same text may still be the same number: that is compared below.
        query = (
            select(members.c.email_key, members.c.stored)
            .where(
                members.c.campaign == self._campaign,
                members.c.read_run == self._run,
                members.c.stored != "",
                ~select(orders.c.id).where(named).exists(),
            )
            .order_by(members.c.email_key, members.c.subscriber_id)
        )
        async with self._db.read() as connection:
            found = [StoredValue(row.email_key, row.stored) for row in await connection.execute(query)]
            numbers: dict[str, list[str]] = {}
            for part in chunks(sorted({one.email_key for one in found})):
                of_buyers = select(orders.c.email_key, orders.c.number).where(
                    orders.c.email_key.in_(part), orders.c.email_key != "", holds_product(self._products)
                )
                for row in await connection.execute(of_buyers):
                    numbers.setdefault(row.email_key, []).append(row.number)
        return [
            one for one in found if not any(same_value(one.value, number) for number in numbers.get(one.email_key, ()))
        ]

    async def gone(self) -> list[GoneOrder]:
        """Return the campaign's orders that the list does not show, and that are not known to be refunded."""
        query = (
            select(orders.c.email_key, orders.c.key, orders.c.number)
            .distinct()
            .select_from(order_items.join(orders, orders.c.id == order_items.c.order_id))
            .where(
                order_items.c.product_id.in_(self._products),
                orders.c.email_key != "",
                orders.c.read_id < latest_full_read(),
                orders.c.status != OrderStatus.REFUNDED,
            )
            .order_by(orders.c.email_key, orders.c.key, orders.c.number)
        )
        async with self._db.read() as connection:
            return [GoneOrder(row.email_key, row.key, row.number) for row in await connection.execute(query)]
