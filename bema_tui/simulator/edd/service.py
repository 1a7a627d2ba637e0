"""The simulated shop as a client sees it: requests, faults and headers."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qsl, urlencode

import attrs
from starlette.requests import Request
from starlette.responses import Response

from bema_tui.simulator.control.holds import Holds
from bema_tui.simulator.control.request_log import RequestLog
from bema_tui.simulator.control.schedule import Before
from bema_tui.simulator.edd.api import ShopApi, ShopRequest
from bema_tui.simulator.edd.formats import ShopResponse, fatal_error, maintenance_page, printed
from bema_tui.simulator.faults.injector import FaultInjector, InjectedFault
from bema_tui.simulator.faults.kinds import Fault
from bema_tui.simulator.faults.responses import finish_response
from bema_tui.simulator.world.world import World

_SECRETS = ("key", "token")


class Shop:
    """Serves every request to the shop. Its API only reads, so that no request changes the world."""

    def __init__(self, world: World, log: RequestLog, holds: Holds, injector: FaultInjector) -> None:
        self._world = world
        self._log = log
        self._holds = holds
        self._injector = injector
        self._api = ShopApi(world)

    async def respond(self, http_request: Request) -> Response:
        """Serves one HTTP request, in the order hold, delay, scheduled changes, fault."""
        request = await _read(http_request)
        logged = self._log.begin("edd", http_request.method, request.path + _shown_query(request))
        logged.cost = 1
        self._log.shop += 1
        held = self._holds.claim("edd", write=False)
        if held is not None and not await self._holds.wait(logged.number, http_request):
            return Response(status_code=499)
        if self._world.switches.page_seconds:
            await asyncio.sleep(self._world.switches.page_seconds)
        sales_before = self._api.sales_before(request)
        self._injector.make_scheduled_changes(Before.SHOP_REQUESTS)
        fault = self._injector.begin_request("edd", logged, sales_before=sales_before)
        shop_response = self._surrounded(_response_of_fault(fault) or self._api.respond(request))
        return await finish_response(_http_response(shop_response, request), fault, http_request, logged)

    def _surrounded(self, response: ShopResponse) -> ShopResponse:
        """Returns the response with what plugins print before and behind its JSON."""
        switches = self._world.switches
        before, after = switches.text_before_json or "", switches.text_after_json or ""
        if not response.content_type.startswith("application/json") or not (before or after):
            return response
        return attrs.evolve(response, text=before + response.text + after)


async def _read(request: Request) -> ShopRequest:
    started = time.monotonic()
    body = (await request.body()).decode("utf-8", "replace")
    return ShopRequest(
        path=request.url.path,
        query=dict(parse_qsl(request.url.query, keep_blank_values=True)),
        body=dict(parse_qsl(body, keep_blank_values=True)),
        accept=request.headers.get("accept", ""),
        shop_url=f"http://{request.headers.get('host', '127.0.0.1')}/",
        started=started,
    )


def _shown_query(request: ShopRequest) -> str:
    """Returns the parameters for the log, without key and token."""
    shown = {key: value for key, value in request.params.items() if key not in _SECRETS}
    return f"?{urlencode(shown)}" if shown else ""


def _response_of_fault(fault: InjectedFault | None) -> ShopResponse | None:
    """Returns the response that a fault puts in the place of the shop's own, if it does."""
    if fault is None:
        return None
    if fault.kind == Fault.SERVER_ERROR:
        return fatal_error("text/html")
    if fault.kind == Fault.MAINTENANCE:
        return maintenance_page()
    if fault.kind == Fault.EXPIRED_KEY:
        return printed(403, {"error": "Invalid API key!"}, "json")
    if fault.kind == Fault.TOO_MANY:
        page = "<html><body><h1>429 Too Many Requests</h1></body></html>"
        return ShopResponse(429, page, "text/html", retry_after=fault.profile.retry_after_seconds)
    return None


def _http_response(response: ShopResponse, request: ShopRequest) -> Response:
    headers = {"content-type": response.content_type, "x-powered-by": "PHP/8.2.36"}
    if response.retry_after:
        headers["retry-after"] = str(response.retry_after)
    if response.uncached or "paged" in request.query:  # WordPress reads `paged` itself, and calls the page empty
        headers |= {
            "expires": "Wed, 11 Jan 1984 05:00:00 GMT",
            "cache-control": "no-cache, must-revalidate, max-age=0",
        }
    sent = Response(response.text.encode(), status_code=response.status)
    sent.headers.update(headers)
    return sent
