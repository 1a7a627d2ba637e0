"""The state document: what both systems hold, for tests and benchmarks to compare with."""

from __future__ import annotations

from typing import Any

import attrs

from bema_tui.simulator.control.request_log import RequestLog
from bema_tui.simulator.world.records import Order, Product
from bema_tui.simulator.world.world import World


def state_document(world: World, log: RequestLog) -> dict[str, Any]:
    """Returns what both systems hold, whatever their responses hide."""
    names = {group.id: group.name for group in world.groups.values()}
    keys = [field.key for field in world.fields.values()]
    return {
        "seed": world.settings.seed,
        "subscribers": [
            {
                "id": str(subscriber.id),
                "email": subscriber.email,
                "status": subscriber.status,
                "fields": {key: subscriber.values.get(key) for key in keys},
                "groups": [names[number] for number in sorted(subscriber.groups)],
                "group_ids": [str(number) for number in sorted(subscriber.groups)],
            }
            for subscriber in world.subscribers.values()
            if subscriber.deleted_at is None
        ],
        "groups": [{"id": str(number), "name": name} for number, name in names.items()],
        "fields": [
            {"id": str(field.id), "name": field.name, "key": field.key, "type": field.type}
            for field in world.fields.values()
        ],
        "automations": [
            {
                "id": str(a.id),
                "name": a.name,
                "enabled": a.enabled,
                "groups": [names.get(n) for n in a.group_ids],
                "started": a.started,
            }
            for a in world.automations
        ],
        "orders": [order_row(world, order) for order in world.orders.values()],
        "products": [_product_row(product) for product in world.products.values()],
        "campaigns": [attrs.asdict(campaign) for campaign in world.campaigns],
        "scenarios": world.scenarios,
        "created": world.created_count,
        "changes_by_others": world.changes_by_others,
        "violations": [attrs.asdict(violation) for violation in world.violations],
        "requests": log.counts(),
        "faults": log.faults(),
    }


def _product_row(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "title": product.title,
        "created": product.created,
        "status": product.status,
        "categories": [term.slug for term in product.categories],
        "bundle_of": product.bundle_of,
    }


def order_row(world: World, order: Order) -> dict[str, Any]:
    """Returns an order as the state shows it."""
    return {
        "row_id": order.row_id,
        "id": f"{world.switches.order_prefix or ''}{order.number}",
        "key": order.key,
        "email": order.email,
        "status": order.status,
        "mode": order.mode,
        "date_utc": order.date_utc,
        "refund_of": order.refund_of,
        "products": [{"id": item.product_id, "price": str(item.price)} for item in order.items],
    }
