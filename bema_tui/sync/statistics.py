"""A run's last step: brings the memory of the people in step with the ledger, and writes the campaign's statistics."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from bema_tui.model import ChangeKind
from bema_tui.rules.purchases import is_valid
from bema_tui.store.database_settings import CURRENCY, DatabaseSettings
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.sync.plan.pairing import people_with_orders
from bema_tui.sync.run_context import RunContext

_PAGE = 2000
_CENT = Decimal("0.01")
_DAYS = 30


async def write_statistics(context: RunContext) -> str:
    """Count members, buyers and revenue as they stand after the run, and return the sums in words."""
    await _bring_in_step(context)
    tiers = await context.people.count_by_tier()
    members = await context.people.count()
    today = context.db.now().date()
    buyers = 0
    revenue = Decimal(0)
    first_days: Counter[date] = Counter()
    async for pair in people_with_orders(context):
        valid = [known.order for known in pair.orders if is_valid(known, context.campaign, context.settings.rules)]
        if not valid:
            continue
        revenue += sum(
            (item.price for order in valid for item in order.items if item.product_id in context.campaign.product_ids),
            Decimal(0),
        )
        buyers += bool(pair.members)
        dates = [order.date_utc for order in valid if order.date_utc is not None]
        if dates:
            first_days[min(dates).date()] += 1
    await context.statistics.record_campaign(
        context.campaign.code,
        context.run,
        tiers,
        members,
        buyers,
        revenue.quantize(_CENT),
        await DatabaseSettings(context.db).get(CURRENCY) or "",
        [first_days[today - timedelta(days=back)] for back in reversed(range(_DAYS))],
    )
    return f"{members:,} members, {buyers:,} buyers"


async def _bring_in_step(context: RunContext) -> None:
    """Apply the run's applied rows to what was read, so that the statistics show what is now."""
    after = 0
    while rows := await context.ledger.applied_after(after, _PAGE):
        after = rows[-1].seq
        by_person: dict[str, list[LedgerRow]] = {}
        for row in rows:
            if row.subscriber_id:
                by_person.setdefault(row.subscriber_id, []).append(row)
        known = await context.people.states(list(by_person))
        states = {}
        for person, changes in by_person.items():
            if person not in known:
                continue
            tiers, stored = set(known[person].tiers), known[person].stored
            for change in changes:
                if change.kind is ChangeKind.SET_FIELD:
                    stored = change.after
                elif change.tier is not None:
                    (tiers.add if change.kind is ChangeKind.ADD_GROUP else tiers.discard)(change.tier)
            states[person] = (frozenset(tiers), stored)
        await context.people.update(states)
