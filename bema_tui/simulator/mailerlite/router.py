"""The routes of MailerLite's API."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from bema_tui.simulator.mailerlite import automations, fields, groups, subscribers
from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.responses import ApiResponse, error_response, route_not_found

Handler = Callable[..., ApiResponse]


@attrs.frozen
class Route:
    """Which calls a handler responds to."""

    method: str
    """The HTTP method."""
    pattern: re.Pattern[str]
    """The path below ``/api``; its groups are the handler's arguments."""
    handler: Handler
    """What makes the response."""


class Router:
    """Finds the handler of a call."""

    def __init__(self) -> None:
        self._routes = _routes()

    def respond(self, call: ApiCall) -> tuple[ApiResponse, bool]:
        """Returns the response to a call, and whether there is a route for it."""
        scripted = call.world.scripted_responses.take("mailerlite", call.method, call.path)
        if scripted is not None:
            return ApiResponse(scripted.status, scripted.body, pretty=True), True
        allowed = []
        for route in self._routes:
            match = route.pattern.fullmatch(call.path)
            if match is None:
                continue
            if route.method == call.method:
                return _worded(call, route.handler(call, *match.groups())), True
            allowed.append(route.method)
        if not allowed:
            return route_not_found(call.path), False
        text = f"The {call.method} method is not supported for route api/{call.path}. "
        return error_response(405, text + f"Supported methods: {', '.join(sorted(set(allowed)))}."), False


def _worded(call: ApiCall, response: ApiResponse) -> ApiResponse:
    """Returns a 404 with the message that is switched on: the service has used several."""
    form = call.world.switches.not_found
    if response.status != 404 or form == "model":
        return response
    return error_response(404, "Resource not found." if form == "resource" else "")


def _routes() -> list[Route]:
    table: list[tuple[str, str, Handler]] = [
        ("GET", "subscribers", subscribers.list_subscribers),
        ("POST", "subscribers", subscribers.upsert),
        ("GET", r"subscribers/([^/]+)", subscribers.get_subscriber),
        ("PUT", r"subscribers/([^/]+)", subscribers.update),
        ("DELETE", r"subscribers/([^/]+)", subscribers.delete),
        ("POST", r"subscribers/([^/]+)/forget", subscribers.forget),
        ("GET", r"subscribers/([^/]+)/activity-log", subscribers.activity_log),
        ("POST", r"subscribers/(\d+)/groups/([^/]+)", groups.assign),
        ("DELETE", r"subscribers/(\d+)/groups/([^/]+)", groups.unassign),
        ("GET", "groups", groups.list_groups),
        ("POST", "groups", groups.create_group),
        ("GET", r"groups/([^/]+)", groups.get_group),
        ("PUT", r"groups/([^/]+)", groups.rename_group),
        ("DELETE", r"groups/([^/]+)", groups.delete_group),
        ("GET", r"groups/([^/]+)/subscribers", groups.list_members),
        ("GET", "fields", fields.list_fields),
        ("POST", "fields", fields.create_field),
        ("PUT", r"fields/(\d+)", fields.rename_field),
        ("DELETE", r"fields/(\d+)", fields.delete_field),
        ("GET", "automations", automations.list_automations),
        ("GET", r"automations/([^/]+)", automations.get_automation),
        ("GET", r"automations/([^/]+)/activity", automations.automation_activity),
    ]
    return [Route(method, re.compile(pattern, re.ASCII), handler) for method, pattern, handler in table]
