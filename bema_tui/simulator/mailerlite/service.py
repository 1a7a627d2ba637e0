"""The simulated MailerLite: its routes, its batch, and the door with key, quota and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bema_tui.simulator.control.request_log import Entry, Holds, RequestLog
from bema_tui.simulator.faults.injector import Disturbance, Strike, spoil
from bema_tui.simulator.mailerlite import groups
from bema_tui.simulator.mailerlite import subscribers as people
from bema_tui.simulator.mailerlite.imports import Imports
from bema_tui.simulator.mailerlite.quota import FixedWindow
from bema_tui.simulator.mailerlite.responses import Answer, Call, failure, invalid, no_route, read_query
from bema_tui.simulator.world.violations import Watch
from bema_tui.simulator.world.world import World

_MOST_ITEMS = 50
_UNCACHED = "no-cache, private"
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_IMPORT_PATH = re.compile(r"groups/\d+/(?:import-subscribers|subscribers/import)|subscribers/import", re.ASCII)
Handler = Callable[..., Answer]


@attrs.frozen
class Route:
    """A method and a path below ``/api`` whose groups are given to the handler."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


class MailerLite:
    """The service as a client sees it; every request goes through `answer`."""

    def __init__(self, world: World, log: RequestLog, holds: Holds, disturbance: Disturbance) -> None:
        switches = world.switches
        self._world = world
        self._log = log
        self._holds = holds
        self._disturbance = disturbance
        self._imports = Imports()
        self._quota = FixedWindow(lambda: switches.quota, lambda: switches.window_seconds)
        self._import_quota = FixedWindow(lambda: switches.import_quota, lambda: switches.window_seconds)
        self._routes = _routes(self._imports)

    async def answer(self, request: Request) -> Response:
        """Answers one HTTP request, in the order fault, key, quota, hold, effect, check, hold, fault."""
        raw = await request.body()
        path = request.url.path.removeprefix("/api").strip("/")
        query = request.url.query
        entry = self._log.begin("mailerlite", request.method, f"/api/{path}" + (f"?{query}" if query else ""))
        self._disturbance.before("requests")
        strike = self._disturbance.begin("mailerlite", entry)
        refusal = self._refusal(request, entry, strike)
        if refusal is not None:
            if strike is not None and strike.kind not in ("too_many", "expired_key"):
                entry.faults.remove(strike.kind)
            return refusal
        call = Call(self._world, request.method, path, read_query(query), _json(raw), _base(request))
        entry.write = _is_write(call)
        held = self._holds.claim("mailerlite", write=entry.write)
        if held == "before" and not await self._holds.wait(entry.n, request):
            return Response(status_code=499)
        if strike is not None and strike.prevents:
            return await self._spoiled(strike, self._response(failure(500, "Server Error"), entry), request, entry)
        answer = self._take_effect(call, entry)
        self._disturbance.finish(entry)
        response = self._response(answer, entry)
        if held == "after" and not await self._holds.wait(entry.n, request):
            return Response(status_code=499)
        if strike is not None:
            return await self._spoiled(strike, response, request, entry)
        entry.status = answer.status
        return response

    async def _spoiled(self, strike: Strike, response: Response, request: Request, entry: Entry) -> Response:
        spoiled = await spoil(strike, response, request)
        entry.status = None if strike.kind in ("cut_before", "cut_after") else spoiled.status_code
        return spoiled

    def _refusal(self, request: Request, entry: Entry, strike: Strike | None) -> Response | None:
        """503 while down, 401 for a wrong key (uncounted, without rate headers), 429 beyond the quota."""
        switches = self._world.switches
        if switches.down == "mailerlite":
            entry.status = 503
            return HTMLResponse("<html><body><h1>503 Service Unavailable</h1></body></html>", status_code=503)
        expected = f"Bearer {self._world.keys.mailerlite}"
        struck = None if strike is None else strike.kind
        expired = switches.expire_key in (True, "mailerlite") or struck == "expired_key"
        if expired or request.headers.get("authorization") != expected:
            entry.status = 401
            return _plain(Answer(401, {"message": "Unauthenticated."}), {"cache-control": _UNCACHED})
        if strike is not None and struck == "too_many":
            self._quota.exhaust(strike.profile.retry_after_seconds)
            entry.status = 429
            return self._response(_too_many("Too Many Attempts."), entry, wait=strike.profile.retry_after_seconds)
        if not self._quota.take():
            self._log.refused += 1
            entry.status = 429
            return self._response(_too_many("Too Many Attempts."), entry, wait=self._quota.retry_after)
        entry.cost = 1
        return None

    def _take_effect(self, call: Call, entry: Entry) -> Answer:
        world = self._world
        if entry.write:
            self._disturbance.before("writes")
            self._log.writes += 1
        else:
            self._log.reads += 1
        world.watch = Watch(world, entry.n)
        try:
            self._imports.settle(world)
            answer = self._run(call, entry)
            world.violations.extend(world.watch.finish(allow_create=world.switches.allow_create))
        finally:
            world.watch = None
        return answer

    def _run(self, call: Call, entry: Entry) -> Answer:
        is_batch = call.path == "batch" and call.method == "POST"
        items = call.fields_of_body().get("requests") if is_batch else None
        errors = _batch_errors(items) if is_batch else {}
        if errors:
            return invalid(errors)
        if _creates_import(call, items) and not self._import_quota.take():
            self._log.refused += 1
            return _too_many("You're being rate limited on import creation.")
        if items is None:
            return self.route(call)[0]
        return self._batch(call, items, entry)

    def route(self, call: Call) -> tuple[Answer, bool]:
        """The answer of the route that a call hits, and whether it hit one."""
        scripted = self._world.scripted.take("mailerlite", call.method, call.path)
        if scripted is not None:
            return Answer(scripted.status, scripted.body, pretty=True), True
        allowed = []
        for route in self._routes:
            match = route.pattern.fullmatch(call.path)
            if match is None:
                continue
            if route.method == call.method:
                return self._worded(route.handler(call, *match.groups())), True
            allowed.append(route.method)
        if not allowed:
            return no_route(call.path), False
        text = f"The {call.method} method is not supported for route api/{call.path}. "
        return failure(405, text + f"Supported methods: {', '.join(sorted(set(allowed)))}."), False

    def _worded(self, answer: Answer) -> Answer:
        """A 404 in the wording that is switched on: the service has used several."""
        form = self._world.switches.not_found
        if answer.status != 404 or form == "model":
            return answer
        return failure(404, "Resource not found." if form == "resource" else "")

    def _batch(self, call: Call, items: list[dict[str, Any]], entry: Entry) -> Answer:
        """Runs the items one after the other; a failure inside never stops the rest (contract, section 10)."""
        switches = self._world.switches
        responses = []
        for item in items:
            self._disturbance.before_item(entry)
            path, _, query = item["path"].partition("?")
            inner = Call(
                self._world,
                item["method"].upper(),
                self._decoded(path.removeprefix("api/")).strip("/"),
                read_query(query),
                item.get("body"),
                call.base,
            )
            order, touched = self._world.next_in_order(), self._world.touched
            if switches.batch_overdraw == "refuse_items" and switches.batch_item_cost and not self._quota.remaining:
                answer, routed = failure(429, "Too Many Attempts."), False
            else:
                answer, routed = self.route(inner)
            cost = switches.batch_item_cost if routed else 0
            self._quota.spend(cost)
            entry.cost += cost
            changed = self._world.touched != touched
            done = {"method": inner.method, "path": item["path"], "code": answer.status}
            entry.items.append({**done, "changed": changed, "order": order})
            responses.append({"code": answer.status, "body": answer.body})
        good = sum(1 for response in responses if 200 <= response["code"] < 300)
        body = {"total": len(items), "successful": good, "failed": len(items) - good, "responses": responses}
        return Answer(200, body)

    def _decoded(self, path: str) -> str:
        """The path of a batch's item, in which an address may have to be encoded, or may not be."""
        form = self._world.switches.batch_paths
        if form == "plain":
            return path
        return path.replace("@", "%40") if form == "encoded" and "@" in path else unquote(path)

    def _response(self, answer: Answer, entry: Entry, *, wait: int | None = None) -> Response:
        headers = {
            "cache-control": _UNCACHED,
            "x-ratelimit-limit": str(self._quota.limit),
            "x-ratelimit-remaining": str(self._quota.remaining),
            "x-account_id": "12345",
            "x-user_id": "67890",
            "cf-ray": f"{entry.n:016x}-SIM",
            "server": "cloudflare",
            "access-control-allow-origin": "*",
            "strict-transport-security": "max-age=31536000; includeSubDomains",
        }
        if answer.status != 404:
            headers["x-locale"] = "en"
        if answer.status == 429:
            said = self._world.switches.retry_after
            known = self._import_quota.retry_after if wait is None else wait
            seconds = known if said is None else said
            if seconds:
                headers["retry-after"] = str(seconds)
        return _plain(answer, headers)


