"""What tests and the demo may change in a world, at once or before a request that is still to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import attrs

from bema_tui.simulator.world.activity import new_order, tier_below
from bema_tui.simulator.world.broken_records import Break, Scripted
from bema_tui.simulator.world.records import Automation, Group, Order, Subscriber
from bema_tui.simulator.world.world import World, now_text

Of = Literal["requests", "writes", "items", "shop"]


def change(world: World, name: str, value: Any) -> Any:
    """Makes one change, and gives what it made of things.

    Raises:
        KeyError, TypeError, ValueError: no such change, or not of this.
    """
    if name not in _CHANGES:
        raise ValueError(f"{name} is none of {', '.join(_CHANGES)}")
    with world.by_others():
        world.others.append({"order": world.next_in_order(), "do": name, "value": value})
        return _CHANGES[name](world, value)


@attrs.frozen(kw_only=True)
class Coming:
    """Changes that wait for a request: they happen before the `at`-th from now.

    `of` counts requests to MailerLite, its write requests, the items of its batches, or requests to the shop.
    """

    do: dict[str, Any] = attrs.field(validator=attrs.validators.instance_of(dict))
    at: int = attrs.field(default=1, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    of: Of = attrs.field(default="requests", validator=attrs.validators.in_(("requests", "writes", "items", "shop")))

    def __attrs_post_init__(self) -> None:
        for name in self.do:
            if name not in _CHANGES:
                raise ValueError(f"{name} is none of {', '.join(_CHANGES)}")


class Agenda:
    """The changes that are still to come."""

    def __init__(self) -> None:
        self._coming: list[Coming] = []
        self._seen: Counter[str] = Counter()

    def add(self, coming: Coming) -> None:
        self._coming.append(attrs.evolve(coming, at=coming.at + self._seen[coming.of]))

    def clear(self) -> None:
        self._coming.clear()

    def tick(self, of: Of, world: World) -> None:
        """To be called before each of what is counted."""
        self._seen[of] += 1
        due = [coming for coming in self._coming if (coming.of, coming.at) == (of, self._seen[of])]
        for coming in due:
            self._coming.remove(coming)
            for name, value in coming.do.items():
                change(world, name, value)


def order_row(world: World, order: Order) -> dict[str, Any]:
    """The truth about an order."""
    return {
        "row_id": order.row_id,
        "id": f"{world.switches.order_prefix or ''}{order.number}",
        "key": order.key,
        "email": order.email,
        "status": order.status,
        "mode": order.mode,
        "date_utc": order.date_utc,
        "refund_of": order.refund_of,
        "products": [{"id": item.product_id, "price": str(item.price)} for item in order.items],
    }


def _order(world: World, which: str | int) -> Order:
    """By its row id, or by its key: of several with one key the oldest."""
    return world.orders[world.order_by_key[which] if isinstance(which, str) else which]


def _status_of_order(world: World, which: str | int, status: str) -> str:
    order = _order(world, which)
    world.set_order_status(order, status)
    return order.status


def _edit_order(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    """Edits an order as an operator does in the shop: its address, its date, its products."""
    order = _order(world, wanted["order"])
    if "email" in wanted:
        world.set_order_email(order, wanted["email"])
    if "date_utc" in wanted:
        order.date_utc = wanted["date_utc"]
    if "product" in wanted:
        order.items = [attrs.evolve(order.items[0], product_id=int(wanted["product"])), *order.items[1:]]
    order.revision += 1
    return order_row(world, order)


def _person(world: World, email: str) -> Subscriber:
    return world.subscribers[world.by_email[email.strip().lower()]]


def _group(world: World, name: str) -> Group:
    group = world.group_named(name)
    if group is None:
        raise KeyError(name)
    return group


def _move(world: World, wanted: dict[str, Any]) -> list[str]:
    """Moves a person between groups as an automation would; either side may be left out."""
    person = _person(world, wanted["email"])
    leaving = None if wanted.get("from") is None else _group(world, wanted["from"])
    joining = None if wanted.get("to") is None else _group(world, wanted["to"])
    if leaving is not None:
        world.unassign(person, leaving.id)
    if joining is not None:
        world.assign(person, joining.id)
    return [world.groups[number].name for number in sorted(person.groups)]


def _demote(world: World, email: str) -> bool:
    """Moves one person a tier down, as MailerLite's automations do, whether or not they bought; says whether it did."""
    person = _person(world, email)
    for number in sorted(person.groups):
        lower = tier_below(world, world.groups[number])
        if lower is not None and person.status == "active" and person.deleted_at is None:
            world.unassign(person, number)
            world.assign(person, lower.id)
            return True
    return False


def _add_automation(world: World, wanted: dict[str, Any]) -> str:
    made = Automation(
        world.new_id(),
        wanted["name"],
        bool(wanted.get("enabled", True)),
        world.new_id(),
        [_group(world, name).id for name in wanted.get("groups", ())],
        now_text(),
    )
    world.automations.append(made)
    return str(made.id)


def _break(world: World, wanted: dict[str, Any]) -> Any:
    """Breaks the row of one record."""
    one = Break(**{**wanted, "id": int(wanted["id"])})
    world.broken.add(one)
    return attrs.asdict(one)


def _answer(world: World, wanted: dict[str, Any] | None) -> None:
    """Answers one path as it is told to; None takes all of these back."""
    if wanted is None:
        world.scripted.clear()
    else:
        world.scripted.add(Scripted(**wanted))


_CHANGES: dict[str, Callable[[World, Any], Any]] = {
    "refund": lambda world, which: _status_of_order(world, which, "refunded"),
    "complete": lambda world, which: _status_of_order(world, which, "complete"),
    "order_status": lambda world, it: _status_of_order(world, it.get("order", it.get("key")), it["status"]),
    "edit_order": _edit_order,
    "delete_order": lambda world, which: world.remove_order(_order(world, which)),
    "move": _move,
    "demote": _demote,
    "status": lambda world, it: world.set_status(_person(world, it["email"]), it["status"]),
    "set_field": lambda world, it: world.set_values(_person(world, it["email"]), {it["key"]: it["value"]}),
    "delete_subscriber": lambda world, it: world.delete_subscriber(world.subscribers[int(it)]),
    "add_order": lambda world, it: order_row(world, new_order(world, it)),
    "create_group": lambda world, it: str(world.add_group(it).id),
    "delete_group": lambda world, it: world.delete_group(_group(world, it)),
    "create_field": lambda world, it: world.add_field(it["name"], it.get("type", "number")).key,
    "delete_field": lambda world, it: world.delete_field(
        next(field for field in world.fields.values() if it in (field.name, field.key))
    ),
    "create_automation": _add_automation,
    "break": _break,
    "mend": lambda world, it: world.broken.mend(it["kind"], int(it["id"])),
    "answer": _answer,
}
