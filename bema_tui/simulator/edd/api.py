"""EDD's API in the shop: versions, keys, rights and endpoints (contract, sections 2 and 3)."""

from __future__ import annotations

import re
import time
from typing import Any

import attrs

from bema_tui.simulator.edd.customers import customers
from bema_tui.simulator.edd.formats import (
    PhpError,
    ShopResponse,
    fatal_error,
    front_page,
    maintenance_page,
    php_int,
    printed,
    variable_mismatch,
)
from bema_tui.simulator.edd.printed_sales import PrintedSales
from bema_tui.simulator.edd.products import products
from bema_tui.simulator.edd.sale_rows import sale_row, sale_row_v1
from bema_tui.simulator.edd.sales import find_orders, page_of_sales, rows_of_unknown_order
from bema_tui.simulator.edd.shop_info import info, stats
from bema_tui.simulator.world.world import World

_ENDPOINTS = ("sales", "customers", "products", "stats", "discounts", "info", "file-download-logs")
_CHOICES = ("id", "purchasekey", "email", "customer", "product", "page")
_HTML = "text/html; charset=UTF-8"


@attrs.frozen(kw_only=True)
class ShopRequest:
    """One request to the shop."""

    path: str
    """The path of the URL, from the first slash on."""
    query: dict[str, str]
    """The parameters in the URL."""
    body: dict[str, str]
    """The form that was sent."""
    accept: str
    """The `Accept` header; it decides how an error of PHP is printed."""
    shop_url: str
    """The shop's URL as the client knows it."""
    started: float
    """When the request came in, on the monotonic clock."""

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the query and the form."""
        return {**self.query, **self.body}

    @property
    def format(self) -> str:
        return self.params.get("format", "json")

    @property
    def seconds(self) -> float:
        """How long the request has taken up to now."""
        return time.monotonic() - self.started


class ShopApi:
    """Makes the response to each request."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._printed_sales = PrintedSales(world)

    def respond(self, request: ShopRequest) -> ShopResponse:
        switches = self._world.switches
        if switches.down == "edd":
            return ShopResponse(503, "<html><body><h1>Service Unavailable</h1></body></html>", _HTML)
        if switches.maintenance:
            return maintenance_page()
        if switches.html_200_edd:
            return front_page()
        if any(request.body[key] != request.query[key] for key in request.body.keys() & request.query.keys()):
            return variable_mismatch()
        wanted = self._wanted(request)
        if wanted is None:
            return front_page()
        scripted = self._world.scripted_responses.take("edd", "GET", _scripted_path(wanted, request.params))
        if scripted is not None and isinstance(scripted.body, str):
            return ShopResponse(scripted.status, scripted.body, _HTML)
        if scripted is not None:
            return printed(scripted.status, scripted.body or {}, "json")
        return self._serve(wanted, request)

    def sales_before(self, request: ShopRequest) -> int:
        """Returns how many sales stand on the pages before the one that a request wants; 0 for any other request."""
        wanted = self._wanted(request)
        chosen = {"id", "id[]", "purchasekey", "email"} & request.params.keys()
        if wanted is None or wanted.rpartition("/")[2] != "sales" or chosen:
            return 0
        try:
            return page_of_sales(request.params, "v2")[1]
        except PhpError:
            return 0

    def _wanted(self, request: ShopRequest) -> str | None:
        """Returns version and endpoint as the request names them; None: WordPress shows its front page."""
        wanted = request.params.get("edd-api", "").strip("/")
        if request.path.startswith("/edd-api") and self._world.switches.pretty_permalinks:
            wanted = request.path.removeprefix("/edd-api").strip("/")
        return wanted or None

    def _serve(self, wanted: str, request: ShopRequest) -> ShopResponse:
        first, _, rest = wanted.partition("/")
        has_version = re.fullmatch(r"v\d+", first, re.ASCII) is not None
        version, endpoint = (first, rest) if has_version else (self._world.switches.default_version, wanted)
        if version not in ("v1", "v2"):
            return printed(404, {"error": "Invalid API version!"}, request.format)
        if endpoint not in _ENDPOINTS:
            return printed(400, {"error": "Invalid query!"}, request.format)
        role, refusal = self._role(request.params, public=endpoint == "products")
        if refusal is not None:
            return printed(refusal[0], {"error": refusal[1]}, request.format)
        try:
            if endpoint == "sales" and role in ("manager", "accountant"):
                return self._sales(request, version)
            data = self._other_endpoint(endpoint, request, version, role)
        except PhpError as error:
            return fatal_error(request.accept, str(error))
        return printed(200, {**data, "request_speed": request.seconds}, request.format)

    def _role(self, params: dict[str, str], *, public: bool) -> tuple[str | None, tuple[int, str] | None]:
        """Returns the role of the key (None: none is needed and none was sent), or status and text of the refusal."""
        key, token = params.get("key", ""), params.get("token", "")
        credentials = self._world.credentials
        if not key or not token:
            return (None, None) if public else (None, (401, "You must specify both a token and API key!"))
        if self._world.switches.expire_key == "edd" or key.lower() != credentials.edd_key:
            return None, (403, "Invalid API key!")
        if token != credentials.edd_token(key):
            return None, (403, "Your request could not be authenticated!")
        return self._world.switches.edd_role, None

    def _other_endpoint(self, endpoint: str, request: ShopRequest, version: str, role: str | None) -> dict[str, Any]:
        """Returns what every endpoint but sales sends. A key without the right gets an empty response."""
        world, params = self._world, request.params
        if endpoint == "products":
            return products(world, params, role, request.shop_url)
        if endpoint == "info":
            return info(world, role or "viewer")
        if endpoint == "customers" and role == "manager":
            return customers(world, params, version)
        if endpoint == "stats" and role in ("manager", "accountant"):
            return stats(world, params)
        if endpoint == "discounts" and role == "manager":
            return {"error": "No discounts found!"}
        if endpoint == "file-download-logs":
            return {"error": "No download logs found!"}
        return {}

    def _sales(self, request: ShopRequest, version: str) -> ShopResponse:
        params = request.params
        last_page = self._world.switches.truncate_after_page
        if last_page is not None and abs(php_int(params.get("page") or "1")) > last_page:
            return fatal_error("text/html")
        orders = find_orders(self._world, params, version)
        if not orders:
            rows: list[Any] = rows_of_unknown_order(self._world, params, version)
        elif version == "v2" and request.format == "json":
            alone = not {"id", "purchasekey"}.isdisjoint(params)
            return ShopResponse(200, self._printed_sales.text(orders, request.seconds, alone=alone))
        else:
            row = sale_row_v1 if version == "v1" else sale_row
            rows = [row(self._world, order) for order in orders]
        found: dict[str, Any] = {"sales": rows} if rows else {}
        return printed(200, {**found, "request_speed": request.seconds}, request.format)


def _scripted_path(wanted: str, params: dict[str, str]) -> str:
    """Returns the path by which a response is scripted: the endpoint with what it looks up (``sales?id=7``)."""
    chosen = next((name for name in _CHOICES if name in params), None)
    return wanted.rpartition("/")[2] + ("" if chosen is None else f"?{chosen}={params[chosen]}")