def _routes(imports: Imports) -> list[Route]:
    table: list[tuple[str, str, Handler]] = [
        ("GET", "subscribers", people.list_people),
        ("POST", "subscribers", people.upsert),
        ("POST", "subscribers/import", imports.without_group),
        ("GET", r"subscribers/import/(\d+)", imports.show),
        ("GET", r"subscribers/([^/]+)", people.get_person),
        ("PUT", r"subscribers/([^/]+)", people.update),
        ("DELETE", r"subscribers/([^/]+)", people.delete),
        ("POST", r"subscribers/([^/]+)/forget", people.forget),
        ("GET", r"subscribers/([^/]+)/activity-log", people.activity_log),
        ("POST", r"subscribers/(\d+)/groups/([^/]+)", groups.assign),
        ("DELETE", r"subscribers/(\d+)/groups/([^/]+)", groups.unassign),
        ("GET", "groups", groups.list_groups),
        ("POST", "groups", groups.create_group),
        ("GET", r"groups/([^/]+)", groups.get_group),
        ("PUT", r"groups/([^/]+)", groups.rename_group),
        ("DELETE", r"groups/([^/]+)", groups.delete_group),
        ("GET", r"groups/([^/]+)/subscribers", groups.list_members),
        ("POST", r"groups/(\d+)/import-subscribers", imports.to_group),
        ("POST", r"groups/(\d+)/subscribers/import", imports.to_group_undocumented),
        ("GET", "fields", groups.list_fields),
        ("POST", "fields", groups.create_field),
        ("PUT", r"fields/(\d+)", groups.rename_field),
        ("DELETE", r"fields/(\d+)", groups.delete_field),
        ("GET", "automations", groups.list_automations),
        ("GET", r"automations/([^/]+)", groups.get_automation),
        ("GET", r"automations/([^/]+)/activity", groups.automation_activity),
    ]
    return [Route(method, re.compile(pattern, re.ASCII), handler) for method, pattern, handler in table]


