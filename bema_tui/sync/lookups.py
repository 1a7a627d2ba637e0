"""Asks the shop about stored purchases that its list does not explain: row ids of the old plugin, orders that left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from bema_tui.campaigns.purchases import Aliases, canonical, same_value
from bema_tui.model import Order, OrderIdentity
from bema_tui.sync.job import Job
from bema_tui.sync.merge import Pair, people_with_orders

_AT_ONCE = 4
_ASK_AGAIN = timedelta(days=1)
_MAX_ROW_ID_DIGITS = 15


async def explain_stored_values(job: Job, *, shrank: bool) -> Aliases:
    """Look up what the list does not explain, remember the answers, and return the row ids: value → order.

    A stored value that matches no order of its subscriber may be a row id of the old plugin: the shop is asked
    once by ``id``, and the answer counts only if e-mail and product match. An order that left the list is asked for by
    its key: only a positive ``refunded`` counts, with the right to see sales asked for again. Domain rules, section 4.
    Not so after a read that shrank: half the shop would be asked for one by one, and nothing may be taken back anyway.

    Raises:
        NotAuthorized: the right to see sales is gone.
    """
    row_ids: set[str] = set()
    gone: set[str] = set()
    now = job.db.now()
    async for pair in people_with_orders(job):
        row_ids.update(_unexplained(pair))
        for known in pair.orders:
            if not shrank and not known.listed and known.order.status != "refunded":
                gone.add(known.order.key)
    answers = await job.orders.row_id_answers(sorted(row_ids))
    fresh = sorted(row_ids - set(answers))
    gone -= await job.orders.looked_up_since(sorted(gone), now - _ASK_AGAIN)
    if not fresh and not gone:
        return _known(answers)
    found = await _ask(job, fresh, sorted(gone))
    await job.shop.validate_connection()
    await _remember(job, fresh, found)
    return _known(await job.orders.row_id_answers(sorted(row_ids)))


def _unexplained(pair: Pair) -> list[str]:
    numbers = [known.order.number for known in pair.orders]
    stored = [canonical(member.stored) for member in pair.members]
    return [
        value
        for value in stored
        if value is not None
        and value.isascii()
        and value.isdigit()
        and len(value) <= _MAX_ROW_ID_DIGITS
        and not any(same_value(value, number) for number in numbers)
    ]


async def _ask(job: Job, row_ids: list[str], keys: list[str]) -> dict[str, Order | None]:
    """Ask for each, a few at a time; the answers by ``id:<value>`` and ``key:<value>``."""
    gate = asyncio.Semaphore(_AT_ONCE)
    found: dict[str, Order | None] = {}

    async def one(kind: str, value: str) -> None:
        async with gate:
            job.interrupt.check()
            order = await (job.shop.find_order(row_id=value) if kind == "id" else job.shop.find_order(key=value))
            found[f"{kind}:{value}"] = order

    try:
        async with asyncio.TaskGroup() as group:
            for value in row_ids:
                group.create_task(one("id", value))
            for value in keys:
                group.create_task(one("key", value))
    except BaseExceptionGroup as failures:
        # One look-up that fails ends them all; its own error says more than the group of them.
        raise failures.exceptions[0] from None
    return found


async def _remember(job: Job, row_ids: list[str], found: Mapping[str, Order | None]) -> None:
    """Keep what the shop said. Whose order it is, and of which product, is judged when it is used."""
    for order in found.values():
        if order is not None:
            await job.orders.put_looked_up(order)
    for value in row_ids:
        order = found[f"id:{value}"]
        await job.orders.remember_row_id(value, order.identity if order is not None else None)
    for name in found:
        if name.startswith("key:"):
            # Of several orders with one key the shop answers with the oldest; the others were asked for all the same.
            await job.orders.mark_looked_up(name.removeprefix("key:"))


def _known(answers: Mapping[str, OrderIdentity | None]) -> Aliases:
    return {value: order for value, order in answers.items() if order is not None}
