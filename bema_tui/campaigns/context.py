"""What the reconciliation of one person rests on and what comes out of it; records only."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bema_tui.campaigns.purchases import Rules
from bema_tui.campaigns.tiers import ORDER
from bema_tui.emails import email_key
from bema_tui.model import Campaign, CustomField, Finding, Group, PlannedChange, SubscriberStatus, Tier

WRITABLE_TYPES = frozenset({"number", "text"})
"""The types of a purchase field that can hold an order's ``ID``."""


@frozen
class Person:
    """One subscriber as the mailing service, the ledger and earlier reads know them, for one campaign.

    ``tiers`` are those of this campaign; ``stored`` is the purchase field's value as text. ``seen_before``: the ledger
    or an earlier read saw them in the campaign. ``placed_by_us`` is the tier the ledger says the engine put them
    in last, ``before_purchase`` the tier they had before that.
    """

    subscriber_id: str
    email: str
    status: SubscriberStatus | None
    name: str
    tiers: frozenset[Tier]
    stored: str | None
    seen_before: bool = False
    placed_by_us: Tier | None = None
    before_purchase: Tier | None = None

    @property
    def email_key(self) -> str:
        """The e-mail for comparing. Domain rules, section 4."""
        return email_key(self.email)

    @property
    def bought(self) -> tuple[Tier, ...]:
        """The purchased tiers this person is in."""
        return tuple(tier for tier in ORDER if tier in self.tiers and tier.purchased)

    @property
    def lower(self) -> tuple[Tier, ...]:
        """The unpurchased tiers this person is in."""
        return tuple(tier for tier in ORDER if tier in self.tiers and not tier.purchased)

    @property
    def known_to_campaign(self) -> bool:
        """Whether anything says that this person was in the campaign before."""
        return self.seen_before or self.placed_by_us is not None or self.before_purchase is not None


@frozen
class CampaignContext:
    """A campaign with what the account has for it, and what the reads behind it may be used for.

    ``missing``: tiers without a group; moves into them are skipped. ``full_shop_read``: absence of an order is proved.
    ``shrank``: a read shrank, so nothing may be removed or reverted because of it.
    """

    campaign: Campaign
    groups: Mapping[Tier, Group]
    field: CustomField | None
    rules: Rules
    missing: frozenset[Tier] = frozenset()
    full_shop_read: bool = True
    shrank: bool = False

    @property
    def writable_field(self) -> CustomField | None:
        """The purchase field, if there is one and its type can hold an order's ``ID``; else the campaign is blocked."""
        return self.field if self.field is not None and self.field.type in WRITABLE_TYPES else None

    def has_group(self, tier: Tier) -> bool:
        """Whether somebody can be moved into or out of this tier."""
        return tier in self.groups and tier not in self.missing


@frozen
class Outcome:
    """What one person needs: changes in the order set_field, add_group, remove_group, and findings."""

    changes: tuple[PlannedChange, ...] = ()
    findings: tuple[Finding, ...] = ()


@frozen
class Step:
    """What shall become of one person's tiers, and the words the plan groups it by."""

    rule: str
    add: Tier | None = None
    remove: tuple[Tier, ...] = ()
