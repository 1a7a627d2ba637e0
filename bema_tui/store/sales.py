"""What a campaign's valid orders come to, counted by the database. Domain rules, section 4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import frozen
from sqlalchemy import Select, and_, func, literal, select

from bema_tui.bounds import AMOUNT
from bema_tui.store.database import Database
from bema_tui.store.orders import bought
from bema_tui.store.schema import members
from bema_tui.store.schema_shop import order_items, orders


@frozen
class Sales:
    """What was sold of a campaign."""

    buyers: int
    """Members of the campaign's groups with a valid order, each e-mail once."""
    revenue: Decimal
    """What the campaign's products cost in the valid orders, with the buyers whom MailerLite does not know."""
    first_orders: tuple[datetime, ...]
    """When those bought for the first time who did so lately."""


async def sales_of(
    db: Database, campaign: str, run: int, product_ids: Sequence[str], *, free: bool, partial: bool, since: datetime
) -> Sales:
    """Return the sales of a campaign's products.

    Args:
        db: the database.
        campaign: the campaign's code.
        run: the run whose read says who is in the campaign's groups.
        product_ids: the campaign's products.
        free: whether orders without a price count.
        partial: whether orders that were refunded in part count.
        since: from when on first orders are returned.
    """
    valid = (
        select(orders.c.id, orders.c.email_key, orders.c.date_utc)
        .distinct()
        .select_from(order_items.join(orders, orders.c.id == order_items.c.order_id))
        .where(
            order_items.c.product_id.in_(list(product_ids)),
            orders.c.email_key != "",
            bought(free=free, partial=partial),
        )
        .subquery()
    )
    of_run = and_(members.c.campaign == campaign, members.c.read_run == run, members.c.tiers != 0)
    same = select(members.c.email_key).where(of_run, members.c.email_key == valid.c.email_key)
    buyers = select(func.count(valid.c.email_key.distinct())).where(same.exists())
    first = func.min(valid.c.date_utc, type_=orders.c.date_utc.type)
    # A date that is not known sorts behind every other, and says nothing.
    lately: Select[Any] = (
        select(first)
        .where(valid.c.date_utc != literal(None, orders.c.date_utc.type))
        .group_by(valid.c.email_key)
        .having(first >= literal(since, orders.c.date_utc.type))
    )
    # Prices are text: the database counts them, and does not add them up as floats.
    prices = (
        select(order_items.c.price, func.count())
        .select_from(order_items.join(valid, valid.c.id == order_items.c.order_id))
        .where(order_items.c.product_id.in_(list(product_ids)))
        .group_by(order_items.c.price)
    )
    async with db.read() as connection:
        return Sales(
            buyers=int(await connection.scalar(buyers) or 0),
            revenue=sum(
                # A version that took any amount may have kept one in whose sum the others' cents would be lost.
                (
                    price * times
                    for text, times in await connection.execute(prices)
                    if (price := Decimal(text)) in AMOUNT
                ),
                Decimal(0),
            ),
            first_orders=tuple((await connection.execute(lately)).scalars()),
        )
