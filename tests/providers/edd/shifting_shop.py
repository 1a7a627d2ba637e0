"""A shop whose list of sales shifts while it is read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import httpx
from attrs import define, field

from bema_tui.model import Order
from bema_tui.providers.edd.full_read import SalesRead
from tests.providers.helpers import Answer, Script, edd, reply
from tests.providers.rows import info, sale


@define
class ShiftingShop:
    """A shop that lists newest row first, and to which something can happen before any answer."""

    sales: list[dict[str, object]] = field(factory=list)
    events: dict[int, Callable[[ShiftingShop], None]] = field(factory=dict)
    allowed: bool = True
    asked: int = 0
    one_key: bool = False
    """Whether all sales share one payment key and one moment."""
    taken_away: set[int] = field(factory=set)
    """The numbers of the orders that were refunded by ``let_happen``."""
    read: list[tuple[int, list[Order]]] = field(factory=list)

    @classmethod
    def holding(cls, count: int, *, one_key: bool = False) -> ShiftingShop:
        shop = cls(one_key=one_key)
        for number in range(1, count + 1):
            shop.sell(number)
        return shop

    def sell(self, number: int, place: int = 0) -> None:
        row = sale(number)
        if self.one_key:
            row["key"] = "k" * 32
        self.sales.insert(place, row)

    def refund(self, number: int) -> None:
        self.sales = [row for row in self.sales if row["ID"] != str(number)]

    def all_numbers(self) -> set[int]:
        """The numbers of the orders that are listed now."""
        return {int(str(row["ID"])) for row in self.sales}

    def let_happen(self, events: dict[int, str], spot: int) -> None:
        """Sell, refund, complete or edit an order before the answers with these numbers, at one spot of the list."""
        self.events = {asked: functools.partial(_happen, kind=kind, spot=spot) for asked, kind in events.items()}

    def answer(self, request: httpx.Request) -> Answer:
        form = httpx.QueryParams(request.content.decode())
        if form["edd-api"] == "v2/info":
            return reply(info(allowed=self.allowed))
        self.asked += 1
        if self.asked in self.events:
            self.events[self.asked](self)
        size, page = int(form["number"]), int(form["page"])
        rows = self.sales[(page - 1) * size : page * size] if self.allowed else []
        return reply({"sales": rows, "request_speed": 0.1} if rows else {"request_speed": 0.1})

    async def sink(self, orders: Sequence[Order], number: int) -> None:
        self.read.append((number, list(orders)))

    async def whole_read(self, *, page_size: int = 3, parallel: int = 1) -> SalesRead:
        async with edd(Script(self.answer), page_size=page_size, parallel=parallel) as service:
            return await service.read_sales(self.sink)

    def numbers(self, number: int) -> list[int]:
        return [int(order.number) for turn, orders in self.read for order in orders if turn == number]


def _happen(shop: ShiftingShop, *, kind: str, spot: int) -> None:
    place = spot % (len(shop.sales) or 1)
    if kind == "sell":
        shop.sell(1000 + shop.asked)
    elif kind == "complete":
        shop.sell(2000 + shop.asked, place=place)
    elif shop.sales and kind == "refund":
        shop.taken_away.add(int(str(shop.sales.pop(place)["ID"])))
    elif shop.sales:
        shop.sales[place]["email"] = f"{shop.asked}@x.example"
