"""What the reconciliation of one member rests on and what comes out of it; records only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import Factory, field, frozen

from bema_tui.emails import key_of
from bema_tui.field_values import FieldType, same_value
from bema_tui.model import Campaign, CustomField, Finding, Group, PlannedChange, Purpose, SubscriberStatus, Tier
from bema_tui.rules.choices import Rules
from bema_tui.rules.tiers import ORDER

ANYBODY: Final = ""
"""The e-mail key of a sale whose e-mail could not be read."""
WRITABLE_TYPES: Final[frozenset[str]] = frozenset(FieldType)
"""The types of a purchase field that can hold an order's ``ID``."""


@frozen
class FormerEmail:
    """An e-mail under which the shop showed an order before it was changed there, and when it did so last."""

    email: str
    """The e-mail as typed."""
    email_key: str
    """The e-mail for comparing."""
    last_seen: datetime
    """When the shop showed the order under it last."""


@frozen
class Sighting:
    """An order as the shop has shown it."""

    number: str
    """Its number."""
    email: str
    """Its e-mail as typed."""
    email_key: str
    """Its e-mail for comparing."""
    listed: bool
    """Whether the shop lists it still."""
    last_seen: datetime
    """When the shop showed it last."""
    product_ids: frozenset[str] = frozenset()
    """Its products."""
    former: tuple[FormerEmail, ...] = ()
    """Its e-mails before, the last seen first."""


@frozen
class Trace:
    """What is known of a mark that no order of its subscriber explains."""

    sightings: tuple[Sighting, ...] = ()
    """The orders of the stored number, or those once under the subscriber's e-mail, the last seen first."""
    written_at: datetime | None = None
    """When the engine wrote the number into this subscriber's field."""


@frozen
class Member:
    """A subscriber as MailerLite showed them to a run, for one campaign; also a buyer who is in none of its groups."""

    subscriber_id: str
    """Their id at MailerLite."""
    email: str
    """Their e-mail as MailerLite shows it."""
    name: str
    """Their first name."""
    last_name: str
    """Their last name."""
    source: str
    """How they came to MailerLite, by its word."""
    status: SubscriberStatus
    """Whether they are active, or why not."""
    tiers: frozenset[Tier]
    """The tiers of this campaign that they are in."""
    stored: str | None
    """What the purchase field holds, as text."""
    read_at: datetime
    """When they were read."""
    seen_before: bool = False
    """Whether the ledger or an earlier read saw them in the campaign."""
    placed_by_us: Tier | None = None
    """The tier that the engine put them into last, by the ledger."""
    before_purchase: Tier | None = None
    """The tier that they were in before that."""
    trace: Trace = Trace()
    """What is known of a mark that no order of theirs explains."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing. Domain rules, section 4."""

    @property
    def full_name(self) -> str:
        """First and last name on one line."""
        return " ".join(part for part in (self.name, self.last_name) if part)

    @property
    def bought(self) -> tuple[Tier, ...]:
        """The purchased tiers that they are in."""
        return tuple(tier for tier in ORDER if tier in self.tiers and tier.purchased)

    @property
    def lower(self) -> tuple[Tier, ...]:
        """The unpurchased tiers that they are in."""
        return tuple(tier for tier in ORDER if tier in self.tiers and not tier.purchased)

    @property
    def known_to_campaign(self) -> bool:
        """Whether anything says that they were in the campaign before."""
        return self.seen_before or self.placed_by_us is not None or self.before_purchase is not None


@frozen
class Unproved:
    """The buyers whom sales that could not be read may concern: the read does not prove that they have no order."""

    numbers: Mapping[str, frozenset[str]] = field(factory=dict)
    """E-mail key → numbers of such sales. An empty key may be anybody's; an empty number could not be read."""

    @property
    def everybody(self) -> bool:
        """Whether there is nobody whom none of the sales can concern."""
        return ANYBODY in self.numbers

    @property
    def count(self) -> int:
        """How many sales they are, each once, be it of several buyers; those without a number count by buyer."""
        numbers = [*self.numbers.values()]
        return len(frozenset().union(*numbers) - {""}) + sum("" in found for found in numbers)

    def concerns(self, key: str) -> bool:
        """Whether one of the sales may be of the buyer with this e-mail key."""
        return self.everybody or key in self.numbers

    def with_also(self, more: Iterable[tuple[str, str]]) -> Unproved:
        """The same with more sales: (e-mail key, number)."""
        numbers = dict(self.numbers)
        for key, number in more:
            numbers[key] = numbers.get(key, frozenset()) | {number}
        return Unproved(numbers)

    def may_be(self, key: str, value: str) -> bool:
        """Whether one of the sales may be of this subscriber and be the order that their stored value names."""
        candidates = self.numbers.get(key, frozenset()) | self.numbers.get(ANYBODY, frozenset())
        return any(not number or same_value(number, value) for number in candidates)


@frozen
class CampaignContext:
    """A campaign with what the account has for it, and what the reads behind it may be used for."""

    campaign: Campaign
    """The campaign."""
    groups: Mapping[Tier, Group]
    """The group of each tier that has one; moves into and out of the others are skipped."""
    field: CustomField | None
    """The purchase field, if there is one."""
    rules: Rules
    """The label's choices."""
    full_shop_read: bool = True
    """Whether the absence of an order is proved, except for those whom ``unproved`` names."""
    shrank: bool = False
    """Whether a read shrank, so that nothing may be removed or reverted because of it."""
    unproved: Unproved = Unproved()
    """Whom the sales that could not be read may concern."""

    def proves_absence(self, key: str) -> bool:
        """Whether the shop's list is known to hold no other order of the buyer with this e-mail key."""
        return self.full_shop_read and not self.unproved.concerns(key)

    @property
    def writable_field(self) -> CustomField | None:
        """The purchase field, if there is one and its type can hold an order's ``ID``; else the campaign is blocked."""
        return self.field if self.field is not None and self.field.type in WRITABLE_TYPES else None

    def has_group(self, tier: Tier) -> bool:
        """Whether somebody can be moved into or out of this tier."""
        return tier in self.groups


@frozen
class Outcome:
    """What one member needs."""

    changes: tuple[PlannedChange, ...] = ()
    """The changes in the order set_field, add_group, remove_group."""
    findings: tuple[Finding, ...] = ()
    """What a person may have to look at."""


@frozen
class Step:
    """What shall become of one member's tiers, and why."""

    purpose: Purpose
    """Why, with the move."""
    add: Tier | None = None
    """The tier to put them into."""
    remove: tuple[Tier, ...] = ()
    """The tiers to take them out of."""
