"""The label's campaigns: which albums are kept in step, and which products they are known by."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from attrs import frozen
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import UsageError
from bema_tui.model import Campaign
from bema_tui.store.activity import plain, write_activity
from bema_tui.store.database import Database
from bema_tui.store.schema import campaign_products, campaigns

_LIST = "`bema-tui campaigns list` shows every campaign."


@frozen
class ReadSizes:
    """What the last good reads saw: people in the campaign's groups, orders in the shop's list; None: no read yet."""

    members: int | None
    orders: int | None


class Campaigns:
    """The table of campaigns with their products."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, campaign: Campaign, by: str) -> None:
        """Take up a campaign, and write down who did.

        Raises:
            UsageError: it names no product, or its code or one of its products belongs to another campaign.
        """
        products = tuple(dict.fromkeys(campaign.product_ids))
        if not products:
            raise UsageError(
                f"The campaign {campaign.code} names no product.",
                advice="Give the shop's product ids with --product: they are what a campaign is known by.",
            )
        async with self._db.write() as connection:
            await _refuse_clashes(connection, campaign.code, products)
            now = self._db.now()
            await connection.execute(
                insert(campaigns).values(
                    code=campaign.code,
                    album=campaign.album,
                    state=campaign.state,
                    start=campaign.start,
                    created_at=now,
                    created_by=by,
                )
            )
            await connection.execute(
                insert(campaign_products), [{"product_id": product, "code": campaign.code} for product in products]
            )
            text = f"added {campaign.code}, {campaign.album} (product {', '.join(products)})"
            await write_activity(connection, now, by, "campaign", text, campaign=campaign.code)

    async def all(self) -> tuple[Campaign, ...]:
        """Every campaign, by code."""
        async with self._db.read() as connection:
            rows = (await connection.execute(select(campaigns).order_by(campaigns.c.code))).all()
            found = await connection.execute(select(campaign_products).order_by(campaign_products.c.product_id))
            products: dict[str, list[str]] = {}
            for row in found:
                products.setdefault(row.code, []).append(row.product_id)
        return tuple(_campaign(row, products.get(row.code, ())) for row in rows)

    async def get(self, code: str) -> Campaign:
        """One campaign.

        Raises:
            UsageError: there is none of this code; names the nearest ones.
        """
        async with self._db.read() as connection:
            row = await _row(connection, code)
            found = await connection.execute(
                select(campaign_products.c.product_id)
                .where(campaign_products.c.code == code)
                .order_by(campaign_products.c.product_id)
            )
            return _campaign(row, list(found.scalars()))

    async def read_sizes(self, code: str) -> ReadSizes:
        """What the last good reads for this campaign saw.

        Raises:
            UsageError: there is none of this code.
        """
        async with self._db.read() as connection:
            row = await _row(connection, code)
        return ReadSizes(row.last_members, row.last_orders)

    async def set_read_sizes(self, code: str, *, members: int | None = None, orders: int | None = None) -> None:
        """Keep what a good read saw, to hold the next one against; None leaves what is there.

        Raises:
            UsageError: there is none of this code.
        """
        seen = {"last_members": members, "last_orders": orders}
        values = {name: value for name, value in seen.items() if value is not None}
        async with self._db.write() as connection:
            await _row(connection, code)
            if values:
                await connection.execute(update(campaigns).where(campaigns.c.code == code).values(**values))


async def _refuse_clashes(connection: AsyncConnection, code: str, products: Sequence[str]) -> None:
    present = (await connection.execute(select(campaigns).where(campaigns.c.code == code))).first()
    if present is not None:
        raise UsageError(
            f"The code {code} belongs to another campaign already: {present.album}.",
            tried="add a campaign",
            advice=f"Choose another code if this is another album. {_LIST}",
        )
    taken = (
        await connection.execute(
            select(campaign_products.c.product_id, campaigns.c.code, campaigns.c.album)
            .join(campaigns, campaigns.c.code == campaign_products.c.code)
            .where(campaign_products.c.product_id.in_(products))
            .order_by(campaign_products.c.product_id)
            .limit(1)
        )
    ).first()
    if taken is not None:
        raise UsageError(
            f"Product {taken.product_id} belongs to the campaign {taken.code} already: {taken.album}.",
            tried=f"add the campaign {code}",
            advice=f"A product belongs to one campaign only. {_LIST}",
        )


async def _row(connection: AsyncConnection, code: str) -> Row[Any]:
    row = (await connection.execute(select(campaigns).where(campaigns.c.code == code))).first()
    if row is None:
        codes = (await connection.execute(select(campaigns.c.code))).scalars().all()
        near = get_close_matches(code.upper(), codes, n=3)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"There is no campaign {plain(code)!r}.", advice=f"{hint}{_LIST}")
    return row


def _campaign(row: Row[Any], products: Sequence[str]) -> Campaign:
    return Campaign(code=row.code, album=row.album, product_ids=tuple(products), state=row.state, start=row.start)
