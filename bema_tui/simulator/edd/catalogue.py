"""The shop's other endpoints: products, customers, info, stats (contract, sections 6 and 7)."""

from __future__ import annotations

import re
from typing import Any

from bema_tui.simulator.edd.formats import php_int
from bema_tui.simulator.edd.sales import local_time
from bema_tui.simulator.world.records import Customer, Product, Term
from bema_tui.simulator.world.world import World

_WORDPRESS = "6.5.5"
_SITE = {
    "currency": "USD",
    "currency_position": "before",
    "decimal_separator": ".",
    "thousands_separator": ",",
}


def info(world: World, role: str) -> dict[str, Any]:
    """What the key may do; rights it lacks are absent, not false. Versions are for keys that see sensitive data."""
    if role == "viewer":
        return {"info": {"site": _SITE}}
    permissions = {"view_shop_reports": True}
    if role == "accountant":
        return {"info": {"permissions": permissions, "site": _SITE}}
    permissions |= {"view_shop_sensitive_data": True, "manage_shop_discounts": True}
    versions = {"wp_version": _WORDPRESS, "edd_version": world.generation.version}
    return {"info": {"permissions": permissions, "site": {**versions, **_SITE}}}


def products(world: World, params: dict[str, str], role: str | None, address: str) -> dict[str, Any]:
    """The list holds published products only; one asked for by id is shown as a draft, too."""
    if params.get("product"):
        found = world.products.get(php_int(params["product"]))
        if found is None:
            return {"error": f"Product {params['product']} not found!"}
        return {"products": [product_row(world, found, role, address, alone=True)]}
    listed = [product for product in world.products.values() if product.status == "publish"]
    wanted = [part.strip() for part in params.get("category", "").split(",") if part.strip()]
    if wanted:
        listed = [
            product
            for product in listed
            if any(term.slug in wanted or str(term.id) in wanted for term in product.categories)
        ]
    searched = params.get("s", "").casefold()
    listed = [product for product in listed if searched in product.title.casefold()]
    if params.get("orderby") == "title":
        listed.sort(key=lambda product: product.title.casefold(), reverse=params.get("order", "DESC").upper() != "ASC")
    else:
        listed.sort(key=lambda product: (product.created, product.id), reverse=True)
    number = php_int(params["number"]) if "number" in params else 10
    page = max(1, abs(php_int(params.get("page", "1"))))
    shown = listed if number == -1 else listed[(page - 1) * abs(number) : page * abs(number)]
    return {"products": [product_row(world, product, role, address) for product in shown]}


def product_row(world: World, product: Product, role: str | None, address: str, *, alone: bool = False) -> Any:
    """A product; stats, files and notes only for keys with the right (`role` None: no key)."""
    return world.broken.shown("product", product.id, _product_row(world, product, role, address), alone=alone)


def _product_row(world: World, product: Product, role: str | None, address: str) -> dict[str, Any]:
    link = f"{address}downloads/{product.slug}/"
    first = next(iter(product.amounts.values()))
    row: dict[str, Any] = {
        "info": {
            "id": product.id,
            "slug": product.slug,
            "title": product.title,
            "create_date": local_time(product.created),
            "modified_date": local_time(product.created),
            "status": product.status,
            "link": link,
            "permalink": link,
            "content": f"About {product.title}.",
            "excerpt": "",
            "thumbnail": False,
            "category": [_term(world, term) for term in product.categories] or False,
            "tags": False,
            "image": "",
            "purchase_link": _purchase_link(product),
            "price": f'<span class="edd_price" id="edd_price_{product.id}">&#36;{first:.2f}</span>',
        },
    }
    if role in ("manager", "accountant"):
        row["stats"] = {
            "total": {"sales": "0", "earnings": "0.000000"},
            "monthly_average": {"sales": 0, "earnings": 0},
        }
    row["pricing"] = {_squashed(name): f"{amount:.2f}" for name, amount in product.amounts.items()}
    if role == "manager":
        name = f"{product.title} (MP3)"
        file = f"http://files.example.com/{product.slug}.mp3.zip"
        if not product.bundle_of:
            row["files"] = [{"index": 0, "attachment_id": 0, "name": name, "file": file, "condition": "all"}]
        row["notes"] = ""
    return row


def _purchase_link(product: Product) -> str | bool:
    """What is not for sale yet has none."""
    return f'<form id="edd_purchase_{product.id}" method="post"></form>' if product.status == "publish" else False


def customers(world: World, params: dict[str, str], version: str) -> dict[str, Any]:
    """Newest first; `customer=` takes an id or an e-mail, anything else is dropped and all come back."""
    wanted = params.get("customer", "").strip()
    everybody = sorted(world.customers.values(), key=lambda customer: customer.id, reverse=True)
    if re.fullmatch(r"\d+", wanted, re.ASCII):
        found = [customer for customer in everybody if customer.id == int(wanted)]
    elif "@" in wanted and "'" not in wanted:
        address = wanted.lower()
        found = [c for c in everybody if address in (c.email.lower(), (c.second_email or "").lower())]
    else:
        number = php_int(params["number"]) if "number" in params else 10
        page = max(1, abs(php_int(params.get("page", "1"))))
        size = len(everybody) if number == -1 else abs(number) or 30
        found = everybody[(page - 1) * size : page * size]
        if not found:
            return {"error": "No customers found!"}
    if not found:
        return {"error": "Customer not found!"}
    make = _customer_row_v1 if version == "v1" else _customer_row
    return {"customers": [make(world, customer) for customer in found]}


def stats(world: World, params: dict[str, str]) -> dict[str, Any]:
    """Totals of complete and revoked orders; the stray key "0" is the shop's own."""
    counted = [order for order in world.orders.values() if order.refund_of is None]
    counted = [order for order in counted if order.status in ("complete", "revoked")]
    quiet = {"today": 0, "current_month": 0, "last_month": 0}
    sales = {**quiet, "totals": len(counted)}
    earnings = {**quiet, "totals": round(float(sum(order.total for order in counted)), 2)}
    kind = params.get("type")
    if kind == "sales":
        return {"sales": sales}
    if kind == "earnings":
        return {"earnings": earnings}
    return {
        "stats": {"sales": sales, "earnings": earnings},
        "0": {"log_requests": True, "user_id": "1", "override": False},
    }


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
    listed = [world.orders[row_id] for row_id in world.listed_of(row_ids).newest(None)]
    spent = round(float(sum(order.total for order in listed)), 2)
    return {
        "total_purchases": len(listed),
        "total_spent": int(spent) if spent.is_integer() else spent,
        "total_downloads": 0,
    }


def _term(world: World, term: Term) -> dict[str, Any]:
    count = sum(1 for product in world.products.values() if term in product.categories)
    return {
        "term_id": term.id,
        "name": term.name,
        "slug": term.slug,
        "term_group": 0,
        "term_taxonomy_id": term.id,
        "taxonomy": "download_category",
        "description": "",
        "parent": 0,
        "count": count,
        "filter": "raw",
    }


def _squashed(option: str) -> str:
    """The key of a price option: its name in lower case without anything between the letters."""
    return re.sub(r"[^a-z0-9]", "", option.lower()) or "amount"
