"""The shop's sales: which rows a request gets, in which order, and how a row looks (contract, sections 4 and 5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bema_tui.simulator.edd.formats import PhpError, php_int, php_number
from bema_tui.simulator.world.records import Order, OrderItem, SortedIds
from bema_tui.simulator.world.world import World

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


def find_orders(world: World, params: dict[str, str], version: str) -> list[Order]:
    """The orders that a request gets, newest row first; by a key that several have, the oldest row.

    Raises:
        PhpError: `number` is no number.
    """
    if "id[]" in params:
        return []
    if "id" in params:
        order = world.orders.get(int(params["id"])) if _ROW_ID.fullmatch(params["id"]) else None
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


def unknown_order(world: World, params: dict[str, str], version: str) -> list[dict[str, Any]]:
    """What stands for an order that was asked for and is not there.

    Raises:
        PhpError: this version of the shop calls a method of what it did not find.
    """
    by_id = "id" in params
    if version == "v1":
        return [phantom_row_v1()] if by_id else []
    if not by_id and "purchasekey" not in params:
        return []
    answer = world.generation.unknown_id if by_id else world.generation.unknown_key
    if answer == "error":
        raise PhpError  # a method called of what was not found
    return [phantom_row()] if answer == "phantom" else []


def order_number(world: World, order: Order) -> str:
    """What the shop shows as `ID`: an order number, not the row id that `id=` wants."""
    return f"{world.switches.order_prefix or ''}{order.number}"


def sale_row(world: World, order: Order, *, alone: bool = False) -> Any:
    """A sale in v2, as the version of the shop gives it and as it may be broken on purpose."""
    row = _row_of_2(world, order) if world.generation.publishes else _row(world, order)
    return world.broken.shown("order", order.row_id, row, alone=alone)


def _row(world: World, order: Order) -> dict[str, Any]:
    """Every scalar is text. Before 3.1.0.4 there is no time in UTC, and items are as they are today."""
    generation = world.generation
    row = {
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
        **({"date_utc": order.date_utc} if generation.utc else {}),
    }
    if generation.as_sold:
        items = [
            {
                "object_id": str(item.object_id),
                "id": str(item.product_id),
                "quantity": str(item.quantity),
                "name": _item_name(item),
                "price": money(item.price),
                "price_name": item.price_name,
            }
            for item in order.items
        ]
    else:
        items = [
            {
                "id": str(item.product_id),
                "quantity": str(item.quantity),
                "name": _todays_name(world, item),
                "price": money(_todays_price(world, item)),
                "price_name": item.price_name,
            }
            for item in order.items
        ]
    return {
        **row,
        "products": items,
        "fees": order.fees or None,
        "discounts": {code: money(amount) for code, amount in order.discounts.items()} or None,
    }


def _row_of_2(world: World, order: Order) -> dict[str, Any]:
    """A sale of EDD 2.x: numbers are numbers, a settled order is published, and no time is in UTC."""
    return {
        "ID": order_number(world, order) if world.switches.order_prefix else order.number,
        "mode": order.mode,
        "status": "publish" if order.status == "complete" else order.status,
        "transaction_id": order.transaction_id or None,
        "key": order.key,
        "subtotal": _php_number(order.subtotal),
        "tax": f"{order.tax:.2f}",
        "fees": order.fees or None,
        "total": f"{order.total:.2f}",
        "gateway": order.gateway,
        "customer_id": str(order.customer_id),
        "user_id": str(order.user_id),
        "email": order.email,
        "date": local_time(order.date_utc),
        "discounts": {code: _php_number(amount) for code, amount in order.discounts.items()} or None,
        "products": [
            {
                "id": item.product_id,
                "quantity": item.quantity,
                "name": _todays_name(world, item),
                "price": _php_number(_todays_price(world, item)),
                "price_name": item.price_name,
            }
            for item in order.items
        ],
    }


def phantom_row() -> dict[str, Any]:
    """What EDD 2.x answers for an id that does not exist: a sale without number and key."""
    return {
        "ID": "",
        "mode": "live",
        "status": "pending",
        "transaction_id": None,
        "key": "",
        "subtotal": 0,
        "tax": "0.00",
        "fees": None,
        "total": "0.00",
        "gateway": "",
        "customer_id": "",
        "user_id": "",
        "email": "",
        "date": "",
        "discounts": None,
        "products": [],
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
                "name": _todays_name(world, item),
                "price": money(item.price),
                "price_name": item.price_name,
            }
            for item in order.items
        ],
    }


def phantom_row_v1() -> dict[str, Any]:
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


def _todays_name(world: World, item: OrderItem) -> str:
    product = world.products.get(item.product_id)
    return "" if product is None else sold_name(product.title)


def _todays_price(world: World, item: OrderItem) -> Decimal:
    """The price of the line; where it is 0, EDD 2.x and 3.0 take today's price of the product for it."""
    product = world.products.get(item.product_id)
    if item.price or product is None:
        return item.price
    return product.amounts.get(item.price_name, next(iter(product.amounts.values())))


def _php_number(amount: Decimal) -> int | float:
    """A number as PHP prints it: a whole one without its point."""
    return int(amount) if amount == int(amount) else float(amount)
