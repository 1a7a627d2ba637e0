"""An EDD 3.6.5 shop from the contract and its recordings alone, over real HTTP; it shares no code with the program.

Rows are kept as the shop's database has them (row id, order number, key, type); what is sent is made of them anew for
each request, as PHP does it. Whatever may stand between shop and client is a ``front``.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import attrs

KEY = hashlib.md5(b"public").hexdigest()
TOKEN = hashlib.md5(b"secret" + KEY.encode()).hexdigest()
LISTED = ("complete", "partially_refunded", "revoked", "on_hold")
HTML = '<!DOCTYPE html>\n<html lang="en-US">\n<head><title>Bema test store</title></head><body></body></html>'
QUERY_VARIABLES = ("edd-api", "key", "token", "number", "page", "id", "purchasekey", "email", "product", "customer")
RIGHTS = {
    "administrator": {"sales", "customers", "products", "info"},
    "shop_accountant": {"sales", "products", "info"},
    "subscriber": {"products"},
}


@attrs.define
class Asked:
    """A request as it came, in the parts that WordPress takes it apart into."""

    method: str
    target: str
    headers: dict[str, str]
    body: str
    query: dict[str, str]
    form: dict[str, str]

    def value(self, name: str) -> str | None:
        return self.form.get(name, self.query.get(name))

    @property
    def endpoint(self) -> str:
        return (self.value("edd-api") or "").split("/")[-1]


@attrs.define
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = attrs.Factory(dict)


Front = Callable[[Asked, Callable[[Asked], Answer]], Answer]
"""Stands before the shop: takes a request, and may let the shop answer it."""


def as_json(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, indent=4).replace("/", "\\/").encode())


def page_of_html(text: str = HTML, status: int = 200) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=UTF-8")


@attrs.define
class Order:
    """An order's row. ``items``: product id, price of the line, name, price option, quantity."""

    row_id: int
    email: str
    items: list[tuple[Any, Any, str, str, Any]]
    status: str = "complete"
    mode: str = "live"
    kind: str = "sale"
    number: str | None = None
    date: datetime = datetime(2025, 3, 1, 12, tzinfo=UTC)
    fees: list[dict[str, Any]] | None = None
    discounts: dict[str, str] | None = None
    key: str = attrs.Factory(lambda self: hashlib.md5(f"order {self.row_id}".encode()).hexdigest(), takes_self=True)


