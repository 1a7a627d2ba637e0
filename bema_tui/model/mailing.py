"""What MailerLite holds: subscribers, groups, fields and automations."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import Factory, field, frozen

from bema_tui.emails import key_of
from bema_tui.model.reads import BrokenRow


class SubscriberStatus(StrEnum):
    """MailerLite's five states of a subscriber. The engine never sends one."""

    ACTIVE = "active"
    """Gets e-mails."""
    UNSUBSCRIBED = "unsubscribed"
    """Wants no more e-mails."""
    UNCONFIRMED = "unconfirmed"
    """Has not confirmed the subscription."""
    BOUNCED = "bounced"
    """E-mails to them came back."""
    JUNK = "junk"
    """MailerLite takes them for junk, for example after a spam complaint."""


@frozen
class Group:
    """A MailerLite group."""

    id: str
    """MailerLite's id, of digits; ``new:`` and the name, until a plan has made the group."""
    name: str
    """As the account has it, in whatever spelling."""
    counts: Mapping[SubscriberStatus, int] = field(factory=dict)
    """The service's own cached member counts, for the statuses it tells."""

    @property
    def members(self) -> int:
        """The members of every status, by the service's own count."""
        return sum(self.counts.values())


@frozen
class CustomField:
    """A MailerLite custom field."""

    id: str
    """MailerLite's id, of digits; ``new:`` and the name, until a plan has made the field."""
    name: str
    """As the account has it, in whatever spelling."""
    key: str
    """What MailerLite's answers and our writes call it; never derived from the name."""
    type: str
    """``number``, ``text`` or ``date``, in MailerLite's words."""


@frozen
class Automation:
    """A MailerLite automation."""

    id: str
    """MailerLite's id; empty where it can't be read."""
    name: str
    """Its name, or words that say that it can't be read."""
    enabled: bool
    """Whether it is at work; one of which that can't be read counts as at work."""
    group_ids: frozenset[str]
    """The groups that set it off when somebody joins them."""
    groups_known: bool = True
    """False where the groups could not be read: then any group may set it off."""


@frozen
class Subscriber:
    """A MailerLite subscriber, or a shop customer; foreign text is already clean."""

    id: str
    """The service's id, of digits."""
    email: str
    """As the service shows it."""
    status: SubscriberStatus | None
    """MailerLite's status; None for a shop customer, who has none."""
    fields: Mapping[str, str | int | float | None] = field(factory=dict)
    """Custom fields by key."""
    group_ids: frozenset[str] | None = None
    """The groups they are in; None when the answer did not say, which is not the same as in no group."""
    source: str = ""
    """MailerLite's word for how they came there."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing. Domain rules, section 4."""

    @property
    def name(self) -> str:
        """First and last name as one line, or nothing."""
        parts = (self.fields.get("name"), self.fields.get("last_name"))
        return " ".join(str(part) for part in parts if part)


@frozen
class SubscriberPage:
    """One page of subscribers."""

    subscribers: tuple[Subscriber, ...]
    """Those whose rows can be used."""
    broken: tuple[BrokenRow, ...] = ()
    """What is wrong with the other rows."""
    without_groups: int = 0
    """How many rows came without groups, though those were asked for."""
