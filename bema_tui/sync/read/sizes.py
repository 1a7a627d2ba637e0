"""How much a run's reads gave, to hold the next ones against."""

from __future__ import annotations

from bema_tui.model import ReadSizes
from bema_tui.store.campaigns import Campaigns
from bema_tui.sync.run_context import Job


async def sizes_at_last_good_read(job: Job) -> ReadSizes:
    """Return what the last good reads of the campaign gave."""
    return await Campaigns(job.db).read_sizes(job.campaign.code)


async def sizes_now(job: Job) -> ReadSizes:
    """Return what the newest reads gave."""
    latest = await job.orders.latest_complete()
    return ReadSizes(members=await job.people.count(), orders=latest.orders if latest else 0)


async def keep_sizes(job: Job) -> None:
    """Take what the newest reads gave for normal."""
    sizes = await sizes_now(job)
    await Campaigns(job.db).set_read_sizes(job.campaign.code, members=sizes.members, orders=sizes.orders)
