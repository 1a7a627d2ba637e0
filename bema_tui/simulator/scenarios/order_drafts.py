"""Makes the shop's orders: drafts first, then rows and numbers in the order in which the shop took them in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from bema_tui.simulator.scenarios.catalogue import Bought
from bema_tui.simulator.scenarios.example_names import PEOPLE
from bema_tui.simulator.scenarios.label import WITHDRAWN_PRODUCT, Label, Plan
from bema_tui.simulator.world.records import Customer, Order, OrderItem, Product
from bema_tui.simulator.world.world import World

_FIRST_NUMBER = 301
"""Order numbers start here and row ids at 1, so that a number is often another order's row id."""
_CENT = Decimal("0.01")
_UNPAID = ("pending", "processing", "abandoned", "failed", "trash")


@attrs.define(eq=False)
class Draft:
    """An order before the shop gave it a row and a number."""

    email: str
    date: datetime
    lines: list[tuple[int, int, str, Decimal, str]]
    status: str = "complete"
    mode: str = "live"
    late: bool = False
    fees: list[dict[str, Any]] = attrs.Factory(list)
    discounts: dict[str, Decimal] = attrs.Factory(dict)
    tax: Decimal = Decimal(0)
    renews: Draft | None = None
    """The order whose key this one carries."""
    order: Order | None = None


class OrderBook:
    """The drafts of a data set, up to as many as the settings ask for."""

    def __init__(self, label: Label, rng: random.Random, most: int) -> None:
        self._label = label
        self._rng = rng
        self._most = most
        self.drafts: list[Draft] = []

    @property
    def left(self) -> int:
        return self._most - len(self.drafts)

    def buy(self, plan: Plan, email: str, bought: Bought, before: Draft | None = None) -> Draft:
        """An order within the campaign's life, after another one if asked."""
        draft = self._album_order(plan, email, None if before is None else before.date)
        draft.renews = before if bought.renews else None
        draft.status, draft.mode, draft.late = bought.status, bought.mode, bought.late
        change = getattr(self, f"_with_{bought.what}", None)
        if change is not None:
            change(draft, plan)
        if bought.free:
            draft.discounts = {"FREE100": sum((line[3] for line in draft.lines), Decimal(0))}
            draft.lines = [(*line[:3], Decimal("0.00"), line[4]) for line in draft.lines]
        self.drafts.append(draft)
        return draft

    def buy_other(self, email: str, moment: datetime) -> Draft:
        """An order of something that no campaign is about."""
        label = self._label
        products = [label.shirt, label.shirt, label.shirt, label.split] + ([label.bundle] if label.bundle else [])
        chosen = self._rng.choice(products)
        line = (chosen.id, 1, chosen.title, next(iter(chosen.amounts.values())), "")
        if self._rng.random() < 0.1:
            line = (WITHDRAWN_PRODUCT, 1, "Withdrawn Single", Decimal("1.50"), "")
        draft = Draft(email, moment, [line])
        self.drafts.append(draft)
        return draft

    def _album_order(self, plan: Plan, email: str, after: datetime | None) -> Draft:
        life = (plan.end - plan.start).total_seconds()
        moment = plan.start + timedelta(seconds=int(life * self._rng.random() ** 2))
        if after is not None:
            moment = after + timedelta(seconds=int((plan.end - after).total_seconds() * self._rng.random()))
        draft = Draft(email, moment, [_line(plan.product, plan.title_at(moment), self._rng.randrange(9))])
        if self._rng.random() < 0.08:
            number, quantity, name, price, option = draft.lines[0]
            off = (price / 10).quantize(_CENT)
            draft.lines = [(number, quantity, name, price - off, option)]
            draft.discounts = {"LAUNCH10": off}
        return draft

    def _with_several(self, draft: Draft, plan: Plan) -> None:
        others = [other for other in self._label.plans if other is not plan and other.start <= draft.date]
        extra = [other.product for other in others[:1]] + [self._label.shirt]
        draft.lines += [_line(product, product.title, 0) for product in extra]

    def _with_options(self, draft: Draft, plan: Plan) -> None:
        draft.lines.append(_line(plan.product, plan.title_at(draft.date), 1))

    def _with_copies(self, draft: Draft, _plan: Plan) -> None:
        number, _, name, price, option = draft.lines[0]
        draft.lines = [(number, 3, name, price * 3, option)]

    def _with_tax(self, draft: Draft, _plan: Plan) -> None:
        number, quantity, name, price, option = draft.lines[0]
        draft.tax = (price * 8 / 100).quantize(_CENT)
        draft.lines = [(number, quantity, name, price + draft.tax, option)]

    def _with_fee(self, draft: Draft, _plan: Plan) -> None:
        draft.fees = [_fee("Handling", None)]

    def _with_item_fee(self, draft: Draft, plan: Plan) -> None:
        draft.fees = [_fee("Signed copy", plan.product.id)]

    def _with_bundle(self, draft: Draft, _plan: Plan) -> None:
        if self._label.bundle is not None:
            draft.lines = [_line(self._label.bundle, self._label.bundle.title, 0)]
            draft.discounts = {}

    def _with_withdrawn(self, draft: Draft, _plan: Plan) -> None:
        draft.lines = [(WITHDRAWN_PRODUCT, 1, "Withdrawn Single", Decimal("1.50"), "")]
        draft.discounts = {}


