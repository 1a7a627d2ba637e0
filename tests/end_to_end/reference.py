"""What the account must hold after syncing every campaign, computed from the domain rules alone, apart from the engine.

It knows nothing of the program under test. It is slow and plain on purpose: for every campaign, for every person, the
rules of sections 2 to 5 in the order in which they are written. It is for a fresh database: no ledger, no earlier read.
Where the rules leave a choice, the reading taken here is said at the place.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import attrs

LOWER = ("opt_in", "gold", "silver", "bronze", "wood")
PURCHASED = ("gold_purchased", "silver_purchased", "bronze_purchased")
WRITTEN = {
    "opt_in": "OPT-IN",
    "gold": "GOLD",
    "silver": "SILVER",
    "bronze": "BRONZE",
    "wood": "WOOD",
    "gold_purchased": "GOLD_PURCHASE",
    "silver_purchased": "SILVER_PURCHASE",
    "bronze_purchased": "BRONZE_PURCHASE",
}
MOVES = {
    "opt_in": "gold_purchased",
    "gold": "gold_purchased",
    "unassigned": "gold_purchased",
    "silver": "silver_purchased",
    "bronze": "bronze_purchased",
}
TIER_WORDS = {
    ("OPT", "IN"): "opt_in",
    ("GOLD",): "gold",
    ("SILVER",): "silver",
    ("BRONZE",): "bronze",
    ("WOOD",): "wood",
    ("GOLD", "PURCHASE"): "gold_purchased",
    ("SILVER", "PURCHASE"): "silver_purchased",
    ("BRONZE", "PURCHASE"): "bronze_purchased",
}
LISTED = ("complete", "partially_refunded", "revoked", "on_hold")
VALID = ("complete", "partially_refunded")
NOT_SETTLED = ("revoked", "on_hold")
ERRORS = frozenset({"two_tiers", "twin_field", "twin_group", "order_number_unfit", "group_missing"})
CLEAR_CUT = frozenset(
    {
        "two_tiers",
        "wood_purchase",
        "buyer_unknown",
        "partial_refund",
        "order_not_settled",
        "purchase_unproven",
        "refunded_purchase",
        "order_number_unfit",
        "twin_field",
        "twin_group",
        "group_missing",
    }
)
MOVES_PER_DAY = 3


@attrs.frozen
class Release:
    """A campaign as the operator has it: code, product ids, and the first day that counts (UTC text) or None."""

    code: str
    products: frozenset[int]
    start: str | None = None

    @classmethod
    def read(cls, row: dict[str, Any]) -> Release:
        """From one row of ``campaigns list --json`` or ``discover --json``."""
        start = row.get("start")
        text = None if not start else str(start).replace("T", " ")[:19]
        return cls(row["code"], frozenset(int(number) for number in row["products"]), text)


@attrs.define
class Subscriber:
    """One subscriber: groups by name and purchase values by the field's name; the rest may never change."""

    email: str
    status: str
    groups: set[str]
    values: dict[str, Any]
    moves: int = 0


@attrs.define
class Account:
    """The account as it must be: people by id, names of groups and of fields, and findings by campaign and rule."""

    subscribers: dict[str, Subscriber]
    groups: set[str]
    fields: set[str]
    findings: dict[str, Counter[str]] = attrs.field(factory=dict)


def account_of(state: dict[str, Any]) -> Account:
    """The account in a state as the simulator tells it, in the words of this module."""
    names = {field["key"]: field["name"] for field in state["fields"]}
    subscribers = {}
    for row in state["subscribers"]:
        values = {names[key]: value for key, value in row["fields"].items() if value not in (None, "")}
        subscribers[row["id"]] = Subscriber(row["email"], row["status"], set(row["groups"]), values)
    groups = {group["name"] for group in state["groups"]}
    return Account(subscribers, groups, {field["name"] for field in state["fields"]})


def account_after(state: dict[str, Any], releases: list[Release], *, create_missing: bool = True) -> Account:
    """The account after one sync of each release, in this order, on a fresh database and with the default settings."""
    account = account_of(state)
    for release in releases:
        _Sync(state, account, release, create_missing).run()
    return account


def valid_orders(orders: list[dict[str, Any]], release: Release) -> list[dict[str, Any]]:
    """The orders that are valid for a release, earliest first; equal dates by their key (section 4)."""
    found = [order for order in orders if _is_listed(order) and order["status"] in VALID and _holds(order, release)]
    return sorted(found, key=lambda order: (order["date_utc"], order["key"]))


def first_sale(orders: list[dict[str, Any]], release: Release) -> str | None:
    """The start that discovery must give a release: its earliest valid order (section 2)."""
    found = valid_orders(orders, release)
    return found[0]["date_utc"] if found else None


def tokens(name: str) -> list[str]:
    """A name's words, as the generous reader takes them: case, and ``_``, space or ``-`` between words, don't count."""
    return [word.replace("PURCHASED", "PURCHASE") for word in re.split(r"[_\s-]+", name.strip().upper())]


def tier_of_group(name: str, code: str) -> str | None:
    """The tier of this campaign that a group's name means, or None."""
    words = tokens(name)
    return TIER_WORDS.get(tuple(words[3:])) if words[:3] == code.split("_") else None


def is_field_of(name: str, code: str) -> bool:
    """Whether a field's name means the purchase field of this campaign."""
    return tokens(name) == [*code.split("_"), "PURCHASE"]


def as_number(value: Any) -> int | None:
    """A stored value or an order's ID as a number. None: it is none that the field may hold."""
    text = str(value).strip()
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,14}", text) else None


def _address(email: str) -> str:
    return email.strip().lower()


