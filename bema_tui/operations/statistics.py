"""What the campaigns brought."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from bema_tui.operations.workspace import Workspace
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.orders import Orders
from bema_tui.store.snapshot.views import CampaignView


@frozen
class CampaignStatistics:
    """The campaigns with their numbers, and how old what they rest on is."""

    campaigns: tuple[CampaignView, ...]
    """By how much they want to be looked at."""
    full_read_at: datetime | None
    """When the shop's whole list was last read; None: never."""


async def statistics(workspace: Workspace, code: str | None = None) -> CampaignStatistics:
    """The numbers of all campaigns, or of one.

    Raises:
        UsageError: there is no campaign of this code.
    """
    if code is not None:
        await Campaigns(workspace.db).get(code)
    snapshot = await workspace.reader.read()
    full = await Orders(workspace.db).latest_complete()
    found = tuple(campaign for campaign in snapshot.campaigns if code in (None, campaign.code))
    return CampaignStatistics(found, full.finished_at if full is not None else None)
