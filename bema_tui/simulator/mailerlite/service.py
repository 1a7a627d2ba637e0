"""The simulated MailerLite as a client sees it: key, quota, headers, faults, batches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bema_tui.simulator.control.holds import Holds, HoldWhen
from bema_tui.simulator.control.request_log import LoggedRequest, RequestLog
from bema_tui.simulator.control.schedule import Before
from bema_tui.simulator.faults.injector import FaultInjector, InjectedFault
from bema_tui.simulator.faults.kinds import Fault
from bema_tui.simulator.faults.responses import finish_response
from bema_tui.simulator.mailerlite.batch import is_write, item_call, item_errors, runs_as_import
from bema_tui.simulator.mailerlite.calls import ApiCall, read_query
from bema_tui.simulator.mailerlite.quota import Quota
from bema_tui.simulator.mailerlite.responses import ApiResponse, error_response, too_many_requests, validation_error
from bema_tui.simulator.mailerlite.router import Router
from bema_tui.simulator.world.request_check import RequestCheck
from bema_tui.simulator.world.world import World

_NO_CACHE = "no-cache, private"
_REFUSING_FAULTS = (Fault.TOO_MANY, Fault.EXPIRED_KEY)
"""Faults that refuse a request before anything else looks at it."""


class MailerLite:
    """Serves every request to MailerLite; `clock` counts the seconds of the quota's periods."""

    def __init__(
        self, world: World, log: RequestLog, holds: Holds, injector: FaultInjector, clock: Callable[[], float]
    ) -> None:
        switches = world.switches
        self._world = world
        self._log = log
        self._holds = holds
        self._injector = injector
        self._quota = Quota(lambda: switches.quota, lambda: switches.window_seconds, clock)
        self._import_quota = Quota(lambda: switches.import_quota, lambda: switches.window_seconds, clock)
        self._router = Router()

    async def respond(self, request: Request) -> Response:
        """Serves one HTTP request, in the order fault, key, quota, hold, effect, check, hold, fault."""
        raw = await request.body()
        path = request.url.path.removeprefix("/api").strip("/")
        query = request.url.query
        logged = self._log.begin("mailerlite", request.method, f"/api/{path}" + (f"?{query}" if query else ""))
        self._injector.make_scheduled_changes(Before.REQUESTS)
        fault = self._injector.begin_request("mailerlite", logged)
        refusal = self._refusal(request, logged, fault)
        if refusal is not None:
            if fault is not None and fault.kind not in _REFUSING_FAULTS:
                logged.faults.remove(fault.kind)
            logged.status = refusal.status_code
            return refusal
        call = ApiCall(self._world, request.method, path, read_query(query), _json(raw), _base_url(request))
        logged.write = is_write(call)
        held = self._holds.claim("mailerlite", write=logged.write)
        if held == HoldWhen.BEFORE and not await self._holds.wait(logged.number, request):
            return Response(status_code=499)
        if fault is not None and fault.prevents_effect:
            response = self._http_response(error_response(500, "Server Error"), logged)
            return await finish_response(response, fault, request, logged)
        api_response = self._take_effect(call, logged)
        self._injector.finish_request(logged)
        response = self._http_response(api_response, logged)
        if held == HoldWhen.AFTER and not await self._holds.wait(logged.number, request):
            return Response(status_code=499)
        return await finish_response(response, fault, request, logged)

    def _refusal(self, request: Request, logged: LoggedRequest, fault: InjectedFault | None) -> Response | None:
        """Returns 503 while the service is down, 401 for a wrong key, 429 beyond the quota; else None.

        Only requests with the right key count, and only their responses have the headers of the quota.
        """
        switches = self._world.switches
        if switches.down == "mailerlite":
            return HTMLResponse("<html><body><h1>503 Service Unavailable</h1></body></html>", status_code=503)
        expected = f"Bearer {self._world.credentials.mailerlite_key}"
        kind = None if fault is None else fault.kind
        expired = switches.expire_key in (True, "mailerlite") or kind == Fault.EXPIRED_KEY
        if expired or request.headers.get("authorization") != expected:
            return _plain(ApiResponse(401, {"message": "Unauthenticated."}), {"cache-control": _NO_CACHE})
        if fault is not None and kind == Fault.TOO_MANY:
            seconds = fault.profile.retry_after_seconds
            self._quota.exhaust(seconds)
            return self._http_response(too_many_requests("Too Many Attempts."), logged, retry_after=seconds)
        if not self._quota.take():
            self._log.refused += 1
            seconds = self._quota.retry_after
            return self._http_response(too_many_requests("Too Many Attempts."), logged, retry_after=seconds)
        logged.cost = 1
        return None

    def _take_effect(self, call: ApiCall, logged: LoggedRequest) -> ApiResponse:
        """Carries a request out, and checks what it changed."""
        world = self._world
        if logged.write:
            self._injector.make_scheduled_changes(Before.WRITES)
            self._log.writes += 1
        else:
            self._log.reads += 1
        check = world.observer = RequestCheck(world, logged.number)
        try:
            response = self._run(call, logged)
            world.violations.extend(check.finish(allow_create=world.switches.allow_create))
        finally:
            world.observer = None
        return response

    def _run(self, call: ApiCall, logged: LoggedRequest) -> ApiResponse:
        is_batch = call.path == "batch" and call.method == "POST"
        items = call.body_fields().get("requests") if is_batch else None
        errors = item_errors(items) if is_batch else {}
        if errors:
            return validation_error(errors)
        if items is None:
            return self._router.respond(call)[0]
        if runs_as_import(items) and not self._import_quota.take():
            self._log.refused += 1
            return too_many_requests("You're being rate limited on import creation.")
        return self._run_batch(call, items, logged)

    def _run_batch(self, call: ApiCall, items: list[dict[str, Any]], logged: LoggedRequest) -> ApiResponse:
        """Runs the items one after the other; an item that fails never stops the rest (contract, section 10)."""
        responses = []
        for item in items:
            self._injector.begin_batch_item(logged)
            response = self._run_item(item_call(call, item), item["path"], logged)
            responses.append({"code": response.status, "body": response.body})
        good = sum(1 for response in responses if 200 <= response["code"] < 300)
        body = {"total": len(items), "successful": good, "failed": len(items) - good, "responses": responses}
        return ApiResponse(200, body)

    def _run_item(self, call: ApiCall, path: str, logged: LoggedRequest) -> ApiResponse:
        world, switches = self._world, self._world.switches
        sequence, changes_before = world.next_in_sequence(), world.change_count
        if switches.batch_overdraw == "refuse_items" and switches.batch_item_cost and not self._quota.remaining:
            response, routed = too_many_requests("Too Many Attempts."), False
        else:
            response, routed = self._router.respond(call)
        cost = switches.batch_item_cost if routed else 0
        self._quota.spend(cost)
        logged.cost += cost
        item = {"method": call.method, "path": path, "code": response.status}
        logged.items.append({**item, "changed": world.change_count != changes_before, "sequence": sequence})
        return response

    def _http_response(
        self, response: ApiResponse, logged: LoggedRequest, *, retry_after: int | None = None
    ) -> Response:
        """Returns the response with its headers; `retry_after`: None takes the import quota's for a 429."""
        headers = {
            "cache-control": _NO_CACHE,
            "x-ratelimit-limit": str(self._quota.limit),
            "x-ratelimit-remaining": str(self._quota.remaining),
            "x-account_id": "12345",
            "x-user_id": "67890",
            "cf-ray": f"{logged.number:016x}-SIM",
            "server": "cloudflare",
            "access-control-allow-origin": "*",
            "strict-transport-security": "max-age=31536000; includeSubDomains",
        }
        if response.status != 404:
            headers["x-locale"] = "en"
        if response.status == 429:
            switched = self._world.switches.retry_after
            true_seconds = self._import_quota.retry_after if retry_after is None else retry_after
            seconds = true_seconds if switched is None else switched
            if seconds:
                headers["retry-after"] = str(seconds)
        return _plain(response, headers)


def _plain(response: ApiResponse, headers: dict[str, str]) -> Response:
    if response.status == 204:
        return Response(status_code=204, headers=headers)
    sent = Response(response.text().encode(), status_code=response.status, headers=headers)
    sent.headers["content-type"] = "application/json"
    return sent


def _base_url(request: Request) -> str:
    return f"http://{request.headers.get('host', '127.0.0.1')}/api"


def _json(raw: bytes) -> Any:
    """Returns the body; None: what is not JSON counts as not sent."""
    try:
        return json.loads(raw) if raw.strip() else None
    except ValueError:
        return None
