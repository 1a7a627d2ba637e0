"""One read of a campaign's members on its way: what it works with, and what it has met so far."""

from __future__ import annotations

from attrs import define, field

from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.run_context import RunContext


@define
class MembersReading:
    """Lives as long as the read; what it has met is handed on as ``MembersRead`` at the end."""

    context: RunContext
    """The run."""
    account: CampaignInMailerLite
    """The campaign's groups and field."""
    members: int = 0
    """How many members came so far."""
    set_aside: dict[str, str] = field(factory=dict)
    """Those who are left alone: id (or e-mail) → e-mail key, empty where that can't be read either."""
    unreadable: set[str] = field(factory=set)
    """Those of them who came and can't be read, by id, e-mail or place: not those who could not be looked up."""
    in_doubt: set[str] = field(factory=set)
    """The ids of those whose tiers are uncertain, because a group can't be read."""
    incomplete_groups: list[str] = field(factory=list)
    """Groups not all of whose members came."""
