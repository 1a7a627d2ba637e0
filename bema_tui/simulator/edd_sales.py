"""The shop's sales: which rows a request gets, in which order, and how a row looks (contract, sections 4 and 5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bema_tui.simulator.edd_forms import php_int, php_number
from bema_tui.simulator.records import Order, OrderItem, SortedIds
from bema_tui.simulator.state import World

_ROW_ID = re.compile(r"\d{1,18}", re.ASCII)
_TEXTURED = re.compile(r'"([^"]*)"')


def local_time(date_utc: str) -> str:
    """The shop's local time (New York) for a time in UTC, both without a zone. Needs no time zone files."""
    moment = datetime.strptime(date_utc, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - text in, text out
    summer = (
        _sunday(moment.year, 3, 2) + timedelta(hours=7) <= moment < _sunday(moment.year, 11, 1) + timedelta(hours=6)
    )
    return (moment - timedelta(hours=4 if summer else 5)).strftime("%Y-%m-%d %H:%M:%S")


def _sunday(year: int, month: int, place: int) -> datetime:
    first = datetime(year, month, 1)  # noqa: DTZ001
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (place - 1))


def money(amount: Decimal) -> str:
    """An amount as MariaDB gives it: nine decimals."""
    return f"{amount:.9f}"


def sold_name(title: str) -> str:
    """A title as sales keep it: ampersands and quotes as numbered HTML entities."""
    quoted = _TEXTURED.sub(r"&#8220;\1&#8221;", title.replace("&", "&#038;"))
    return quoted.replace("<", "&lt;").replace(">", "&gt;")


def window(params: dict[str, str], version: str) -> tuple[int | None, int]:
    """How many rows are wanted (None: all) and how many are left out before them.

    Raises:
        PhpError: `number` is no number.
    """
    number = php_number(params["number"]) if "number" in params else 10
    page = abs(php_int(params["page"])) if params.get("page") else 1
    if "page" in params and not params["page"]:
        page = 1
    if number == 0 or (version == "v1" and number == -1):
        return None, 0
    return abs(number), abs((page - 1) * number)


def find_orders(world: World, params: dict[str, str], version: str) -> list[Order] | None:
    """The orders that a request gets, newest row first; None: v1 was asked for an id that does not exist.

    Raises:
        PhpError: `number` is no number.
    """
    if "id[]" in params:
        return []
    if "id" in params:
        order = world.orders.get(int(params["id"])) if _ROW_ID.fullmatch(params["id"]) else None
        if order is None and version == "v1":
            return None
        return [] if order is None else [order]
    if "purchasekey" in params:
        row_id = world.order_by_key.get(params["purchasekey"])
        return [] if row_id is None else [world.orders[row_id]]
    limit, offset = window(params, version)
    ids = world.listed
    if "email" in params:
        typed = params["email"]
        found = [] if "'" in typed or not typed else world.orders_by_email.get(typed.strip().lower(), [])
        ids = world.listed_of(found)
    elif version == "v1":
        ids = SortedIds(row for row in world.listed.newest(None) if world.orders[row].status == "complete")
    return [world.orders[row_id] for row_id in ids.newest(limit, offset)]


def order_number(world: World, order: Order) -> str:
    """What the shop shows as `ID`: an order number, not the row id that `id=` wants."""
    return f"{world.switches.order_prefix or ''}{order.number}"


def sale_row(world: World, order: Order) -> dict[str, Any]:
    """A sale in v2; every scalar is text."""
    return {
        "ID": order_number(world, order),
        "mode": order.mode,
        "status": order.status,
        "transaction_id": order.transaction_id,
        "key": order.key,
        "subtotal": money(order.subtotal),
        "tax": money(order.tax),
        "total": money(order.total),
        "gateway": order.gateway,
        "customer_id": str(order.customer_id),
        "user_id": str(order.user_id),
        "email": order.email,
        "date": local_time(order.date_utc),
        "date_utc": order.date_utc,
        "products": [
            {
                "object_id": str(item.object_id),
                "id": str(item.product_id),
                "quantity": str(item.quantity),
                "name": _item_name(item),
                "price": money(item.price),
                "price_name": item.price_name,
            }
            for item in order.items
        ],
        "fees": order.fees or None,
        "discounts": {code: money(amount) for code, amount in order.discounts.items()} or None,
    }


def sale_row_v1(world: World, order: Order) -> dict[str, Any]:
    """A sale in v1: no status, no mode, the date in UTC, today's product titles."""
    transaction: str | int | bool = order.transaction_id or order.row_id
    return {
        "ID": order_number(world, order),
        "transaction_id": False if order.refund_of is not None else transaction,
        "key": order.key,
        "discount": list(order.discounts),
        "subtotal": money(order.subtotal),
        "tax": money(order.tax),
        "fees": [{**fee, "download_id": int(fee["download_id"] or 0)} for fee in order.fees],
        "total": money(order.total),
        "gateway": order.gateway,
        "email": order.email,
        "user_id": str(order.user_id),
        "customer_id": str(order.customer_id),
        "date": order.date_utc,
        "products": [
            {
                "id": str(item.product_id),
                "quantity": str(item.quantity) if order.refund_of is None else -item.quantity,
                "name": sold_name(world.products[item.product_id].title) if item.product_id in world.products else "",
                "price": money(item.price),
                "price_name": item.price_name,
            }
            for item in order.items
        ],
    }


def phantom_row() -> dict[str, Any]:
    """What v1 answers for an id that does not exist."""
    return {
        "ID": 0,
        "transaction_id": "",
        "key": "",
        "discount": ["none"],
        "subtotal": 0,
        "tax": 0,
        "fees": [],
        "total": 0,
        "gateway": "",
        "email": "",
        "user_id": 0,
        "customer_id": None,
        "date": "",
        "products": [],
    }


def _item_name(item: OrderItem) -> str:
    name = sold_name(item.name)
    return f"{name} \u2014 {item.price_name}" if item.price_name else name
