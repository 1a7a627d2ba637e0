"""What tests and the demo may ask of a simulator besides its two systems: the truth, holds, switches, small edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bema_tui.simulator.edits import new_order
from bema_tui.simulator.faults import profile_of
from bema_tui.simulator.records import Order, Product
from bema_tui.simulator.state import World
from bema_tui.simulator.traffic import Holds, RequestLog


class Control:
    """The paths below ``/_simulator``; what is changed here was asked for and is never a violation."""

    def __init__(self, world: World, log: RequestLog, holds: Holds) -> None:
        self._world = world
        self._log = log
        self._holds = holds

    def routes(self) -> list[Route]:
        return [
            Route("/_simulator/state", self.state),
            Route("/_simulator/requests", self.requests),
            Route("/_simulator/violations", self.violations),
            Route("/_simulator/held", self.held),
            Route("/_simulator/hold", self.hold, methods=["POST"]),
            Route("/_simulator/release", self.release, methods=["POST"]),
            Route("/_simulator/set", self.set, methods=["POST"]),
            Route("/_simulator/change", self.change, methods=["POST"]),
        ]

    async def state(self, _request: Request) -> JSONResponse:
        return JSONResponse(state_of(self._world, self._log))

    async def requests(self, request: Request) -> JSONResponse:
        since = request.query_params.get("since", "0")
        return JSONResponse(self._log.since(int(since) if since.isdecimal() else 0))

    async def violations(self, _request: Request) -> JSONResponse:
        return JSONResponse([attrs.asdict(violation) for violation in self._world.violations])

    async def held(self, _request: Request) -> JSONResponse:
        return JSONResponse(self._holds.row())

    async def hold(self, request: Request) -> JSONResponse:
        order = {"at": 1, "when": "before", "side": "mailerlite", "only": "all", **await request.json()}
        good = (
            isinstance(order["at"], int)
            and order["at"] >= 1
            and order["when"] in ("before", "after")
            and order["side"] in ("mailerlite", "edd", "any")
            and order["only"] in ("writes", "all")
            and len(order) == 4
        )
        if not good:
            return _refused(
                "hold takes at (from 1), when (before, after), side (mailerlite, edd, any), only (writes, all)"
            )
        self._holds.arm(at=order["at"], when=order["when"], side=order["side"], only=order["only"])
        return JSONResponse(self._holds.row())

    async def release(self, _request: Request) -> JSONResponse:
        self._holds.release()
        return JSONResponse({"released": True})

    async def set(self, request: Request) -> JSONResponse:
        wanted = await request.json()
        try:
            if "faults" in wanted:
                profile = wanted["faults"] = profile_of(wanted["faults"], self._world.settings.seed)
                wanted = {**({} if profile is None else profile.switches), **wanted}
            self._world.switches.turn(wanted)
        except ValueError as error:
            return _refused(str(error))
        return JSONResponse(attrs.asdict(self._world.switches))

    async def change(self, request: Request) -> JSONResponse:
        order = await request.json()
        try:
            done = {name: self._change(name, value) for name, value in order.items()}
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"cannot change that: {error!r}")
        return JSONResponse(done)

    def _change(self, name: str, value: Any) -> Any:
        changes: dict[str, Callable[[World, Any], Any]] = {
            "refund": lambda world, key: _order_status(world, key, "refunded"),
            "complete": lambda world, key: _order_status(world, key, "complete"),
            "order_status": lambda world, it: _order_status(world, it["key"], it["status"]),
            "move": _move,
            "status": lambda world, it: world.set_status(_person(world, it["email"]), it["status"]),
            "set_field": lambda world, it: world.set_values(_person(world, it["email"]), {it["key"]: it["value"]}),
            "delete_subscriber": lambda world, it: world.delete_subscriber(world.subscribers[int(it)]),
            "add_order": lambda world, it: _order_row(world, new_order(world, it)),
            "create_group": lambda world, it: str(world.add_group(it).id),
            "delete_group": lambda world, it: world.delete_group(_group(world, it)),
            "create_field": lambda world, it: world.add_field(it["name"], it.get("type", "number")).key,
            "delete_field": lambda world, it: world.delete_field(
                next(field for field in world.fields.values() if it in (field.name, field.key))
            ),
        }
        if name not in changes:
            raise ValueError(f"{name} is none of {', '.join(changes)}")
        return changes[name](self._world, value)


def state_of(world: World, log: RequestLog) -> dict[str, Any]:
    """The whole truth of both systems, whatever their answers hide."""
    names = {group.id: group.name for group in world.groups.values()}
    keys = [field.key for field in world.fields.values()]
    return {
        "seed": world.settings.seed,
        "subscribers": [
            {
                "id": str(person.id),
                "email": person.email,
                "status": person.status,
                "fields": {key: person.values.get(key) for key in keys},
                "groups": [names[number] for number in sorted(person.groups)],
                "group_ids": [str(number) for number in sorted(person.groups)],
            }
            for person in world.subscribers.values()
            if person.deleted_at is None
        ],
        "groups": [{"id": str(number), "name": name} for number, name in names.items()],
        "fields": [
            {"id": str(field.id), "name": field.name, "key": field.key, "type": field.type}
            for field in world.fields.values()
        ],
        "automations": [
            {
                "id": str(a.id),
                "name": a.name,
                "enabled": a.enabled,
                "groups": [names.get(n) for n in a.group_ids],
                "started": a.started,
            }
            for a in world.automations
        ],
        "orders": [_order_row(world, order) for order in world.orders.values()],
        "products": [_product_row(product) for product in world.products.values()],
        "campaigns": [attrs.asdict(campaign) for campaign in world.campaigns],
        "cast": world.cast,
        "created": world.created_count,
        "violations": [attrs.asdict(violation) for violation in world.violations],
        "requests": log.counts(),
        "faults": log.faults(),
    }


def _order_row(world: World, order: Order) -> dict[str, Any]:
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


def _product_row(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "title": product.title,
        "created": product.created,
        "status": product.status,
        "categories": [term.slug for term in product.categories],
        "bundle_of": product.bundle_of,
    }


def _order_status(world: World, key: str, status: str) -> str:
    order = world.orders[world.order_by_key[key]]
    world.set_order_status(order, status)
    return order.status


def _person(world: World, email: str) -> Any:
    return world.subscribers[world.by_email[email.strip().lower()]]


def _group(world: World, name: str) -> Any:
    group = world.group_named(name)
    if group is None:
        raise KeyError(name)
    return group


def _move(world: World, order: dict[str, Any]) -> list[str]:
    """Moves a person between groups as an automation would; either side may be left out."""
    person = _person(world, order["email"])
    leaving = None if order.get("from") is None else _group(world, order["from"])
    joining = None if order.get("to") is None else _group(world, order["to"])
    if leaving is not None:
        world.unassign(person, leaving.id)
    if joining is not None:
        world.assign(person, joining.id)
    return [world.groups[number].name for number in sorted(person.groups)]


def _refused(text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=400)
