"""What is known of an order number that somebody's field holds and no order of theirs has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.campaigns.context import FormerEmail, Sighting, Trace
from bema_tui.campaigns.purchases import canonical
from bema_tui.model import ChangeKind, ChangeState
from bema_tui.store.database import Database
from bema_tui.store.order_rows import chunks
from bema_tui.store.schema import ledger
from bema_tui.store.schema_shop import former_emails, order_items, orders, row_id_answers
from bema_tui.store.shop_reads import latest_full_read


class Traces:
    """The orders of the shop under such a number, and the ledger's rows that wrote it, for one campaign."""

    def __init__(self, db: Database, campaign: str) -> None:
        self._db = db
        self._campaign = campaign

    async def of(self, marked: Mapping[str, str]) -> dict[str, Trace]:
        """What is known of each: subscriber → value, as values compare."""
        if not marked:
            return {}
        sightings = await self._sightings(sorted(set(marked.values())))
        written = await self._written(sorted(marked))
        return {
            person: Trace(tuple(sightings.get(value, ())), written.get((person, value)))
            for person, value in marked.items()
        }

    async def _sightings(self, values: Sequence[str]) -> Mapping[str, list[Sighting]]:
        """The known orders of these numbers, or that the shop showed under these row ids, the last seen first."""
        found: dict[str, list[Sighting]] = defaultdict(list)
        listed = (orders.c.read_id >= latest_full_read()).label("listed")
        columns = (orders.c.id, orders.c.email, orders.c.email_key, orders.c.last_seen, listed)
        async with self._db.read() as connection:
            for part in chunks(values):
                by_number = select(orders.c.number.label("value"), *columns).where(orders.c.number.in_(part))
                by_row_id = (
                    select(row_id_answers.c.row_id.label("value"), *columns)
                    .select_from(row_id_answers.join(orders, orders.c.id == row_id_answers.c.order_id))
                    .where(row_id_answers.c.row_id.in_(part))
                )
                rows = [*(await connection.execute(by_number)).all(), *(await connection.execute(by_row_id)).all()]
                ids = sorted({row.id for row in rows})
                former = await _former_emails(connection, ids)
                products = await _products(connection, ids)
                for row in sorted(rows, key=lambda row: row.last_seen, reverse=True):
                    found[row.value].append(_sighting(row, products.get(row.id, ()), former.get(row.id, ())))
        return found

    async def _written(self, people: Sequence[str]) -> Mapping[tuple[str, str], datetime]:
        """When the engine last wrote which value into whose field."""
        found: dict[tuple[str, str], datetime] = {}
        async with self._db.read() as connection:
            for part in chunks(people):
                query = (
                    select(ledger.c.subscriber_id, ledger.c.after, ledger.c.settled_at)
                    .where(
                        ledger.c.campaign == self._campaign,
                        ledger.c.subscriber_id.in_(part),
                        ledger.c.kind == ChangeKind.SET_FIELD,
                        ledger.c.state == ChangeState.APPLIED,
                        ledger.c.after.is_not(None),
                    )
                    .order_by(ledger.c.id)
                )
                for row in await connection.execute(query):
                    value = canonical(row.after)
                    if value is not None and row.settled_at is not None:
                        found[row.subscriber_id, value] = row.settled_at
        return found


async def _former_emails(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Sequence[FormerEmail]]:
    found: dict[int, list[FormerEmail]] = defaultdict(list)
    for part in chunks(ids):
        query = select(former_emails).where(former_emails.c.order_id.in_(part))
        for row in await connection.execute(query.order_by(former_emails.c.last_seen.desc())):
            found[row.order_id].append(FormerEmail(row.email, row.email_key, row.last_seen))
    return found


async def _products(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for part in chunks(ids):
        query = select(order_items.c.order_id, order_items.c.product_id).where(order_items.c.order_id.in_(part))
        for row in await connection.execute(query):
            found[row.order_id].append(row.product_id)
    return found


def _sighting(row: Any, products: Sequence[str], former: Sequence[FormerEmail]) -> Sighting:
    return Sighting(
        email=row.email,
        email_key=row.email_key,
        listed=bool(row.listed),
        last_seen=row.last_seen,
        product_ids=frozenset(products),
        former=tuple(former),
    )
