"""How much a run's reads gave, to hold the next ones against."""

from __future__ import annotations

from bema_tui.model import ReadSizes
from bema_tui.store.campaigns import Campaigns
from bema_tui.sync.run_context import RunContext


async def sizes_at_last_good_read(context: RunContext) -> ReadSizes:
    """Return what the last good reads of the campaign gave."""
    return await Campaigns(context.db).read_sizes(context.campaign.code)


async def sizes_now(context: RunContext) -> ReadSizes:
    """Return what the newest reads gave."""
    latest = await context.orders.latest_complete()
    return ReadSizes(members=await context.members.count(), orders=latest.orders if latest else 0)


async def keep_sizes(context: RunContext) -> None:
    """Take what the newest reads gave for normal."""
    sizes = await sizes_now(context)
    await Campaigns(context.db).set_read_sizes(context.campaign.code, members=sizes.members, orders=sizes.orders)
