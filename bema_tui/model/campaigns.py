"""What a campaign is, the tiers in which its members stand, and how it stands itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class Tier(StrEnum):
    """A rung of a campaign; a subscriber without one is unassigned (an empty set of tiers). Domain rules, section 3."""

    OPT_IN = "opt_in"
    """Has not bought; MailerLite's automations move on to silver."""
    GOLD = "gold"
    """Has not bought; MailerLite's automations move on to silver."""
    SILVER = "silver"
    """Has not bought; MailerLite's automations move on to bronze."""
    BRONZE = "bronze"
    """Has not bought; MailerLite's automations move on to wood."""
    WOOD = "wood"
    """Has not bought, and is the last of the unpurchased tiers; a buyer stays here."""
    GOLD_PURCHASED = "gold_purchased"
    """Bought while in opt-in, in gold or in no tier."""
    SILVER_PURCHASED = "silver_purchased"
    """Bought while in silver."""
    BRONZE_PURCHASED = "bronze_purchased"
    """Bought while in bronze."""

    @property
    def purchased(self) -> bool:
        """Whether who stands here has bought."""
        return self.value.endswith("_purchased")


class CampaignStatus(StrEnum):
    """How a campaign stands, by its findings and its runs."""

    UP_TO_DATE = "up_to_date"
    """The last sync ended well."""
    NEVER = "never"
    """No run has ended yet, but for plans that were discarded."""
    PLAN_WAITS = "plan_waits"
    """A plan waits for a yes."""
    PLANNING = "planning"
    """A run reads and plans."""
    APPLYING = "applying"
    """A run sends its plan."""
    PAUSED = "paused"
    """A run is paused."""
    LOST = "lost"
    """The process of its newest run died."""
    FAILED = "failed"
    """The last run failed, or some of its changes did."""
    STOPPED = "stopped"
    """The last run was stopped."""
    BLOCKED = "blocked"
    """A finding stops every run of it."""


@frozen
class Campaign:
    """An album release. Domain rules, section 2."""

    code: str
    """``YYYY_ARTIST_ALBUM``: its name, and its groups' and its field's."""
    album: str
    """The album's name."""
    product_ids: tuple[str, ...]
    """Its identity: the shop's products that are it, bundles with it among them."""
    state: str = "active"
    """``active``: there is no other so far."""
    start: datetime | None = None
    """Its earliest valid order when it was discovered; None if there was none, or it was added by hand."""
