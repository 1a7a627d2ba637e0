"""What a run's reads came to: what its plan may rest on. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from bema_tui.model import MailerLiteReadResult, ReadKind, ShopReadResult
from bema_tui.rules.records import Unproved


@frozen
class OrdersRead:
    """What a run's read of the shop came to."""

    note: str
    """What was read, in words."""
    result: ShopReadResult
    """How much was read, and how well."""
    unproved: Unproved
    """Whom the sales that can't be read may concern."""


@frozen
class MembersRead:
    """What a run's read of its campaign's members came to."""

    note: str
    """What was read, in words."""
    result: MailerLiteReadResult
    """How much was read, and how well."""
    forecast: int
    """The requests that all of the planning's reads were foretold to be."""
    at: datetime
    """The middle of the time that it took: half of the members were read before, half after it."""
    set_aside: Mapping[str, str]
    """Members whose rows can't be read: id (or e-mail) → e-mail key, empty where that can't be read either."""
    in_doubt: frozenset[str]
    """The ids of those whose tiers are uncertain, because a group can't be read."""
    incomplete_groups: tuple[str, ...]
    """Names of groups not all of whose members came: nothing is taken back, and no finding is over."""


@frozen
class ReadResult:
    """What both reads of a run came to."""

    shop: ShopReadResult
    """The read of the shop."""
    members: MembersRead
    """The read of the campaign's members."""
    unproved: Unproved
    """The buyers whom sales that can't be read may concern, the sales that were looked up since included."""

    @property
    def full_shop_read(self) -> bool:
        """Whether the whole list of the shop was read, and not its newest orders alone."""
        return self.shop.kind is ReadKind.FULL

    @property
    def ends_findings(self) -> bool:
        """Whether a finding that is not made again is over; without a full read nothing proves that."""
        return self.full_shop_read and not (self.members.incomplete_groups or self.unproved.everybody)
