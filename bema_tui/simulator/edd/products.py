"""The shop's endpoint ``products`` (contract, section 6)."""

from __future__ import annotations

import re
from typing import Any

from bema_tui.simulator.edd.formats import php_int
from bema_tui.simulator.edd.local_time import local_time
from bema_tui.simulator.world.records import Product, Term
from bema_tui.simulator.world.world import World


def products(world: World, params: dict[str, str], role: str | None, shop_url: str) -> dict[str, Any]:
    """Returns published products, or the one with an id, which may be a draft."""
    if params.get("product"):
        found = world.products.get(php_int(params["product"]))
        if found is None:
            return {"error": f"Product {params['product']} not found!"}
        return {"products": [product_row(world, found, role, shop_url, alone=True)]}
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
    return {"products": [product_row(world, product, role, shop_url) for product in shown]}


def product_row(world: World, product: Product, role: str | None, shop_url: str, *, alone: bool = False) -> Any:
    """Returns a product; it has stats, files and notes only for a key with the right (`role` None: no key)."""
    return world.broken_records.row("product", product.id, _product_row(world, product, role, shop_url), alone=alone)


def _product_row(world: World, product: Product, role: str | None, shop_url: str) -> dict[str, Any]:
    link = f"{shop_url}downloads/{product.slug}/"
    first = next(iter(product.prices.values()))
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
    row["pricing"] = {_squashed(name): f"{price:.2f}" for name, price in product.prices.items()}
    if role == "manager":
        name = f"{product.title} (MP3)"
        file = f"http://files.example.com/{product.slug}.mp3.zip"
        if not product.bundle_of:
            row["files"] = [{"index": 0, "attachment_id": 0, "name": name, "file": file, "condition": "all"}]
        row["notes"] = ""
    return row


def _purchase_link(product: Product) -> str | bool:
    """Returns the form that buys a product; a product that is not for sale yet has none."""
    return f'<form id="edd_purchase_{product.id}" method="post"></form>' if product.status == "publish" else False


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
    """Returns the key of a price option: its name in lower case without anything between the letters."""
    return re.sub(r"[^a-z0-9]", "", option.lower()) or "amount"