def _is_listed(order: dict[str, Any]) -> bool:
    return order["status"] in LISTED and order["refund_of"] is None


def _holds(order: dict[str, Any], release: Release) -> bool:
    """Live, and one of its items is of this release and was paid for."""
    paid = [item for item in order["products"] if item["id"] in release.products and Decimal(item["price"]) > 0]
    return order["mode"] == "live" and bool(paid)


class _Sync:
    """One sync of one release."""

    def __init__(self, state: dict[str, Any], account: Account, release: Release, create_missing: bool) -> None:
        self._orders: list[dict[str, Any]] = state["orders"]
        self._account = account
        self._release = release
        self._create = create_missing
        self._found: Counter[str] = Counter()

    def run(self) -> None:
        self._account.findings[self._release.code] = self._found
        groups = self._groups()
        field = self._field()
        if field is None:
            return
        buyers: dict[str, list[dict[str, Any]]] = {}
        for order in valid_orders(self._orders, self._release):
            buyers.setdefault(_address(order["email"]), []).append(order)
        for subscriber in self._account.subscribers.values():
            self._subscriber(subscriber, buyers.pop(_address(subscriber.email), []), groups, field)
        self._found["buyer_unknown"] = len(buyers)
        self._orders_to_look_at()

    def _groups(self) -> dict[str, str]:
        """The group of each tier, missing ones created if that is wanted. A missing one is a finding."""
        groups: dict[str, str] = {}
        for name in sorted(self._account.groups):
            tier = tier_of_group(name, self._release.code)
            if tier is not None and tier in groups:
                self._found["twin_group"] += 1
            if tier is not None and (tier not in groups or name == self._written(tier)):
                groups[tier] = name
        for tier in WRITTEN:
            if tier not in groups and self._create:
                groups[tier] = self._written(tier)
                self._account.groups.add(groups[tier])
            elif tier not in groups:
                self._found["group_missing"] += 1
        return groups

    def _written(self, tier: str) -> str:
        return f"{self._release.code}_{WRITTEN[tier]}"

    def _field(self) -> str | None:
        """The purchase field. Of twins, the one that is spelled as we would write it (section 2: adopt, never twin)."""
        mine = [name for name in sorted(self._account.fields) if is_field_of(name, self._release.code)]
        ours = f"{self._release.code}_PURCHASE"
        if len(mine) > 1:
            self._found["twin_field"] += 1
        if mine:
            return ours if ours in mine else mine[0]
        if not self._create:
            return None
        self._account.fields.add(ours)
        return ours

    # One subscriber

    def _subscriber(
        self, subscriber: Subscriber, orders: list[dict[str, Any]], groups: dict[str, str], field: str
    ) -> None:
        tiers = {tier for tier, group in groups.items() if group in subscriber.groups}
        lower, bought = tiers & set(LOWER), tiers & set(PURCHASED)
        several = (len(lower) > 1 and not bought) or len(bought) > 1
        if several:
            self._found["two_tiers"] += 1
        stored = subscriber.values.get(field)
        if not orders:
            if stored is not None or bought:
                self._found[self._why_unproven(subscriber, as_number(stored))] += 1
            return
        if tiers == {"wood"}:
            self._found["wood_purchase"] += 1
        if not self._set_field(subscriber, orders, stored, field):
            return
        if several or tiers == {"wood"} or subscriber.status != "active":
            return
        if len(bought) == 1:
            subscriber.groups -= {groups[tier] for tier in lower}
            return
        self._move(subscriber, next(iter(lower), "unassigned"), orders, groups)

    def _set_field(self, subscriber: Subscriber, orders: list[dict[str, Any]], stored: Any, field: str) -> bool:
        """What is stored stays while it means one of the valid orders, else the earliest one's ID (section 4).

        It may mean an order by its ID, or by the row id of the old plugin. Reading taken: a row id that is accepted
        stays as it is. An ID that is no number has no place in the field: an error, so nothing changes for this
        person (section 5), and the answer is no.
        """
        held = as_number(stored)
        if held is not None and any(held in (as_number(order["id"]), order["row_id"]) for order in orders):
            return True
        number = as_number(orders[0]["id"])
        if number is None:
            self._found["order_number_unfit"] += 1
            return False
        subscriber.values[field] = number
        return True

    def _move(self, subscriber: Subscriber, tier: str, orders: list[dict[str, Any]], groups: dict[str, str]) -> None:
        start = self._release.start
        if tier == "unassigned" and start is not None and all(order["date_utc"] < start for order in orders):
            return
        target = MOVES[tier]
        if target not in groups or subscriber.moves >= MOVES_PER_DAY:
            return
        subscriber.moves += 1
        subscriber.groups.add(groups[target])
        if tier != "unassigned":
            subscriber.groups.discard(groups[tier])

    def _why_unproven(self, subscriber: Subscriber, stored: int | None) -> str:
        """Marked (by value or by tier) without a valid order: refunded only if a look-up by the value shows that.

        Reading taken: a purchased tier without any order is a purchase that was never seen, hence unproven.
        """
        for order in self._orders:
            same = order["row_id"] == stored and _address(order["email"]) == _address(subscriber.email)
            if same and order["status"] == "refunded" and _holds(order, self._release):
                return "refunded_purchase"
        return "purchase_unproven"

    def _orders_to_look_at(self) -> None:
        for order in self._orders:
            if not _is_listed(order) or not _holds(order, self._release):
                continue
            if order["status"] in NOT_SETTLED:
                self._found["order_not_settled"] += 1
            elif order["status"] == "partially_refunded":
                self._found["partial_refund"] += 1