@attrs.define
class Shop:
    """One shop, and what its owner chose."""

    on_mariadb: bool = True
    """Amounts and ids are text, with nine decimals; on SQLite they come as they are."""
    pretty: bool = True
    """WordPress has addresses without a query."""
    folder: str = ""
    """Where on its host WordPress is."""
    default_version: str = "v2"
    """Of the API, where a request names none."""
    role: str = "shop_accountant"
    """The role of the key's user; one of ``RIGHTS``."""
    listed: tuple[str, ...] = LISTED
    """The statuses of the orders that version 2 lists."""
    token: str = TOKEN
    """The token that is right now."""
    front: Front | None = None
    """What stands between the shop and its clients."""
    before: Callable[[Asked], object] | None = None
    """What happens in the shop before it answers a request."""
    delay: Callable[[int], float] | None = None
    """Seconds that an answer with so many sales takes."""
    orders: list[Order] = attrs.Factory(list)
    products: list[dict[str, Any]] = attrs.Factory(list)
    customers: list[dict[str, Any]] = attrs.Factory(list)
    asked: list[Asked] = attrs.Factory(list)
    """Every request that came, in order."""
    most_at_once: int = 0
    """The most requests that were on their way at one moment."""
    _at_once: int = 0
    _lock: Any = attrs.Factory(threading.RLock)

    # What happens in the shop

    def sell(self, email: str, product: Any = 12, price: Any = 8, **row: Any) -> Order:
        """A sale of one item, or of ``items``; it takes the next row id, as refunds do too."""
        with self._lock:
            row_id = max((order.row_id for order in self.orders), default=0) + 1
            items = row.pop("items", [(product, price, "Love &#038; Gravity \u2014 MP3", "MP3", 1)])
            date = row.pop("date", datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=row_id))
            self.orders.append(Order(row_id, email, items, date=date, **row))
            return self.orders[-1]

    def refund(self, order: Order, part: bool = False) -> None:
        """Money back: a row of type refund that names no parent, and the order's own new status."""
        with self._lock:
            back = [(product, -price, name, option, -1) for product, price, name, option, _ in order.items]
            self.sell(order.email, items=back, kind="refund")
            order.status = "partially_refunded" if part else "refunded"

    def album(self, number: int, title: str, *artists: tuple[str, str], status: str = "publish", **info: Any) -> None:
        """A product; without an artist its category is ``false``."""
        terms = [{"term_id": 5, "name": "Albums", "slug": "albums"}] if artists else []
        terms += [{"term_id": 20 + at, "name": name, "slug": slug} for at, (slug, name) in enumerate(artists)]
        made = {
            "id": number,
            "slug": f"album-{number}",
            "title": title,
            "create_date": "2025-01-02 10:00:00",
            "status": status,
            "thumbnail": False,
            "category": terms or False,
            "tags": False,
            **info,
        }
        self.products.append({"info": made, "pricing": {"mp3": "8.00", "deluxeflac": "14.50"}})

    # The API

    def answer(self, asked: Asked) -> Answer:
        """WordPress, then EDD."""
        path = urlsplit(asked.target).path
        for name in QUERY_VARIABLES:
            if name in asked.query and name in asked.form and asked.query[name] != asked.form[name]:
                message = "A variable mismatch has been detected."
                return as_json({"code": "wp_die", "message": message, "data": {"status": 400}}, 400)
        inside = path.removeprefix(self.folder) if path.startswith(f"{self.folder}/") else None
        api = asked.value("edd-api")
        if inside is None:
            return page_of_html(status=404)
        if self.pretty and (found := re.fullmatch(r"/edd-api(/.*)?", inside)):
            api = api or (found[1] or "").strip("/")
        elif inside not in {"/", "/index.php"}:
            return page_of_html()
        return self._edd(api, asked) if api else page_of_html()

    def _edd(self, api: str, asked: Asked) -> Answer:
        first, _, rest = api.partition("/")
        version, endpoint = (first, rest.strip("/")) if rest else (self.default_version, first)
        if version not in {"v1", "v2"}:
            return as_json({"error": "Invalid API version!"}, 404)
        if endpoint not in {"sales", "customers", "products", "info"}:
            return as_json({"error": "Invalid query!"}, 400)
        key, token = asked.value("key"), asked.value("token")
        public = endpoint == "products" and not (key and token)
        if not public:
            if not (key and token):
                return as_json({"error": "You must specify both a token and API key!"}, 401)
            if key.lower() != KEY:
                return as_json({"error": "Invalid API key!"}, 403)
            if token != self.token:
                return as_json({"error": "Your request could not be authenticated!"}, 403)
        if self.before is not None:
            self.before(asked)
        body: dict[str, Any] = {}
        with self._lock:
            if endpoint == "info":
                body = {"info": self._info()}
            elif endpoint == "products":
                body = {"products": self._page(self._published(asked), asked)}
            elif endpoint in RIGHTS[self.role]:
                rows = self._sales(version, asked) if endpoint == "sales" else self._page(self.customers, asked)
                if rows is None:
                    return as_json({"code": "internal_server_error", "message": "<p>There has been..</p>"}, 500)
                missing = {} if endpoint == "sales" else {"error": "No customers found!"}
                body = {endpoint: rows} if rows else missing
        if self.delay is not None:
            time.sleep(self.delay(len(body.get("sales", ()))))
        return as_json({**body, "request_speed": round(0.003 + len(self.asked) / 1e6, 9)})

    def _info(self) -> dict[str, Any]:
        site = {"currency": "USD", "currency_position": "before", "decimal_separator": ".", "thousands_separator": ","}
        if "sales" not in RIGHTS[self.role]:
            return {"site": site}
        rights = {"view_shop_reports": True}
        return {"permissions": rights, "site": {"wp_version": "6.5.5", "edd_version": "3.6.5", **site}}

    def _published(self, asked: Asked) -> list[dict[str, Any]]:
        if (one := asked.value("product")) is not None:
            return [row for row in self.products if str(row["info"]["id"]) == one]
        return [row for row in self.products if row["info"]["status"] == "publish"]

    def _page(self, rows: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
        number, page = int(asked.value("number") or 10), int(asked.value("page") or 1)
        return rows if number == -1 else rows[number * (page - 1) : number * page]

    def _sales(self, version: str, asked: Asked) -> list[dict[str, Any]] | None:
        """The rows; None is a crash of PHP."""
        statuses = ("complete",) if version == "v1" else self.listed
        by_id = sorted(self.orders, key=lambda order: -order.row_id)
        listed = [order for order in by_id if order.kind == "sale" and order.status in statuses]
        if (wanted := asked.value("id")) is not None:
            found = [order for order in by_id if str(order.row_id) == wanted]
        elif (wanted := asked.value("purchasekey")) is not None:
            found = [order for order in by_id if order.key == wanted and order.kind == "sale"]
        else:
            if (wanted := asked.value("email")) is not None:
                slashed = wanted.replace("'", "\\'").lower()
                listed = [order for order in listed if order.email.lower() == slashed]
            try:
                number = float(asked.value("number") or 10)
            except ValueError:
                return None
            page = re.match(r"-?\d+", asked.value("page") or "1")
            offset = int(abs(abs(number) * (abs(int(page[0] if page else 0)) - 1)))
            everything = number == 0 or (version == "v1" and number == -1)
            found = listed[offset:] if everything else listed[offset : offset + int(abs(number))]
        return [self._row(order, version) for order in found]

    def _row(self, order: Order, version: str) -> dict[str, Any]:
        items = [
            {
                "object_id": self._number(order.row_id * 10 + at),
                "id": self._number(product),
                "quantity": self._number(quantity),
                "name": f"{name} \u2014 {option}" if option else name,
                "price": self._amount(price),
                "price_name": option,
            }
            for at, (product, price, name, option, quantity) in enumerate(order.items)
        ]
        local = order.date - timedelta(hours=5)
        total = sum(float(price) for _, price, *_ in order.items)
        row = {
            "ID": order.number if order.number is not None else self._number(order.row_id),
            "mode": order.mode,
            "status": order.status,
            "transaction_id": "",
            "key": order.key,
            "subtotal": self._amount(total),
            "tax": self._amount(0),
            "total": self._amount(total),
            "gateway": "manual",
            "customer_id": self._number(order.row_id),
            "user_id": self._number(0),
            "email": order.email,
            "date": f"{local:%Y-%m-%d %H:%M:%S}",
            "date_utc": f"{order.date:%Y-%m-%d %H:%M:%S}",
            "products": items,
            "fees": order.fees,
            "discounts": order.discounts,
        }
        if version == "v1":
            for name in ("mode", "status", "date_utc"):
                del row[name]
        return row

    def _number(self, value: Any) -> Any:
        return str(value) if self.on_mariadb else value

    def _amount(self, value: Any) -> Any:
        return f"{value:.9f}" if self.on_mariadb else f"{value:g}"

    # The wire

    def take(self, asked: Asked) -> Answer:
        """One request, through what stands in front."""
        with self._lock:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self.front(asked, self.answer) if self.front else self.answer(asked)
        finally:
            with self._lock:
                self._at_once -= 1

    def pages(self) -> list[int]:
        """The pages of sales that were asked for, in order."""
        return [int(one.value("page") or 1) for one in self.asked if one.endpoint == "sales" and one.value("page")]
