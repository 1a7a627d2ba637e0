"""The half of the provider contract that a service which only reads refuses, always and in the same words."""

# The arguments belong to the contract; nothing here may use them.
# ruff: noqa: ARG002

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bema_tui.errors import UnsupportedOperation
from bema_tui.listing import Listing
from bema_tui.model import Group, Subscriber


class ReadOnly:
    """Raises ``UnsupportedOperation`` for every write, and for groups."""

    name = ""

    @property
    def where(self) -> str:
        """The service's URL for messages."""
        return ""

    async def update_subscriber(self, subscriber_id: str, fields: Mapping[str, str | int | float | None]) -> Subscriber:
        """Always ``UnsupportedOperation``."""
        raise self.unsupported("change a person")

    async def add_subscriber_to_group(self, subscriber_id: str, group_id: str) -> None:
        """Always ``UnsupportedOperation``."""
        raise self.unsupported("add a person to a group")

    async def remove_subscriber_from_group(self, subscriber_id: str, group_id: str) -> None:
        """Always ``UnsupportedOperation``."""
        raise self.unsupported("remove a person from a group")

    async def get_groups(self) -> Listing[Group]:
        """Always ``UnsupportedOperation``."""
        raise self.unsupported("list groups")

    async def add_or_update_subscriber(
        self, email: str, fields: Mapping[str, str | int | float | None], group_ids: Sequence[str] = ()
    ) -> Subscriber:
        """Always ``UnsupportedOperation``."""
        raise self.unsupported("create a person")

    def unsupported(self, what: str) -> UnsupportedOperation:
        """The error for something that the service's API has no call for."""
        return UnsupportedOperation(f"{self.name} is only read: its API can't {what}.", tried=what, where=self.where)
