"""The label's campaigns: which albums are kept in step, and which products they are known by."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import UsageError
from bema_tui.model import Campaign, ReadSizes
from bema_tui.store.activity import write_activity
from bema_tui.store.database import Database
from bema_tui.store.schema import campaign_products, campaigns
from bema_tui.text import one_line

_LIST = "`bema-tui campaigns list` shows every campaign."


class Campaigns:
    """The table of campaigns with their products."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, campaign: Campaign, by: str) -> bool:
        """Take up a campaign, or further products of one that is there with this code and album; write down who did.

        False says that it is there already, with these products.

        A campaign is known by its products, so it must have one of its own; beside that it may list a bundle that
        other campaigns list as well. Domain rules, sections 2 and 4.

        Raises:
            UsageError: it names no product, or its code or its products belong to another campaign.
        """
        products = tuple(dict.fromkeys(campaign.product_ids))
        if not products:
            raise UsageError(
                f"The campaign {campaign.code} names no product.",
                advice="Give the shop's product ids with --product: they are what a campaign is known by.",
            )
        async with self._db.write() as connection:
            listed = await _listed_by(connection, products)
            here = {product for product, code in listed if code == campaign.code}
            there = await _refuse_clashes(connection, campaign, products, listed)
            if there and len(here) == len(products):
                return False
            now = self._db.now()
            if not there:
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
            products = tuple(product for product in products if product not in here)
            await connection.execute(
                insert(campaign_products), [{"product_id": product, "code": campaign.code} for product in products]
            )
            text = f"added {campaign.code}, {campaign.album} (product {', '.join(products)})"
            await write_activity(connection, now, by, "campaign", text, campaign=campaign.code)
            return True

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


async def _listed_by(connection: AsyncConnection, products: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Each of the products with each campaign that lists it."""
    found = await connection.execute(
        select(campaign_products.c.product_id, campaign_products.c.code)
        .where(campaign_products.c.product_id.in_(products))
        .order_by(campaign_products.c.product_id, campaign_products.c.code)
    )
    return [(row.product_id, row.code) for row in found]


async def _refuse_clashes(
    connection: AsyncConnection,
    campaign: Campaign,
    products: Sequence[str],
    listed: Sequence[tuple[str, str]],
) -> bool:
    """Whether the campaign is there already and gets further products."""
    present = (await connection.execute(select(campaigns).where(campaigns.c.code == campaign.code))).first()
    if present is not None:
        if present.album != campaign.album:
            raise UsageError(
                f"The code {campaign.code} belongs to another campaign already: {present.album}.",
                tried="add a campaign",
                advice=f"Choose another code if this is another album. {_LIST}",
            )
        return True
    if len({product for product, _ in listed}) == len(products):
        product, owner = listed[0]
        raise UsageError(
            f"Product {product} belongs to the campaign {owner} already.",
            tried=f"add the campaign {campaign.code}",
            advice=f"A campaign needs a product that is its own; a bundle may stand beside it. {_LIST}",
        )
    return False


async def _row(connection: AsyncConnection, code: str) -> Row[Any]:
    row = (await connection.execute(select(campaigns).where(campaigns.c.code == code))).first()
    if row is None:
        raise await unknown_campaign(connection, code)
    return row


async def unknown_campaign(connection: AsyncConnection, code: str) -> UsageError:
    """Returns the refusal of a code that no campaign has, with the codes that are near to it."""
    codes = (await connection.execute(select(campaigns.c.code))).scalars().all()
    near = get_close_matches(code.upper(), codes, n=3)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(f"There is no campaign {one_line(code)!r}.", advice=f"{hint}{_LIST}")


def _campaign(row: Row[Any], products: Sequence[str]) -> Campaign:
    return Campaign(code=row.code, album=row.album, product_ids=tuple(products), state=row.state, start=row.start)
