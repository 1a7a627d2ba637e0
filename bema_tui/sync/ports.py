"""What a run needs of the services, its locks and its statistics: each contract, with what the run uses beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from bema_tui.field_values import FieldType, FieldValue
from bema_tui.interfaces import LockHandler, Provider, StatsCollector
from bema_tui.listing import Listing
from bema_tui.model import Automation, CustomField, Group, Product, Subscriber, SubscriberStatus, Tier
from bema_tui.providers.edd.full_read import SalesRead, Sink
from bema_tui.providers.edd.lookups import AskShop
from bema_tui.providers.edd.recent_read import Known, RecentRead
from bema_tui.providers.http.call import BeforeTry
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem
from bema_tui.providers.mailerlite.create import Ensured
from bema_tui.providers.mailerlite.lookup import LookUp


class MailingService(Provider, Protocol):
    """The service whose subscribers a run moves.

    ``before_try`` is awaited before each try of a write, and forbids it by raising.
    """

    look_up: LookUp
    """Finds subscribers by id or e-mail, and proves an absence."""

    @property
    def account_id(self) -> str | None:
        """The account, once an answer named it."""
        ...

    def hold_to(self, account_id: str | None) -> None:
        """Take answers of this account alone from now on; None: of the first one that an answer names."""
        ...

    def page_cap(self, path: str = ...) -> int | None:
        """Return the rows that a full page of a list holds, as its last answer said; None before one."""
        ...

    async def count_subscribers(self, status: SubscriberStatus | None = None) -> int:
        """Return the number of subscribers in the account, of one status or of all."""
        ...

    async def get_fields(self) -> Listing[CustomField]:
        """Return every custom field of the account."""
        ...

    async def get_automations(self) -> Listing[Automation]:
        """Return every automation of the account."""
        ...

    async def add_or_update_subscriber(
        self,
        email: str,
        fields: Mapping[str, FieldValue],
        group_ids: Sequence[str] = (),
        *,
        before_try: BeforeTry | None = None,
    ) -> Subscriber:
        """Create a subscriber, or add fields and groups to the one with this e-mail."""
        ...

    async def ensure_group(self, name: str, *, before_try: BeforeTry | None = None) -> Ensured[Group]:
        """Return the group of this name, made if there is none, and whether this call made it."""
        ...

    async def ensure_field(
        self, name: str, field_type: str = FieldType.NUMBER, *, before_try: BeforeTry | None = None
    ) -> Ensured[CustomField]:
        """Return the field of this name, made if there is none, and whether this call made it."""
        ...

    async def batch(
        self, items: Sequence[BatchItem], *, before_try: BeforeTry | None = None
    ) -> tuple[BatchAnswer, ...]:
        """Send up to fifty items in one request, and return each one's answer in their order.

        Raises:
            WriteUnknown: some items are writes, and their answers are lost.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Shop(Provider, AskShop, Protocol):
    """The shop whose orders a run reads."""

    @property
    def shop_url(self) -> str:
        """Scheme, host and path: which shop this is."""
        ...

    @property
    def answer_seconds(self) -> float | None:
        """How long the last answer took; None before one came."""
        ...

    @property
    def currency(self) -> str:
        """The shop's currency; empty before the first answer."""
        ...

    async def require_right(self) -> None:
        """Raise unless the key may see sales at this moment.

        Raises:
            NotAuthorized: it may not.
        """
        ...

    async def read_sales(self, sink: Sink) -> SalesRead:
        """Read every listed sale, pass after pass, and hand ``sink`` the orders of each page with its pass's number."""
        ...

    async def read_newest_sales(self, known: Known) -> RecentRead:
        """Read the newest sales, down to those that ``known`` says nothing changed of."""
        ...

    async def get_products(self) -> Listing[Product]:
        """Return every published product."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Heartbeat(Protocol):
    """Keeps a lock that is held, and says something about it."""

    async def beat(self, key: str, token: int) -> bool:
        """Say that the holder lives; false when the lock is not ours any more."""
        ...

    async def note(self, key: str, token: int, text: str) -> bool:
        """Say something about the lock that everybody sees; false when it is not ours any more."""
        ...


class RunLocks(LockHandler, Heartbeat, Protocol):
    """Takes the lock of a run and releases it."""

    async def assign(self, key: str, token: int, run: int) -> bool:
        """Say which run the lock is for, once it has its number; false when the lock is not ours any more."""
        ...

    async def release(self, key: str, token: int) -> bool:
        """Release the lock; false when it is not ours any more."""
        ...


class RunStatistics(StatsCollector, Protocol):
    """Keeps what a run cost, and what its campaign brought."""

    async def record_campaign(
        self,
        code: str,
        run: int | None,
        tiers: Mapping[Tier, int],
        members: int,
        buyers: int,
        revenue: Decimal,
        currency: str,
        buyers_per_day: Sequence[int],
    ) -> None:
        """Keep what the campaign is at the end of a run; ``buyers_per_day`` is the last 30 days, oldest first."""
        ...
