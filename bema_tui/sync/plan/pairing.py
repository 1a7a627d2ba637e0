"""Walks members and orders side by side in the order of their e-mail keys; it keeps one key's in memory at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

from attrs import frozen

from bema_tui.rules.purchases import KnownOrder
from bema_tui.rules.records import Member
from bema_tui.sync.run_context import RunContext

_PAGE = 1000

T = TypeVar("T")


@frozen
class Pair:
    """What MailerLite and the shop have under one e-mail key."""

    email_key: str
    """The e-mail key."""
    members: tuple[Member, ...]
    """The members that MailerLite has under it: one, or none."""
    orders: tuple[KnownOrder, ...]
    """All orders of the campaign under it."""


async def members_with_orders(context: RunContext) -> AsyncIterator[Pair]:
    """Return every e-mail key of which a rule can say something, in order: of a member worth a look, or of a buyer."""
    subscribers = _Groups(context.members.worth_a_look(context.campaign.product_ids), lambda member: member.email_key)
    orders = _Groups(_orders(context), lambda known: known.order.email_key)
    await subscribers.advance()
    await orders.advance()
    while subscribers.key is not None or orders.key is not None:
        lowest = min(key for key in (subscribers.key, orders.key) if key is not None)
        members: Sequence[Member] = ()
        bought: Sequence[KnownOrder] = ()
        if subscribers.key == lowest:
            members = subscribers.items
            await subscribers.advance()
        if orders.key == lowest:
            bought = orders.items
            await orders.advance()
        yield Pair(lowest, tuple(members), tuple(bought))


async def _orders(context: RunContext) -> AsyncIterator[KnownOrder]:
    after = ""
    while True:
        page = await context.orders.for_campaign(context.campaign.product_ids, after, _PAGE)
        for known in page:
            yield known
        if not page:
            return
        after = page[-1].order.email_key


class _Groups(Generic[T]):
    """A sorted stream, cut into runs of equal keys; ``key`` is None at its end."""

    def __init__(self, stream: AsyncIterator[T], key_of: Callable[[T], str]) -> None:
        self._stream = stream
        self._key_of = key_of
        self._next: T | None = None
        self._begun = False
        self.key: str | None = None
        self.items: list[T] = []

    async def advance(self) -> None:
        """Go on to the next key."""
        if not self._begun:
            self._begun = True
            self._next = await anext(self._stream, None)
        self.items = []
        self.key = None if self._next is None else self._key_of(self._next)
        while self._next is not None and self._key_of(self._next) == self.key:
            self.items.append(self._next)
            self._next = await anext(self._stream, None)
