"""The shop's endpoint ``customers`` (contract, section 6)."""

from __future__ import annotations

import re
from typing import Any

from bema_tui.simulator.edd.formats import php_int
from bema_tui.simulator.world.records import Customer
from bema_tui.simulator.world.world import World


def customers(world: World, params: dict[str, str], version: str) -> dict[str, Any]:
    """Returns customers, the newest first. `customer=` takes an id or an e-mail; any other text is ignored."""
    wanted = params.get("customer", "").strip()
    everybody = sorted(world.customers.values(), key=lambda customer: customer.id, reverse=True)
    if re.fullmatch(r"\d+", wanted, re.ASCII):
        found = [customer for customer in everybody if customer.id == int(wanted)]
    elif "@" in wanted and "'" not in wanted:
        email = wanted.lower()
        found = [c for c in everybody if email in (c.email.lower(), (c.second_email or "").lower())]
    else:
        number = php_int(params["number"]) if "number" in params else 10
        page = max(1, abs(php_int(params.get("page", "1"))))
        size = len(everybody) if number == -1 else abs(number) or 30
        found = everybody[(page - 1) * size : page * size]
        if not found:
            return {"error": "No customers found!"}
    if not found:
        return {"error": "Customer not found!"}
    row = _customer_row_v1 if version == "v1" else _customer_row
    return {"customers": [row(world, customer) for customer in found]}


def _customer_row(world: World, customer: Customer) -> dict[str, Any]:
    second = customer.second_email
    return {
        "info": {
            "customer_id": str(customer.id),
            "user_id": str(customer.user_id) if customer.user_id else 0,
            "username": f"fan{customer.id}" if customer.user_id else "",
            "display_name": f"{customer.first_name} {customer.last_name}".strip() if customer.user_id else "",
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "email": customer.email,
            "additional_emails": None if second is None else {"1": second},
            "date_created": customer.created,
        },
        "stats": _customer_stats(world, customer),
    }


def _customer_row_v1(world: World, customer: Customer) -> dict[str, Any]:
    user = str(customer.user_id) if customer.user_id else ""
    return {
        "info": {
            "id": user,
            "user_id": user,
            "username": f"fan{customer.id}" if customer.user_id else "",
            "display_name": f"{customer.first_name} {customer.last_name}".strip() if customer.user_id else "",
            "customer_id": str(customer.id),
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "email": customer.email,
        },
        "stats": _customer_stats(world, customer),
    }


def _customer_stats(world: World, customer: Customer) -> dict[str, Any]:
    row_ids = world.orders_by_email.get(customer.email.strip().lower(), [])
    listed = [world.orders[row_id] for row_id in world.listed_among(row_ids).newest(None)]
    spent = round(float(sum(order.total for order in listed)), 2)
    return {
        "total_purchases": len(listed),
        "total_spent": int(spent) if spent.is_integer() else spent,
        "total_downloads": 0,
    }
