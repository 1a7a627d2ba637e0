"""What a world tells whoever follows one request: how a subscriber was before a change, and what happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

import attrs

from bema_tui.simulator.world.records import Subscriber


class RequestRule(StrEnum):
    """What no request may do."""

    CREATED = "created"
    """A subscriber was created, or came back after a deletion, though the settings allow no new ones."""
    SUBSCRIBER_DELETED = "subscriber_deleted"
    """A subscriber was deleted."""
    EMAIL_CHANGED = "email_changed"
    """A subscriber got another e-mail."""
    STATUS_CHANGED = "status_changed"
    """A subscriber got another status."""
    UNPROVED_REMOVE = "unproved_remove"
    """A subscriber left a tier without another tier of the campaign that it held before the request."""
    LOST_LAST_TIER = "lost_last_tier"
    """A subscriber has no tier of a campaign any more."""
    FOREIGN_GROUP = "foreign_group"
    """A subscriber joined or left a group that is no tier."""
    FOREIGN_FIELD = "foreign_field"
    """The value of a field changed that is no purchase field."""
    GROUP_DELETED = "group_deleted"
    """A group was deleted."""
    GROUP_RENAMED = "group_renamed"
    """A group was renamed: that takes a tier from all its members, or turns a foreign group into a tier."""
    FIELD_DELETED = "field_deleted"
    """A field was deleted."""
    FIELD_RENAMED = "field_renamed"
    """A field was renamed."""


@attrs.frozen
class Violation:
    """A rule that a request broke."""

    request: int
    """The number of the request in the log."""
    rule: RequestRule
    """The rule that was broken."""
    text: str
    """What happened to which subscriber, group or field."""


@attrs.frozen
class SubscriberBefore:
    """A subscriber as it was before a change."""

    email: str
    """The e-mail."""
    status: str
    """The status, one of `STATUSES`."""
    deleted: bool
    """Whether the subscriber was deleted."""
    groups: frozenset[int]
    """The ids of its groups."""
    values: dict[str, Any]
    """Its field values by key, without those that are not set."""

    @classmethod
    def of(cls, subscriber: Subscriber) -> SubscriberBefore:
        groups, values = frozenset(subscriber.groups), dict(subscriber.values)
        return cls(subscriber.email, subscriber.status, subscriber.deleted_at is not None, groups, values)


class ChangeObserver(Protocol):
    """Follows the changes that one request makes."""

    def before_change(self, subscriber: Subscriber) -> None:
        """Is called before each change of a subscriber."""

    def created(self, subscriber: Subscriber) -> None: ...

    def unassigned(self, subscriber: Subscriber, group_id: int) -> None: ...

    def changed_by_others(self, subscriber: Subscriber, before: SubscriberBefore) -> None:
        """Is called when somebody else changed a subscriber while the request was carried out."""

    def group_deleted(self, name: str) -> None: ...

    def group_renamed(self, old: str, new: str) -> None: ...

    def field_deleted(self, name: str) -> None: ...

    def field_renamed(self, old: str, new: str) -> None: ...
