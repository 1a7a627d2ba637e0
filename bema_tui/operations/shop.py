"""Which shop the database belongs to, and a shop's move to a new URL, once known orders show there as they were.

Domain rules, section 6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from bema_tui.errors import ConfigurationError, WrongAccount
from bema_tui.model import Order
from bema_tui.operations.possible import Operation, permit, require
from bema_tui.operations.workspace import Workspace
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.lookups import By, LookUps, SaleAnswer, SaleQuery
from bema_tui.providers.edd.service import base_of_shop
from bema_tui.providers.http.null_ports import NoMeter
from bema_tui.providers.http.ports import Interrupt
from bema_tui.providers.http.url import shown
from bema_tui.settings import Settings
from bema_tui.store.database import Database
from bema_tui.store.orders import Orders
from bema_tui.store.ownership import Owner, Ownership
from bema_tui.sync.connections import connect_shop
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.waits import WaitBoard

NEEDED: Final = 20
"""Known orders that must show the same; all of them, if there are fewer."""
MOST_ASKED: Final = 2 * NEEDED
_MOST_DIFFERING: Final = 5
"""Orders that may differ beside those: one can be edited or deleted in the shop since it was read."""
_NAMED: Final = 3


@frozen
class ShopMove:
    """What became of a move of the shop, with the proof."""

    shop: str
    """The shop's URL."""
    before: str | None
    """The URL before; None: there was none."""
    asked: int
    """How many known orders were looked up at the new URL."""
    same: int
    """How many of them were the same there."""

    @property
    def moved(self) -> bool:
        """Whether the database belongs to another URL than before."""
        return self.shop != self.before


@frozen
class ShopNow:
    """Which shop the database belongs to."""

    shop: str | None
    """Its URL; None: the first shop that answers becomes the database's own."""
    in_settings: str | None
    """The URL that the settings name, as the database would keep it; None: they name none."""
    known_orders: int
    """How many of its orders the database knows."""


async def shop_now(workspace: Workspace) -> ShopNow:
    """Return which shop the database belongs to; nothing is asked."""
    return ShopNow(
        shop=await Ownership(workspace.db).owner(Owner.SHOP),
        in_settings=shop_in_settings(workspace.settings),
        known_orders=await Orders(workspace.db).count(),
    )


def shop_in_settings(settings: Settings) -> str | None:
    """The shop's URL in the settings, as the database would keep it; as it stands, where it can't be one."""
    url = settings.edd.url
    try:
        return shown(base_of_shop(url)) if url else None
    except ConfigurationError:
        return url


async def move_shop(workspace: Workspace, url: str, *, waits: WaitBoard | None = None) -> ShopMove:
    """Prove that the shop at ``url`` is the one whose orders this database knows, and remember its URL.

    Some known orders, the newest and others from all along, are asked for there by their keys; key and token are sent
    to no other URL. A database that knows no order has nothing to prove: the shop only has to answer. ``waits``
    shows what is waited for.

    Raises:
        WrongAccount: it is not shown to be the same shop; the message says what differs. Nothing was changed.
        ConfigurationError: the URL can't be one.
        ProviderError: the shop does not answer there, or the key may not see sales.
    """
    require(permit(Operation.MOVE_SHOP, read_only=workspace.read_only))
    base_of_shop(url, setting="The new URL")
    db, interrupt = workspace.db, RunInterrupt()
    ownership = Ownership(db)
    before = await ownership.owner(Owner.SHOP)
    async with _shop_at(url, workspace.settings, interrupt, waits) as shop:
        if shop.shop_url == before:
            return ShopMove(shop.shop_url, before, 0, 0)
        await shop.validate_connection()
        asked, different = await _compare(db, shop, interrupt)
        same = asked - len(different)
        if same < min(NEEDED, asked) or len(different) > _MOST_DIFFERING:
            raise _not_the_same(shop.shop_url, asked, different, db.where)
        proof = f"{same} known orders are the same there" if asked else "no order was known"
        text = f"moved from {before or 'no URL'} to {shop.shop_url}: {proof}"
        await ownership.move(Owner.SHOP, before, shop.shop_url, workspace.me.user, text)
        return ShopMove(shop.shop_url, before, asked, same)


def _shop_at(url: str, settings: Settings, interrupt: Interrupt, waits: WaitBoard | None) -> EasyDigitalDownloads:
    there = evolve(settings, edd=evolve(settings.edd, url=url))
    return connect_shop(there, interrupt, NoMeter(), waits=waits)


async def _compare(db: Database, shop: EasyDigitalDownloads, interrupt: Interrupt) -> tuple[int, Sequence[str]]:
    """How many known orders were asked for, and which of them differ in what."""
    sample = await Orders(db).sample(MOST_ASKED)
    look_ups = LookUps(shop, interrupt, {})
    asked = 0
    different: list[str] = []
    for part in (sample[:NEEDED], sample[NEEDED:]):
        if asked - len(different) >= NEEDED or len(different) > _MOST_DIFFERING:
            break
        found = await look_ups.find([SaleQuery(By.KEY, order.key) for order in part])
        for order in part:
            asked += 1
            problem = difference(order, found[SaleQuery(By.KEY, order.key)])
            if problem:
                different.append(f"order {order.number} {problem}")
    return asked, different


def difference(known: Order, shown: SaleAnswer) -> str:
    """In what the order that a shop shows under a key is another than the known one; empty: in nothing."""
    if shown.failure:
        return f"is not shown ({shown.failure})"
    if shown.unreadable is not None:
        return f"can't be read ({shown.unreadable.problem})"
    order = shown.order
    if order is None:
        return "is not shown"
    if order.number != known.number:
        return f"is order {order.number}"
    if order.email_key != known.email_key:
        return "has another e-mail"
    products = [Counter(item.product_id for item in one.items) for one in (known, order)]
    return "" if products[0] == products[1] else "holds other products"


def _not_the_same(url: str, asked: int, different: Sequence[str], where: str) -> WrongAccount:
    more = f"; and {len(different) - _NAMED} more" if len(different) > _NAMED else ""
    return WrongAccount(
        f"{url} is not shown to be the same shop: of {asked} known orders {asked - len(different)} are the same "
        f"there. What differs: {'; '.join(different[:_NAMED])}{more}.",
        where=where,
        tried="prove by known orders that it is the same shop",
        advice="Nothing was changed. Check the URL; for another shop, or a copy of it, use another database.",
    )
