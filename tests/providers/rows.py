"""Rows shaped like the services' own answers, with every key that a real one has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def subscriber(number: int, *, groups: Sequence[str] | None = None, **changes: object) -> dict[str, object]:
    """A subscriber; without ``groups`` as in a plain list."""
    row: dict[str, object] = {
        "id": str(139802435642197000 + number),
        "email": f"person{number}@example.com",
        "status": "active",
        "source": "import",
        "sent": 0,
        "opens_count": 0,
        "clicks_count": 0,
        "open_rate": 7.69,
        "click_rate": 0,
        "ip_address": None,
        "subscribed_at": "2024-12-04 15:26:32",
        "unsubscribed_at": None,
        "created_at": "2024-12-04 15:26:32",
        "updated_at": "2024-12-04 15:26:32",
        "fields": {"name": "Zoë", "last_name": None, "z_i_p": None, "2024_etb_nbl_purchase": 121},
        "opted_in_at": None,
        "optin_ip": None,
        **changes,
    }
    if groups is not None:
        row["groups"] = [group(group_id) for group_id in groups]
    return row


def group(
    group_id: str = "165968863812388812", name: str = "2024_ETB_NBL_GOLD", **changes: object
) -> dict[str, object]:
    """A group."""
    return {
        "id": group_id,
        "name": name,
        "active_count": 9,
        "sent_count": 8,
        "opens_count": 7,
        "open_rate": {"float": 0.875, "string": "87.5%"},
        "clicks_count": 2,
        "click_rate": {"float": 0.25, "string": "25%"},
        "unsubscribed_count": 2,
        "unconfirmed_count": 0,
        "bounced_count": 1,
        "junk_count": 0,
        "created_at": "2023-12-15 15:43:54",
        **changes,
    }


def custom_field(number: int = 947147, name: str = "2024_ETB_NBL_PURCHASE", **changes: object) -> dict[str, object]:
    """A custom field."""
    row = {"id": str(number), "name": name, "key": name.lower(), "type": "number", "is_default": False}
    return {**row, **changes}


def cursor_page(rows: Sequence[object], following: object = None) -> dict[str, object]:
    """A page of people."""
    path = "https://service.example/api/subscribers"
    return {
        "data": list(rows),
        "links": {"first": None, "last": None, "prev": None, "next": f"{path}?cursor={following}"},
        "meta": {"path": path, "per_page": 2, "next_cursor": following, "prev_cursor": None},
    }


def numbered_page(
    rows: Sequence[object], number: int = 1, last: int = 1, total: int | None = None
) -> dict[str, object]:
    """A page of groups, fields or automations."""
    meta = {"current_page": number, "from": 1, "last_page": last, "per_page": 2, "to": len(rows)}
    meta["total"] = len(rows) if total is None else total
    return {
        "data": list(rows),
        "links": {"next": None},
        "meta": meta,
    }


def item(product: str = "10", price: str = "12.000000000", **changes: object) -> dict[str, object]:
    """A line of a sale."""
    row = {"object_id": "179", "id": product, "quantity": "1", "name": "Elements of Earth", "price": price}
    return {**row, "price_name": "", **changes}


def sale(number: int, items: Sequence[object] | None = None, **changes: Any) -> dict[str, object]:
    """A sale as version 2 lists it."""
    return {
        "ID": str(number),
        "mode": "live",
        "status": "complete",
        "transaction_id": "pi_6854a6a24e31445eb50a",
        "key": f"{number:032x}",
        "subtotal": "12.000000000",
        "tax": "0.000000000",
        "total": "12.000000000",
        "gateway": "stripe",
        "customer_id": "116",
        "user_id": "0",
        "email": f"Buyer{number}+List@Example.com",
        "date": "2025-05-29 12:56:33",
        "date_utc": "2025-05-29 16:56:33",
        "products": [item()] if items is None else list(items),
        "fees": None,
        "discounts": {"TWOOFF": "2.000000000"},
        **changes,
    }


def product(number: int = 12, **changes: object) -> dict[str, object]:
    """A product as the shop lists it."""
    info: dict[str, object] = {
        "id": number,
        "slug": "love-and-gravity",
        "title": 'Love & Gravity: Zoë’s "Live" Songs',
        "create_date": "2025-01-04 10:00:00",
        "status": "publish",
        "thumbnail": False,
        "category": [
            {"term_id": 5, "name": "Albums", "slug": "albums"},
            {"term_id": 4, "name": "Zoë Núñez &amp; Co", "slug": "zoe-nunez-artist"},
        ],
        "tags": False,
        **changes,
    }
    return {"info": info, "pricing": {"mp3": "8.00", "deluxeflac": "14.50"}}


def customer(number: int) -> dict[str, object]:
    """A customer as the shop lists it."""
    info = {
        "customer_id": str(number),
        "user_id": 0,
        "first_name": "Ольга",
        "last_name": "",
        "email": f"olga{number}@xn--bcher-kva.example",
        "additional_emails": {"1": "second0@other.example"},
        "date_created": "2025-03-01 00:10:00",
    }
    return {"info": info, "stats": {"total_purchases": 4, "total_spent": 61, "total_downloads": 1}}


def info(*, allowed: bool = True) -> dict[str, object]:
    """The shop's word on what the key may see; without the right there is no ``permissions`` at all."""
    rights = {"permissions": {"view_shop_reports": True}} if allowed else {}
    return {"info": {**rights, "site": {"currency": "USD"}}, "request_speed": 0.002}
