"""Lists of sales as JSON text. Printing is what costs, so each row is printed once and kept until it changes."""

from __future__ import annotations

import json

from bema_tui.simulator.edd.sale_rows import sale_row
from bema_tui.simulator.world.records import Order
from bema_tui.simulator.world.world import World


class PrintedSales:
    """The rows that were printed, each with what it depended on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: dict[int, tuple[object, str]] = {}

    def text(self, orders: list[Order], seconds: float, *, alone: bool) -> str:
        """Returns the text of a response; `seconds` is how long the shop took for it."""
        rows = ",\n".join(self._row(order, alone=alone) for order in orders)
        return f'{{\n    "sales": [\n{rows}\n    ],\n    "request_speed": {json.dumps(seconds)}\n}}'

    def _row(self, order: Order, *, alone: bool) -> str:
        world, switches = self._world, self._world.switches
        broken = world.broken_records.version("order", order.row_id)
        state = (order.revision, switches.order_prefix, switches.edd_version, broken, alone and broken)
        known = self._rows.get(order.row_id)
        if known is not None and known[0] == state:
            return known[1]
        printed_row = json.dumps(sale_row(world, order, alone=alone), indent=4).replace("/", "\\/")
        text = "\n".join(f"        {line}" for line in printed_row.split("\n"))
        self._rows[order.row_id] = (state, text)
        return text
