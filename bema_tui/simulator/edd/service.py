"""The simulated shop: versions, credentials, rights and endpoints of EDD's API (contract, sections 2 and 3)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs
from starlette.requests import Request
from starlette.responses import Response

from bema_tui.simulator.control.request_log import Holds, RequestLog
from bema_tui.simulator.edd import catalogue
from bema_tui.simulator.edd.formats import (
    PhpError,
    ShopAnswer,
    fatal,
    front_page,
    maintenance,
    mismatch,
    php_int,
    printed,
)
from bema_tui.simulator.edd.sales import find_orders, sale_row, sale_row_v1, unknown_order, window
from bema_tui.simulator.faults.injector import Disturbance, Strike, spoil
from bema_tui.simulator.world.records import Order
from bema_tui.simulator.world.world import World

_ENDPOINTS = ("sales", "customers", "products", "stats", "discounts", "info", "file-download-logs")
_CHOICES = ("id", "purchasekey", "email", "customer", "product", "page")
_SECRET = ("key", "token")


class Shop:
    """The shop as a client sees it; it only reads, so nothing here changes the world."""

    def __init__(self, world: World, log: RequestLog, holds: Holds, disturbance: Disturbance) -> None:
        self._world = world
        self._log = log
        self._holds = holds
        self._disturbance = disturbance
        self._sale_texts: dict[int, tuple[object, str]] = {}

    async def answer(self, request: Request) -> Response:
        """Answers one HTTP request to the shop, after the time that a page takes it."""
        started = time.monotonic()
        body = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        shown = {key: value for key, value in {**query, **body}.items() if key not in _SECRET}
        entry = self._log.begin("edd", request.method, request.url.path + (f"?{urlencode(shown)}" if shown else ""))
        entry.cost = 1
        self._log.shop += 1
        if self._holds.claim("edd", write=False) is not None and not await self._holds.wait(entry.n, request):
            return Response(status_code=499)
        if self._world.switches.page_seconds:
            await asyncio.sleep(self._world.switches.page_seconds)
        before = self._sales_before(request.url.path, {**query, **body})
        self._disturbance.before("shop")
        strike = self._disturbance.begin("edd", entry, sales_before=before)
        answer = self._struck(strike) or self._page(request, query, body, started)
        answer = self._surrounded(answer)
        entry.status = answer.status
        headers = {"content-type": answer.content_type, "x-powered-by": "PHP/8.2.36"}
        if answer.retry_after:
            headers["retry-after"] = str(answer.retry_after)
        if answer.uncached or "paged" in query:  # WordPress reads `paged` itself, and calls the page empty
            headers |= {
                "expires": "Wed, 11 Jan 1984 05:00:00 GMT",
                "cache-control": "no-cache, must-revalidate, max-age=0",
            }
        response = Response(answer.text.encode(), status_code=answer.status)
        response.headers.update(headers)
        if strike is None:
            return response
        spoiled = await spoil(strike, response, request)
        entry.status = None if strike.kind in ("cut_before", "cut_after") else spoiled.status_code
        return spoiled

    def _struck(self, strike: Strike | None) -> ShopAnswer | None:
        """The answer that a fault puts in the place of the shop's own."""
        if strike is None:
            return None
        if strike.kind == "server_error":
            return fatal("text/html")
        if strike.kind == "maintenance":
            return maintenance()
        if strike.kind == "expired_key":
            return printed(403, {"error": "Invalid API key!"}, "json")
        if strike.kind == "too_many":
            page = "<html><body><h1>429 Too Many Requests</h1></body></html>"
            return ShopAnswer(429, page, "text/html", retry_after=strike.profile.retry_after_seconds)
        return None

    def _surrounded(self, answer: ShopAnswer) -> ShopAnswer:
        """The answer with what plugins print before and behind its JSON."""
        switches = self._world.switches
        before, after = switches.text_before_json or "", switches.text_after_json or ""
        if not answer.content_type.startswith("application/json") or not (before or after):
            return answer
        return attrs.evolve(answer, text=before + answer.text + after)

    def _sales_before(self, path: str, params: dict[str, str]) -> int:
        """How many sales stand on the pages before the one that is asked for; 0 for any other request."""
        asked = self._asked(path, params)
        chosen = {"id", "id[]", "purchasekey", "email"} & params.keys()
        if asked is None or asked.rpartition("/")[2] != "sales" or chosen:
            return 0
        try:
            return window(params, "v2")[1]
        except PhpError:
            return 0

    def _page(self, request: Request, query: dict[str, str], body: dict[str, str], started: float) -> ShopAnswer:
        switches = self._world.switches
        if switches.down == "edd":
            return ShopAnswer(503, "<html><body><h1>Service Unavailable</h1></body></html>", "text/html; charset=UTF-8")
        if switches.maintenance:
            return maintenance()
        if switches.html_200_edd:
            return front_page()
        if any(body[key] != query[key] for key in body.keys() & query.keys()):
            return mismatch()
        params = {**query, **body}
        asked = self._asked(request.url.path, params)
        if asked is None:
            return front_page()
        scripted = self._world.scripted.take("edd", "GET", _named(asked, params))
        if scripted is not None and isinstance(scripted.body, str):
            return ShopAnswer(scripted.status, scripted.body, "text/html; charset=UTF-8")
        if scripted is not None:
            return printed(scripted.status, scripted.body or {}, "json")
        address = f"http://{request.headers.get('host', '127.0.0.1')}/"
        return self._api(asked, params, request.headers.get("accept", ""), address, started)

    def _asked(self, path: str, params: dict[str, str]) -> str | None:
        """Version and endpoint as asked for, or None where WordPress shows its front page."""
        asked = params.get("edd-api", "").strip("/")
        if path.startswith("/edd-api") and self._world.switches.pretty_permalinks:
            asked = path.removeprefix("/edd-api").strip("/")
        return asked or None

    def _api(self, asked: str, params: dict[str, str], accept: str, address: str, started: float) -> ShopAnswer:
        form = params.get("format", "json")
        first, _, rest = asked.partition("/")
        named = re.fullmatch(r"v\d+", first, re.ASCII) is not None
        version, endpoint = (first, rest) if named else (self._world.switches.default_version, asked)
        if version not in ("v1", "v2"):
            return printed(404, {"error": "Invalid API version!"}, form)
        if endpoint not in _ENDPOINTS:
            return printed(400, {"error": "Invalid query!"}, form)
        role, refusal = self._role(params, public=endpoint == "products")
        if refusal is not None:
            return printed(refusal[0], {"error": refusal[1]}, form)
        try:
            if endpoint == "sales" and role in ("manager", "accountant"):
                return self._sales(params, version, form, started)
            data = self._other(endpoint, params, version, role, address)
        except PhpError as error:
            return fatal(accept, str(error))
        return printed(200, {**data, "request_speed": time.monotonic() - started}, form)

    def _role(self, params: dict[str, str], *, public: bool) -> tuple[str | None, tuple[int, str] | None]:
        """The role of the key (None: none needed and none given), or status and text of the refusal."""
        key, token = params.get("key", ""), params.get("token", "")
        keys = self._world.keys
        if not key or not token:
            return (None, None) if public else (None, (401, "You must specify both a token and API key!"))
        if self._world.switches.expire_key == "edd" or key.lower() != keys.edd_key:
            return None, (403, "Invalid API key!")
        if token != keys.edd_token(key):
            return None, (403, "Your request could not be authenticated!")
        return self._world.switches.edd_role, None

    def _other(
        self, endpoint: str, params: dict[str, str], version: str, role: str | None, address: str
    ) -> dict[str, Any]:
        """Every endpoint but sales. A key without the right gets an answer without content."""
        world = self._world
        if endpoint == "products":
            return catalogue.products(world, params, role, address)
        if endpoint == "info":
            return catalogue.info(world, role or "viewer")
        if endpoint == "customers" and role == "manager":
            return catalogue.customers(world, params, version)
        if endpoint == "stats" and role in ("manager", "accountant"):
            return catalogue.stats(world, params)
        if endpoint == "discounts" and role == "manager":
            return {"error": "No discounts found!"}
        if endpoint == "file-download-logs":
            return {"error": "No download logs found!"}
        return {}

    def _sales(self, params: dict[str, str], version: str, form: str, started: float) -> ShopAnswer:
        last_page = self._world.switches.truncate_after_page
        if last_page is not None and abs(php_int(params.get("page") or "1")) > last_page:
            return fatal("text/html")
        orders = find_orders(self._world, params, version)
        if not orders:
            rows: list[Any] = unknown_order(self._world, params, version)
        elif version == "v2" and form == "json":
            alone = not {"id", "purchasekey"}.isdisjoint(params)
            return self._sales_text(orders, started, alone=alone)
        else:
            make = sale_row_v1 if version == "v1" else sale_row
            rows = [make(self._world, order) for order in orders]
        found: dict[str, Any] = {"sales": rows} if rows else {}
        return printed(200, {**found, "request_speed": time.monotonic() - started}, form)

    def _sales_text(self, orders: list[Order], started: float, *, alone: bool) -> ShopAnswer:
        """The printed list; each row is printed once and kept until it changes, since printing is what costs."""
        rows = ",\n".join(self._sale_text(order, alone=alone) for order in orders)
        speed = json.dumps(time.monotonic() - started)
        return ShopAnswer(200, f'{{\n    "sales": [\n{rows}\n    ],\n    "request_speed": {speed}\n}}')

    def _sale_text(self, order: Order, *, alone: bool) -> str:
        world, switches = self._world, self._world.switches
        broken = world.broken.mark("order", order.row_id)
        mark = (order.revision, switches.order_prefix, switches.edd_version, broken, alone and broken)
        known = self._sale_texts.get(order.row_id)
        if known is not None and known[0] == mark:
            return known[1]
        printed_row = json.dumps(sale_row(world, order, alone=alone), indent=4).replace("/", "\\/")
        text = "\n".join(f"        {line}" for line in printed_row.split("\n"))
        self._sale_texts[order.row_id] = (mark, text)
        return text


def _named(asked: str, params: dict[str, str]) -> str:
    """A request's endpoint and what it asks for there, as scripted answers name it: ``sales?id=7``."""
    chosen = next((name for name in _CHOICES if name in params), None)
    return asked.rpartition("/")[2] + ("" if chosen is None else f"?{chosen}={params[chosen]}")
