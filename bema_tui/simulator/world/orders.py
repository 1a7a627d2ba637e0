"""The orders of a simulated shop, the indexes over them, and the only ways to change them."""

from __future__ import annotations

from collections.abc import Iterable

from bema_tui.simulator.edd.versions import SHOP_VERSIONS, ShopVersion
from bema_tui.simulator.settings import Switches
from bema_tui.simulator.world.records import Order
from bema_tui.simulator.world.sorted_ids import SortedIds


class ShopOrders:
    """The shop's part of a world."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self.orders: dict[int, Order] = {}
        """By row id."""
        self.order_by_key: dict[str, int] = {}
        """The row id that a key stands for: the oldest, where several orders have the key."""
        self.orders_by_email: dict[str, list[int]] = {}
        """Row ids by e-mail, without spaces around it and in lower case."""
        self._listed = SortedIds()
        self._listed_statuses = self._statuses_to_list()

    @property
    def shop_version(self) -> ShopVersion:
        """The version of EDD that is switched on."""
        return SHOP_VERSIONS[self.switches.edd_version]

    @property
    def listed(self) -> SortedIds:
        """The rows that the list of sales shows."""
        statuses = self._statuses_to_list()
        if statuses != self._listed_statuses:
            self._listed_statuses = statuses
            self._listed = SortedIds(order.row_id for order in self.orders.values() if self._is_listed(order))
        return self._listed

    def _statuses_to_list(self) -> frozenset[str]:
        """Returns the version's statuses with those that a plugin adds."""
        return self.shop_version.listed_statuses.union(self.switches.also_listed)

    def _is_listed(self, order: Order) -> bool:
        return order.refund_of is None and order.status in self._listed_statuses

    def add_order(self, order: Order) -> None:
        """Adds a new order. Its key may be another order's, too."""
        self.orders[order.row_id] = order
        self.order_by_key[order.key] = min(order.row_id, self.order_by_key.get(order.key, order.row_id))
        self.orders_by_email.setdefault(order.email.strip().lower(), []).append(order.row_id)
        if self._is_listed(order):
            self._listed.add(order.row_id)

    def set_order_status(self, order: Order, status: str) -> None:
        order.status = status
        order.revision += 1
        if self._is_listed(order):
            self._listed.add(order.row_id)
        else:
            self._listed.discard(order.row_id)

    def set_order_email(self, order: Order, email: str) -> None:
        self.orders_by_email[order.email.strip().lower()].remove(order.row_id)
        order.email = email
        order.revision += 1
        self.orders_by_email.setdefault(email.strip().lower(), []).append(order.row_id)

    def remove_order(self, order: Order) -> None:
        """Deletes an order for good."""
        del self.orders[order.row_id]
        self._listed.discard(order.row_id)
        self.orders_by_email[order.email.strip().lower()].remove(order.row_id)
        others = [other.row_id for other in self.orders.values() if other.key == order.key]
        if others:
            self.order_by_key[order.key] = min(others)
        else:
            del self.order_by_key[order.key]

    def listed_among(self, row_ids: Iterable[int]) -> SortedIds:
        """Returns those of the rows that the list of sales shows."""
        listed = self.listed
        return SortedIds(row_id for row_id in row_ids if row_id in listed)
