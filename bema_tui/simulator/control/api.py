"""The paths below ``/_simulator``, by which tests and the demo see and change a simulation."""

from __future__ import annotations

from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bema_tui.simulator.control.changes import make_change
from bema_tui.simulator.control.holds import Hold, Holds
from bema_tui.simulator.control.request_log import RequestLog
from bema_tui.simulator.control.schedule import Schedule, ScheduledChange
from bema_tui.simulator.control.state import state_document
from bema_tui.simulator.faults.profile import load_profile
from bema_tui.simulator.world.world import World

_HOLD_VALUES = "at (from 1), when (before, after), side (mailerlite, edd, any), only (writes, all)"


class ControlApi:
    """What is changed here is never a violation."""

    def __init__(self, world: World, log: RequestLog, holds: Holds, schedule: Schedule) -> None:
        self._world = world
        self._schedule = schedule
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
            Route("/_simulator/schedule", self.schedule, methods=["POST"]),
        ]

    async def state(self, _request: Request) -> JSONResponse:
        return JSONResponse(state_document(self._world, self._log))

    async def requests(self, request: Request) -> JSONResponse:
        """Shows the requests after the one with the number `since`, all of them without it."""
        since = request.query_params.get("since", "0")
        return JSONResponse(self._log.since(int(since) if since.isdecimal() else 0))

    async def violations(self, _request: Request) -> JSONResponse:
        return JSONResponse([attrs.asdict(violation) for violation in self._world.violations])

    async def held(self, _request: Request) -> JSONResponse:
        return JSONResponse(self._holds.status())

    async def hold(self, request: Request) -> JSONResponse:
        """Holds a request that is still to come (`at`, `when`, `side`, `only`)."""
        try:
            self._holds.arm(Hold(**await request.json()))
        except (TypeError, ValueError):
            return _refused(f"hold takes {_HOLD_VALUES}")
        return JSONResponse(self._holds.status())

    async def release(self, _request: Request) -> JSONResponse:
        self._holds.release()
        return JSONResponse({"released": True})

    async def set(self, request: Request) -> JSONResponse:
        """Sets switches and `faults`. Shows all switches."""
        wanted: dict[str, Any] = await request.json()
        try:
            if "faults" in wanted:
                profile = wanted["faults"] = load_profile(wanted["faults"], self._world.settings.seed)
                wanted = {**({} if profile is None else profile.switches), **wanted}
            self._world.switches.change(wanted)
        except ValueError as error:
            return _refused(str(error))
        return JSONResponse(attrs.asdict(self._world.switches))

    async def change(self, request: Request) -> JSONResponse:
        """Makes changes by name. Shows what each one made or changed."""
        wanted: dict[str, Any] = await request.json()
        try:
            made = {name: make_change(self._world, name, value) for name, value in wanted.items()}
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"cannot change that: {error!r}")
        return JSONResponse(made)

    async def schedule(self, request: Request) -> JSONResponse:
        """Schedules changes (`change`, `before`, `at`); an empty object takes back all of them."""
        wanted: dict[str, Any] = await request.json()
        try:
            if wanted:
                self._schedule.add(ScheduledChange(**wanted))
            else:
                self._schedule.clear()
        except (TypeError, ValueError) as error:
            return _refused(f"cannot schedule that: {error}")
        return JSONResponse(wanted)


def _refused(text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=400)
