"""What is known of subscribers who are marked as buyers, and whose mark no order under their e-mail explains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.field_values import canonical
from bema_tui.model import ChangeKind, ChangeState
from bema_tui.rules.records import FormerEmail, Sighting, Trace
from bema_tui.store.database import Database
from bema_tui.store.order_rows import chunks
from bema_tui.store.schema import ledger
from bema_tui.store.schema_shop import former_emails, order_items, orders, row_id_answers
from bema_tui.store.shop_reads import latest_full_read


class Mark(NamedTuple):
    """A mark, and whose it is."""

    value: str | None
    """The field's value as values compare; None for a purchased tier alone."""
    email_key: str
    """The e-mail of its subscriber, for comparing."""


class Traces:
    """The orders of the shop under such a number or once under the e-mail, and when the ledger wrote it."""

    def __init__(self, db: Database, campaign: str) -> None:
        self._db = db
        self._campaign = campaign

    async def of(self, marked: Mapping[str, Mark]) -> dict[str, Trace]:
        """What is known of each subscriber's mark."""
        values = sorted({mark.value for mark in marked.values() if mark.value is not None})
        keys = sorted({mark.email_key for mark in marked.values() if mark.value is None})
        numbered = await self._sightings(values, _by_number, _by_row_id)
        once = await self._sightings(keys, _by_former_email)
        written = await self._written(sorted(marked))
        traces = {}
        for subscriber_id, mark in marked.items():
            seen = once.get(mark.email_key, ()) if mark.value is None else numbered.get(mark.value, ())
            traces[subscriber_id] = Trace(tuple(seen), written.get((subscriber_id, mark.value or "")))
        return traces

    async def _sightings(
        self, values: Sequence[str], *queries: Callable[[Sequence[str]], Select[Any]]
    ) -> Mapping[str, list[Sighting]]:
        """The known orders that any of the queries finds by these values, the last seen first."""
        found: dict[str, list[Sighting]] = defaultdict(list)
        async with self._db.read() as connection:
            for part in chunks(values):
                rows: list[Any] = []
                for query in queries:
                    rows += (await connection.execute(query(part))).all()
                ids = sorted({row.id for row in rows})
                former = await _former_emails(connection, ids)
                products = await _products(connection, ids)
                for row in sorted(rows, key=lambda row: row.last_seen, reverse=True):
                    found[row.value].append(_sighting(row, products.get(row.id, ()), former.get(row.id, ())))
        return found

    async def _written(self, subscriber_ids: Sequence[str]) -> Mapping[tuple[str, str], datetime]:
        """When the engine last wrote which value into whose field."""
        found: dict[tuple[str, str], datetime] = {}
        async with self._db.read() as connection:
            for part in chunks(subscriber_ids):
                query = (
                    select(ledger.c.subscriber_id, ledger.c.after, ledger.c.recorded_at)
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
                    if value is not None and row.recorded_at is not None:
                        found[row.subscriber_id, value] = row.recorded_at
        return found


def _columns() -> tuple[Any, ...]:
    listed = (orders.c.read_id >= latest_full_read()).label("listed")
    return orders.c.id, orders.c.number, orders.c.email, orders.c.email_key, orders.c.last_seen, listed


def _by_number(values: Sequence[str]) -> Select[Any]:
    return select(orders.c.number.label("value"), *_columns()).where(orders.c.number.in_(values))


def _by_row_id(values: Sequence[str]) -> Select[Any]:
    return (
        select(row_id_answers.c.row_id.label("value"), *_columns())
        .select_from(row_id_answers.join(orders, orders.c.id == row_id_answers.c.order_id))
        .where(row_id_answers.c.row_id.in_(values))
    )


def _by_former_email(keys: Sequence[str]) -> Select[Any]:
    return (
        select(former_emails.c.email_key.label("value"), *_columns())
        .select_from(former_emails.join(orders, orders.c.id == former_emails.c.order_id))
        .where(former_emails.c.email_key.in_(keys))
    )


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
        number=row.number,
        email=row.email,
        email_key=row.email_key,
        listed=bool(row.listed),
        last_seen=row.last_seen,
        product_ids=frozenset(products),
        former=tuple(former),
    )
