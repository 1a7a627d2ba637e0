"""What tests and the demo may ask of a simulator besides its two systems: the truth, holds, switches, small edits."""

from __future__ import annotations

from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bema_tui.simulator.control.changes import Agenda, Coming, change, order_row
from bema_tui.simulator.control.request_log import Holds, RequestLog
from bema_tui.simulator.faults.profile import profile_of
from bema_tui.simulator.world.records import Product
from bema_tui.simulator.world.world import World


class Control:
    """The paths below ``/_simulator``; what is changed here was asked for and is never a violation."""

    def __init__(self, world: World, log: RequestLog, holds: Holds, agenda: Agenda) -> None:
        self._world = world
        self._agenda = agenda
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
            Route("/_simulator/later", self.later, methods=["POST"]),
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
            done = {name: change(self._world, name, value) for name, value in order.items()}
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"cannot change that: {error!r}")
        return JSONResponse(done)

    async def later(self, request: Request) -> JSONResponse:
        """Takes a change for before a coming request (`at`, `of`, `do`); nothing takes all of them back."""
        wanted = await request.json()
        try:
            if wanted:
                self._agenda.add(Coming(**wanted))
            else:
                self._agenda.clear()
        except (TypeError, ValueError) as error:
            return _refused(f"cannot do that later: {error}")
        return JSONResponse(wanted)


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
        "orders": [order_row(world, order) for order in world.orders.values()],
        "products": [_product_row(product) for product in world.products.values()],
        "campaigns": [attrs.asdict(campaign) for campaign in world.campaigns],
        "cast": world.cast,
        "created": world.created_count,
        "others": world.others,
        "violations": [attrs.asdict(violation) for violation in world.violations],
        "requests": log.counts(),
        "faults": log.faults(),
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


def _refused(text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=400)
