"""The changes that a test or the demo may make in a world, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from bema_tui.simulator.control.state import order_row
from bema_tui.simulator.world.activity import create_order, tier_below
from bema_tui.simulator.world.broken_records import BrokenRecord
from bema_tui.simulator.world.records import Automation, Group, Order, Subscriber
from bema_tui.simulator.world.scripted_responses import ScriptedResponse
from bema_tui.simulator.world.times import now_text
from bema_tui.simulator.world.world import World


def make_change(world: World, name: str, value: Any) -> Any:
    """Makes one change. Returns what it made or changed, in a form for JSON.

    Raises:
        KeyError, TypeError, ValueError: no such change, or it is of something that does not exist.
    """
    check_name(name)
    with world.by_others():
        world.changes_by_others.append({"sequence": world.next_in_sequence(), "change": name, "value": value})
        return _CHANGES[name](world, value)


def check_name(name: str) -> None:
    """Checks the name of a change.

    Raises:
        ValueError: there is no such change.
    """
    if name not in _CHANGES:
        raise ValueError(f"{name} is none of {', '.join(_CHANGES)}")


def _order(world: World, which: str | int) -> Order:
    """Returns the order with this row id or key, the oldest one where several have the key."""
    return world.orders[world.order_by_key[which] if isinstance(which, str) else which]


def _set_order_status(world: World, which: str | int, status: str) -> str:
    order = _order(world, which)
    world.set_order_status(order, status)
    return order.status


def _edit_order(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    """Edits an order as somebody does in the shop: its e-mail, its date, its product."""
    order = _order(world, wanted["order"])
    if "email" in wanted:
        world.set_order_email(order, wanted["email"])
    if "date_utc" in wanted:
        order.date_utc = wanted["date_utc"]
    if "product" in wanted:
        order.items = [attrs.evolve(order.items[0], product_id=int(wanted["product"])), *order.items[1:]]
    order.revision += 1
    return order_row(world, order)


def _subscriber(world: World, email: str) -> Subscriber:
    return world.subscribers[world.by_email[email.strip().lower()]]


def _group(world: World, name: str) -> Group:
    group = world.group_named(name)
    if group is None:
        raise KeyError(name)
    return group


def _move(world: World, wanted: dict[str, Any]) -> list[str]:
    """Moves a subscriber from one group to another; either may be left out. Returns the names of all its groups."""
    subscriber = _subscriber(world, wanted["email"])
    leaving = None if wanted.get("from") is None else _group(world, wanted["from"])
    joining = None if wanted.get("to") is None else _group(world, wanted["to"])
    if leaving is not None:
        world.unassign(subscriber, leaving.id)
    if joining is not None:
        world.assign(subscriber, joining.id)
    return [world.groups[number].name for number in sorted(subscriber.groups)]


def _demote(world: World, email: str) -> bool:
    """Moves one active subscriber a tier down, buyer or not. Returns whether it had a tier to move down from."""
    subscriber = _subscriber(world, email)
    for number in sorted(subscriber.groups):
        lower = tier_below(world, world.groups[number])
        if lower is not None and subscriber.status == "active" and subscriber.deleted_at is None:
            world.unassign(subscriber, number)
            world.assign(subscriber, lower.id)
            return True
    return False


def _create_automation(world: World, wanted: dict[str, Any]) -> str:
    automation = Automation(
        world.new_id(),
        wanted["name"],
        bool(wanted.get("enabled", True)),
        world.new_id(),
        [_group(world, name).id for name in wanted.get("groups", ())],
        now_text(),
    )
    world.automations.append(automation)
    return str(automation.id)


def _break_record(world: World, wanted: dict[str, Any]) -> Any:
    record = BrokenRecord(**{**wanted, "id": int(wanted["id"])})
    world.broken_records.add(record)
    return attrs.asdict(record)


def _script_response(world: World, wanted: dict[str, Any] | None) -> None:
    """Scripts the response to one path; None takes back all scripted responses."""
    if wanted is None:
        world.scripted_responses.clear()
    else:
        world.scripted_responses.add(ScriptedResponse(**wanted))


_CHANGES: dict[str, Callable[[World, Any], Any]] = {
    "refund": lambda world, which: _set_order_status(world, which, "refunded"),
    "complete": lambda world, which: _set_order_status(world, which, "complete"),
    "order_status": lambda world, it: _set_order_status(world, it.get("order", it.get("key")), it["status"]),
    "edit_order": _edit_order,
    "delete_order": lambda world, which: world.remove_order(_order(world, which)),
    "move": _move,
    "demote": _demote,
    "status": lambda world, it: world.set_status(_subscriber(world, it["email"]), it["status"]),
    "set_field": lambda world, it: world.set_values(_subscriber(world, it["email"]), {it["key"]: it["value"]}),
    "delete_subscriber": lambda world, it: world.delete_subscriber(world.subscribers[int(it)]),
    "add_order": lambda world, it: order_row(world, create_order(world, it)),
    "create_group": lambda world, it: str(world.add_group(it).id),
    "delete_group": lambda world, it: world.delete_group(_group(world, it)),
    "create_field": lambda world, it: world.add_field(it["name"], it.get("type", "number")).key,
    "delete_field": lambda world, it: world.delete_field(
        next(field for field in world.fields.values() if it in (field.name, field.key))
    ),
    "create_automation": _create_automation,
    "break_record": _break_record,
    "restore_record": lambda world, it: world.broken_records.restore(it["kind"], int(it["id"])),
    "script_response": _script_response,
}