def _batch_errors(items: Any) -> dict[str, list[str]]:
    if not isinstance(items, list) or not items:
        return {"requests": ["The requests field is required."]}
    if len(items) > _MOST_ITEMS:
        return {"requests": [f"The requests must not have more than {_MOST_ITEMS} items."]}
    errors: dict[str, list[str]] = {}
    for place, item in enumerate(items):
        shape = item if isinstance(item, dict) else {}
        if str(shape.get("method", "")).upper() not in _METHODS:
            errors[f"requests.{place}.method"] = [f"The selected requests.{place}.method is invalid."]
        if not isinstance(shape.get("path"), str) or not shape["path"].startswith("api/"):
            errors[f"requests.{place}.path"] = [f"The requests.{place}.path must start with api/."]
    return errors


def _creates_import(call: Call, items: list[dict[str, Any]] | None) -> bool:
    """A batch of nothing but upserts is run as an import, and both have a limit of their own."""
    if items is None:
        return call.method == "POST" and _IMPORT_PATH.fullmatch(call.path) is not None
    return all(
        item["method"].upper() == "POST" and item["path"].partition("?")[0].strip("/") == "api/subscribers"
        for item in items
    )


def _is_write(call: Call) -> bool:
    if call.path != "batch":
        return call.method != "GET"
    items = call.fields_of_body().get("requests")
    return isinstance(items, list) and any(
        isinstance(item, dict) and str(item.get("method", "")).upper() != "GET" for item in items
    )


def _too_many(message: str) -> Answer:
    return failure(429, message)


def _plain(answer: Answer, headers: dict[str, str]) -> Response:
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    response = Response(answer.text().encode(), status_code=answer.status, headers=headers)
    response.headers["content-type"] = "application/json"
    return response


def _base(request: Request) -> str:
    return f"http://{request.headers.get('host', '127.0.0.1')}/api"


def _json(raw: bytes) -> Any:
    """The body, or None: what is not JSON counts as not sent."""
    try:
        return json.loads(raw) if raw.strip() else None
    except ValueError:
        return None
