"""The orders of the data set before the shop gave them rows and numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from bema_tui.simulator.scenarios.catalogue import Contents, ScenarioOrder
from bema_tui.simulator.scenarios.label import WITHDRAWN_PRODUCT, CampaignPlan, Label
from bema_tui.simulator.world.records import Order, Product

_CENT = Decimal("0.01")


@attrs.frozen
class OrderLine:
    """One line of a draft."""

    product_id: int
    """The id of the product."""
    quantity: int
    """How many copies."""
    name: str
    """The product's title at the time."""
    price: Decimal
    """The line's total after the discount, with tax."""
    option: str = ""
    """The price option; "": none."""


_WITHDRAWN_LINE = OrderLine(WITHDRAWN_PRODUCT, 1, "Withdrawn Single", Decimal("1.50"))


@attrs.define(eq=False)
class OrderDraft:
    """An order before the shop gave it a row and a number."""

    email: str
    """The e-mail as typed in the shop."""
    date: datetime
    """When it is ordered, in UTC without a zone."""
    lines: list[OrderLine]
    """What is bought."""
    status: str = "complete"
    """The status that the order gets."""
    mode: str = "live"
    """``live`` or ``test``."""
    entered_late: bool = False
    """Whether it gets its row after all others, whatever its date."""
    fees: list[dict[str, Any]] = attrs.Factory(list)
    """The fees, as the shop prints them."""
    discounts: dict[str, Decimal] = attrs.Factory(dict)
    """The amounts taken off, by discount code."""
    tax: Decimal = Decimal(0)
    """The tax within the prices of the lines."""
    renews: OrderDraft | None = None
    """The order whose key this one has; None: it has a key of its own."""
    order: Order | None = None
    """What the shop made of it; None: nothing yet."""


class OrderDrafts:
    """The drafts of a data set, up to as many as the settings want."""

    def __init__(self, label: Label, rng: random.Random, most: int) -> None:
        self._label = label
        self._rng = rng
        self._most = most
        self._fill: dict[Contents, Callable[[OrderDraft, CampaignPlan], None]] = {
            Contents.BUNDLE: self._fill_with_bundle,
            Contents.WITHDRAWN: self._fill_with_withdrawn_product,
            Contents.SEVERAL_ALBUMS: self._add_other_albums,
            Contents.TWO_OPTIONS: self._add_second_option,
            Contents.COPIES: self._triple,
            Contents.TAX: self._add_tax,
            Contents.FEE: self._add_fee,
            Contents.ITEM_FEE: self._add_item_fee,
        }
        self.drafts: list[OrderDraft] = []

    @property
    def left(self) -> int:
        """How many orders may still be added."""
        return self._most - len(self.drafts)

    def add(
        self, plan: CampaignPlan, email: str, wanted: ScenarioOrder, before: OrderDraft | None = None
    ) -> OrderDraft:
        """Adds an order of a campaign, dated within its time and after the order before."""
        draft = self._album_order(plan, email, None if before is None else before.date)
        draft.renews = before if wanted.renews else None
        draft.status, draft.mode, draft.entered_late = wanted.status, wanted.mode, wanted.entered_late
        if wanted.contents in self._fill:
            self._fill[wanted.contents](draft, plan)
        if wanted.free:
            draft.discounts = {"FREE100": sum((line.price for line in draft.lines), Decimal(0))}
            draft.lines = [attrs.evolve(line, price=Decimal("0.00")) for line in draft.lines]
        self.drafts.append(draft)
        return draft

    def add_other(self, email: str, moment: datetime) -> OrderDraft:
        """Adds an order of something that no campaign is about."""
        label = self._label
        products = [label.shirt, label.shirt, label.shirt, label.split] + ([label.bundle] if label.bundle else [])
        chosen = self._rng.choice(products)
        line = OrderLine(chosen.id, 1, chosen.title, next(iter(chosen.prices.values())))
        if self._rng.random() < 0.1:
            line = _WITHDRAWN_LINE
        draft = OrderDraft(email, moment, [line])
        self.drafts.append(draft)
        return draft

    def _album_order(self, plan: CampaignPlan, email: str, after: datetime | None) -> OrderDraft:
        life = (plan.end - plan.start).total_seconds()
        moment = plan.start + timedelta(seconds=int(life * self._rng.random() ** 2))
        if after is not None:
            moment = after + timedelta(seconds=int((plan.end - after).total_seconds() * self._rng.random()))
        line = _line(plan.product, plan.title_at(moment), self._rng.randrange(9))
        draft = OrderDraft(email, moment, [line])
        if self._rng.random() < 0.08:
            discount = (line.price / 10).quantize(_CENT)
            draft.lines = [attrs.evolve(line, price=line.price - discount)]
            draft.discounts = {"LAUNCH10": discount}
        return draft

    def _add_other_albums(self, draft: OrderDraft, plan: CampaignPlan) -> None:
        others = [other for other in self._label.plans if other is not plan and other.start <= draft.date]
        extra = [other.product for other in others[:1]] + [self._label.shirt]
        draft.lines += [_line(product, product.title, 0) for product in extra]

    def _add_second_option(self, draft: OrderDraft, plan: CampaignPlan) -> None:
        draft.lines.append(_line(plan.product, plan.title_at(draft.date), 1))

    def _triple(self, draft: OrderDraft, _plan: CampaignPlan) -> None:
        line = draft.lines[0]
        draft.lines = [attrs.evolve(line, quantity=3, price=line.price * 3)]

    def _add_tax(self, draft: OrderDraft, _plan: CampaignPlan) -> None:
        line = draft.lines[0]
        draft.tax = (line.price * 8 / 100).quantize(_CENT)
        draft.lines = [attrs.evolve(line, price=line.price + draft.tax)]

    def _add_fee(self, draft: OrderDraft, _plan: CampaignPlan) -> None:
        draft.fees = [_fee("Handling", None)]

    def _add_item_fee(self, draft: OrderDraft, plan: CampaignPlan) -> None:
        draft.fees = [_fee("Signed copy", plan.product.id)]

    def _fill_with_bundle(self, draft: OrderDraft, _plan: CampaignPlan) -> None:
        if self._label.bundle is not None:
            draft.lines = [_line(self._label.bundle, self._label.bundle.title, 0)]
            draft.discounts = {}

    def _fill_with_withdrawn_product(self, draft: OrderDraft, _plan: CampaignPlan) -> None:
        draft.lines = [_WITHDRAWN_LINE]
        draft.discounts = {}


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


def _line(product: Product, title: str, choice: int) -> OrderLine:
    options = list(product.prices.items())
    option, price = options[choice % len(options)]
    return OrderLine(product.id, 1, title, price, option)
