"""Which sales a request gets, and in which order (contract, section 4)."""

from __future__ import annotations

import re
from typing import Any

from bema_tui.simulator.edd.formats import PhpError, php_int, php_number
from bema_tui.simulator.edd.sale_rows import phantom_row, phantom_row_v1
from bema_tui.simulator.edd.versions import UnknownOrder
from bema_tui.simulator.world.records import Order
from bema_tui.simulator.world.sorted_ids import SortedIds
from bema_tui.simulator.world.world import World

_ROW_ID = re.compile(r"\d{1,18}", re.ASCII)


def page_of_sales(params: dict[str, str], version: str) -> tuple[int | None, int]:
    """Returns how many rows a request wants (None: all) and how many it leaves out before them.

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
    """Returns the orders that a request gets, the newest row first; for a key that several have, the oldest row.

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
    limit, offset = page_of_sales(params, version)
    ids = world.listed
    if "email" in params:
        typed = params["email"]
        found = [] if "'" in typed or not typed else world.orders_by_email.get(typed.strip().lower(), [])
        ids = world.listed_among(found)
    elif version == "v1":
        ids = SortedIds(row for row in world.listed.newest(None) if world.orders[row].status == "complete")
    return [world.orders[row_id] for row_id in ids.newest(limit, offset)]


def rows_of_unknown_order(world: World, params: dict[str, str], version: str) -> list[dict[str, Any]]:
    """Returns the rows that stand for an order that does not exist.

    Raises:
        PhpError: PHP breaks off in this version of the shop.
    """
    by_id = "id" in params
    if version == "v1":
        return [phantom_row_v1()] if by_id else []
    if not by_id and "purchasekey" not in params:
        return []
    response = world.shop_version.unknown_id if by_id else world.shop_version.unknown_key
    if response == UnknownOrder.ERROR:
        raise PhpError  # EDD calls a method of the order that it did not find
    return [phantom_row()] if response == UnknownOrder.PHANTOM else []
