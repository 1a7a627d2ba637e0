"""How a sale looks in each version of the shop and of its API (contract, section 5)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from bema_tui.simulator.edd.local_time import local_time
from bema_tui.simulator.world.records import Order, OrderItem
from bema_tui.simulator.world.world import World

_TEXTURED = re.compile(r'"([^"]*)"')


def money(amount: Decimal) -> str:
    """Returns an amount as MariaDB gives it: with nine decimals."""
    return f"{amount:.9f}"


def sold_name(title: str) -> str:
    """Returns a title as sales keep it: with ampersands and quotes as numbered HTML entities."""
    quoted = _TEXTURED.sub(r"&#8220;\1&#8221;", title.replace("&", "&#038;"))
    return quoted.replace("<", "&lt;").replace(">", "&gt;")


def order_number(world: World, order: Order) -> str:
    """Returns what the shop shows as `ID`: the order number, not the row id that `id=` wants."""
    return f"{world.switches.order_prefix or ''}{order.number}"


def sale_row(world: World, order: Order, *, alone: bool = False) -> Any:
    """Returns a sale in v2, as the version of the shop gives it, and broken if a test wants that."""
    row = _row_of_2(world, order) if world.shop_version.is_2 else _row(world, order)
    return world.broken_records.row("order", order.row_id, row, alone=alone)


def _row(world: World, order: Order) -> dict[str, Any]:
    """Returns a sale; every scalar is text. Before 3.1.0.4 it has no time in UTC, and items are as they are today."""
    version = world.shop_version
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
        **({"date_utc": order.date_utc} if version.has_date_utc else {}),
    }
    if version.items_as_sold:
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
    """Returns a sale of EDD 2.x: numbers are numbers, a complete order is ``publish``, and no time is in UTC."""
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
    """Returns what EDD 2.x sends for an id that does not exist: a sale without number and key."""
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
    """Returns a sale in v1: without status and mode, with the date in UTC and today's titles of products."""
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
    """Returns what v1 sends for an id that does not exist."""
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
    """Returns the price of the line; where it is 0, EDD 2.x and 3.0 take today's price of the product."""
    product = world.products.get(item.product_id)
    if item.price or product is None:
        return item.price
    return product.prices.get(item.price_name, next(iter(product.prices.values())))


def _php_number(amount: Decimal) -> int | float:
    """Returns a number as PHP prints it: a whole one without its point."""
    return int(amount) if amount == int(amount) else float(amount)