def take_in(world: World, rng: random.Random, drafts: list[Draft]) -> None:
    """Gives every draft its row, number and customer. Refunds take rows of their own, so row ids have gaps."""
    ordered = sorted(drafts, key=lambda draft: (draft.late, draft.date))
    row_id = 0
    item_id = 0
    customers: dict[str, Customer] = {}
    for place, draft in enumerate(ordered):
        row_id += 1 if rng.random() > 0.03 else 2
        renewed = None if draft.renews is None else draft.renews.order
        customer = _customer(world, customers, draft)
        items = []
        for product_id, quantity, name, price, option in draft.lines:
            item_id += 1
            items.append(OrderItem(item_id, product_id, quantity, name, price, option))
        free = all(item.price == 0 for item in items)
        draft.order = Order(
            row_id,
            _FIRST_NUMBER + place,
            f"{rng.getrandbits(128):032x}" if renewed is None else renewed.key,
            draft.email,
            draft.status,
            draft.mode,
            draft.date.strftime("%Y-%m-%d %H:%M:%S"),
            customer.id,
            customer.user_id,
            items,
            gateway="manual" if free else "stripe",
            tax=draft.tax,
            transaction_id="" if free or draft.status in _UNPAID else f"pi_{rng.getrandbits(80):020x}",
            fees=draft.fees,
            discounts=draft.discounts,
        )
        world.add_order(draft.order)
        if draft.status in ("refunded", "partially_refunded"):
            row_id += 1
            world.add_order(_refund_row(draft.order, row_id, f"{rng.getrandbits(128):032x}"))


def _refund_row(order: Order, row_id: int, key: str) -> Order:
    """The row that a refund leaves behind: negative, "complete", and shown by its own id alone."""
    items = [
        OrderItem(item.object_id + 500_000, item.product_id, -item.quantity, item.name, -item.price, item.price_name)
        for item in order.items
    ]
    return attrs.evolve(
        order,
        row_id=row_id,
        key=key,
        status="complete",
        items=items,
        tax=-order.tax,
        transaction_id="",
        refund_of=order.row_id,
    )


def _customer(world: World, known: dict[str, Customer], draft: Draft) -> Customer:
    address = draft.email.strip().lower()
    if address not in known:
        number = len(known) + 1
        first, last, _ = PEOPLE[number % len(PEOPLE)]
        customer = Customer(number, draft.email.strip(), first, last, draft.date.strftime("%Y-%m-%d %H:%M:%S"))
        customer.user_id = number + 1 if number % 3 == 0 else 0
        customer.second_email = f"second{number}@other.example.com" if number % 20 == 0 else None
        known[address] = world.customers[number] = customer
    return known[address]


def _fee(label: str, product: int | None) -> dict[str, Any]:
    return {
        "amount": "2.500000000",
        "label": label,
        "no_tax": False,
        "type": "fee",
        "price_id": None,
        "download_id": None if product is None else str(product),
        "id": label.lower().replace(" ", "_"),
    }


def _line(product: Product, title: str, choice: int) -> tuple[int, int, str, Decimal, str]:
    options = list(product.amounts.items())
    option, price = options[choice % len(options)]
    return product.id, 1, title, price, option
