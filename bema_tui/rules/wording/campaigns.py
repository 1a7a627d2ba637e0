"""The words that people read for how a campaign stands. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bema_tui.model import CampaignStatus

_WORDS: Final[Mapping[CampaignStatus, str]] = {
    CampaignStatus.UP_TO_DATE: "up to date",
    CampaignStatus.NEVER: "never synced",
    CampaignStatus.PLAN_WAITS: "plan waits",
    CampaignStatus.PLANNING: "planning",
    CampaignStatus.APPLYING: "applying",
    CampaignStatus.PAUSED: "paused",
    CampaignStatus.LOST: "lost",
    CampaignStatus.FAILED: "failed",
    CampaignStatus.STOPPED: "stopped",
    CampaignStatus.BLOCKED: "blocked",
}


def status_text(status: CampaignStatus) -> str:
    """Returns how a campaign stands, as the screens and the commands say it."""
    return _WORDS[status]
