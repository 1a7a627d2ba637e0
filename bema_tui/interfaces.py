"""The contracts between the layers: what every provider, validator, monitor, lock handler and collector can do.

Each class that implements one says so behind its definition (``_implements``), where the type checker holds it to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from bema_tui.health import CampaignHealth
from bema_tui.listing import Listing
from bema_tui.model import (
    ConnectionReport,
    Group,
    HealthStatus,
    Lock,
    Subscriber,
    SubscriberPage,
    SubscriberStatus,
)

R_contra = TypeVar("R_contra", contravariant=True)


@runtime_checkable
class Provider(Protocol):
    """A service that knows subscribers. What it cannot do raises ``UnsupportedOperation``; it never returns true."""

    name: str

    async def validate_connection(self) -> ConnectionReport:
        """Test the connection with one harmless read and say what it may do.

        Raises:
            ProviderError: no usable answer, or a wrong key.
        """
        ...

    def get_subscribers(
        self, *, group_id: str | None = None, status: SubscriberStatus | None = None, with_groups: bool = False
    ) -> AsyncIterator[SubscriberPage]:
        """All subscribers, page by page, optionally of one group and one status.

        The iterator ends only when the list is whole.

        Raises:
            ProviderError: the list could not be read to its end.
        """
        ...

    async def update_subscriber(self, subscriber_id: str, fields: Mapping[str, str | int | float | None]) -> Subscriber:
        """Set fields by their keys, None clears one; returns the subscriber as the service shows them afterwards.

        Raises:
            RequestRefused: the service does not know the subscriber, or refuses a value.
            WriteUnknown: it may have happened and must be read; so for every write below.
        """
        ...

    async def add_subscriber_to_group(self, subscriber_id: str, group_id: str) -> None:
        """Add a subscriber to a group; one who is in it already stays."""
        ...

    async def remove_subscriber_from_group(self, subscriber_id: str, group_id: str) -> None:
        """Take a subscriber out of a group; for one who is not in it, nothing is left to do."""
        ...

    async def get_groups(self) -> Listing[Group]:
        """Every group of the account, or an error; a row that can't be read is named, never left out silently."""
        ...

    async def add_or_update_subscriber(
        self, email: str, fields: Mapping[str, str | int | float | None], group_ids: Sequence[str] = ()
    ) -> Subscriber:
        """Create a subscriber, or add fields and groups to the one with this e-mail. Domain rules, section 6."""
        ...


@runtime_checkable
class Validator(Protocol[R_contra]):
    """Collects every error of a record of one kind; ``validate`` clears what the call before left."""

    def validate(self, record: R_contra) -> bool:
        """Check one record; true when nothing blocks it (warnings do not)."""
        ...

    def get_errors(self) -> Sequence[ValidationError]:
        """What the last ``validate`` found, and what was added since, in that order."""
        ...

    def clear_errors(self) -> None:
        """Forget every complaint."""
        ...

    def add_error(self, field: str, message: str, *, blocking: bool = True) -> None:
        """Add a complaint about a field; one that is not ``blocking`` is a warning."""
        ...


class ValidationError(Protocol):
    """One complaint about one field of a record."""

    @property
    def field(self) -> str:
        """The field's name in the record."""
        ...

    @property
    def message(self) -> str:
        """What is wrong with it, in words for the operator."""
        ...

    @property
    def blocking(self) -> bool:
        """Whether the record's change is held back; a warning holds nothing back."""
        ...


@runtime_checkable
class HealthMonitor(Protocol):
    """Watches the process, the machine and the jobs."""

    async def start_monitoring(self, job: int | None = None) -> None:
        """Watch a run; without one, measure the process and its machine. Starting twice is starting once."""
        ...

    async def stop_monitoring(self, job: int | None = None) -> None:
        """Stop watching that run; without one, stop measuring. The last status stays."""
        ...

    async def perform_check(self) -> HealthStatus:
        """Measure everything now, store the sample, and return it."""
        ...

    async def get_status(self) -> HealthStatus:
        """The latest sample, measured now if there is none."""
        ...

    async def check_campaign(self, code: str) -> CampaignHealth:
        """The health of one campaign: its lock, its runs and its open findings."""
        ...


@runtime_checkable
class LockHandler(Protocol):
    """Mutual exclusion between processes and machines, through the database."""

    async def acquire_lock(self, key: str, operation: str, *, run: int | None = None) -> Lock:
        """Take the lock, atomically, also from a holder that is proved dead, expired or stale.

        Raises:
            LockHeld: somebody else has it, and is not known to be gone.
        """
        ...

    async def release_lock(self, lock_id: str, *, reason: str, force: bool = False) -> Lock:
        """Release a lock by its id; a live or quiet one of another process only with ``force``.

        Raises:
            UsageError: no such lock, or it needs ``force``.
        """
        ...

    async def get_active_locks(self) -> tuple[Lock, ...]:
        """Every lock that is held, each with the state its holder is in now, the oldest first."""
        ...


@runtime_checkable
class StatsCollector(Protocol):
    """Keeps what each campaign's processing cost and brought."""

    async def start_campaign(self, code: str, run: int) -> None:
        """Write down that a run begins its work on a campaign, when, and the process's memory then."""
        ...

    async def end_campaign(self, code: str, run: int, *, outcome: str) -> None:
        """Write down how that work ended, and how long it took."""
        ...

    async def update_stats(self, code: str, run: int, counts: Mapping[str, int]) -> None:
        """Replace the named counts of the run; the others stay."""
        ...

    async def record_memory_cleanup(self, code: str, run: int, *, before: int, after: int) -> None:
        """Write down that memory was cleaned up, with the process's bytes before and after."""
        ...
