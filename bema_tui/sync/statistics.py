"""A run's last step: what is known of the members follows the ledger, and the campaign's statistics are written."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal

from bema_tui.model import ChangeKind
from bema_tui.store.database_settings import CURRENCY, DatabaseSettings, label_midnight
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.store.members import MemberState
from bema_tui.store.sales import sales_of
from bema_tui.sync.run_context import RunContext

_PAGE = 2000
_CENT = Decimal("0.01")
_DAYS = 30


async def write_statistics(context: RunContext) -> str:
    """Count members, buyers and revenue as they stand after the run, and return the sums in words."""
    await _bring_up_to_date(context)
    tiers = await context.members.count_by_tier()
    members = await context.members.count()
    midnight = await label_midnight(context.db)
    today, zone = midnight.date(), midnight.tzinfo
    rules = context.settings.rules
    sales = await sales_of(
        context.db,
        context.campaign.code,
        context.run,
        context.campaign.product_ids,
        free=rules.count_free_orders,
        partial=rules.partial_refund_counts,
        since=datetime.combine(today - timedelta(days=_DAYS), time.min, zone),
    )
    first_days = Counter(first.astimezone(zone).date() for first in sales.first_orders)
    await context.statistics.record_campaign(
        context.campaign.code,
        context.run,
        tiers,
        members,
        sales.buyers,
        sales.revenue.quantize(_CENT),
        await DatabaseSettings(context.db).get(CURRENCY) or "",
        [first_days[today - timedelta(days=back)] for back in reversed(range(_DAYS))],
    )
    return f"{members:,} members, {sales.buyers:,} buyers"


async def _bring_up_to_date(context: RunContext) -> None:
    """Apply the run's applied rows to what was read, so that the statistics show what is now."""
    after = 0
    while rows := await context.ledger.applied_after(after, _PAGE):
        after = rows[-1].seq
        by_subscriber: dict[str, list[LedgerRow]] = {}
        for row in rows:
            if row.subscriber_id:
                by_subscriber.setdefault(row.subscriber_id, []).append(row)
        known = await context.members.states(list(by_subscriber))
        states = {}
        for subscriber_id, changes in by_subscriber.items():
            if subscriber_id not in known:
                continue
            tiers, stored = set(known[subscriber_id].tiers), known[subscriber_id].stored
            for change in changes:
                if change.kind is ChangeKind.SET_FIELD:
                    stored = change.after
                elif change.tier is not None:
                    (tiers.add if change.kind is ChangeKind.ADD_GROUP else tiers.discard)(change.tier)
            states[subscriber_id] = MemberState(frozenset(tiers), stored)
        await context.members.update(states)
        await context.note()  # of a large campaign this takes a while, and it is progress
