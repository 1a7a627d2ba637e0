"""Shapes of the shop's answers, taken down from recordings of a real EDD 3.6.5: keys and types, no content."""

from __future__ import annotations

from typing import Any

SPEED = {"request_speed": "number"}
NOTHING = SPEED
ITEM = {
    "object_id": "digits",
    "id": "digits",
    "quantity": "digits",
    "name": "text",
    "price": "money",
    "price_name": "text|empty",
}
FEE = {
    "amount": "money",
    "label": "text",
    "no_tax": "bool",
    "type": "text",
    "price_id": "null",
    "download_id": "digits|null",
    "id": "text",
}
SALE: dict[str, Any] = {
    "ID": "digits",
    "mode": "text",
    "status": "text",
    "transaction_id": "text|empty",
    "key": "hex",
    "subtotal": "money",
    "tax": "money",
    "total": "money",
    "gateway": "text",
    "customer_id": "digits",
    "user_id": "digits",
    "email": "text",
    "date": "time",
    "date_utc": "time",
    "products": [ITEM],
    "fees": ("null", [FEE]),
    "discounts": ("null", {"*": "money"}),
}
UNPAID = {**SALE, "transaction_id": "empty"}
REFUND_ROW = {
    **SALE,
    "key": "text",
    "transaction_id": "empty",
    "products": [{**ITEM, "quantity": "signed"}],
    "fees": "null",
}
ITEM_V1 = {"id": "digits", "quantity": "digits", "name": "text|empty", "price": "money", "price_name": "text|empty"}
SALE_V1 = {
    "ID": "digits",
    "transaction_id": "text|int",
    "key": "hex",
    "discount": ["text"],
    "subtotal": "money",
    "tax": "money",
    "fees": [{**FEE, "download_id": "int"}],
    "total": "money",
    "gateway": "text",
    "email": "text",
    "user_id": "digits",
    "customer_id": "digits",
    "date": "time",
    "products": [ITEM_V1],
}
REFUND_ROW_V1 = {
    **SALE_V1,
    "key": "text",
    "transaction_id": "false",
    "fees": [],
    "products": [{**ITEM_V1, "quantity": "int"}],
}
PHANTOM_V1 = {
    "ID": "int",
    "transaction_id": "empty",
    "key": "empty",
    "discount": ["text"],
    "subtotal": "int",
    "tax": "int",
    "fees": [],
    "total": "int",
    "gateway": "empty",
    "email": "empty",
    "user_id": "int",
    "customer_id": "null",
    "date": "empty",
    "products": [],
}
CUSTOMER_STATS = {"total_purchases": "int", "total_spent": "number", "total_downloads": "int"}
CUSTOMER = {
    "info": {
        "customer_id": "digits",
        "user_id": "digits|int",
        "username": "text|empty",
        "display_name": "text|empty",
        "first_name": "text|empty",
        "last_name": "text|empty",
        "email": "text",
        "additional_emails": ("null", {"*": "text"}),
        "date_created": "time",
    },
    "stats": CUSTOMER_STATS,
}
CUSTOMER_V1 = {
    "info": {
        "id": "digits|empty",
        "user_id": "digits|empty",
        "username": "text|empty",
        "display_name": "text|empty",
        "customer_id": "digits",
        "first_name": "text|empty",
        "last_name": "text|empty",
        "email": "text",
    },
    "stats": CUSTOMER_STATS,
}
TERM = {
    "term_id": "int",
    "name": "text",
    "slug": "text",
    "term_group": "int",
    "term_taxonomy_id": "int",
    "taxonomy": "text",
    "description": "empty",
    "parent": "int",
    "count": "int",
    "filter": "text",
}
PRODUCT: dict[str, Any] = {
    "info": {
        "id": "int",
        "slug": "text",
        "title": "text",
        "create_date": "time",
        "modified_date": "time",
        "status": "text",
        "link": "text",
        "permalink": "text",
        "content": "text|empty",
        "excerpt": "empty",
        "thumbnail": "false",
        "category": ("false", [TERM]),
        "tags": ("false", [TERM]),
        "image": "empty",
        "purchase_link": "text|false",
        "price": "text",
    },
    "pricing": {"*": "text"},
}
PRODUCT_WITH_RIGHTS = {
    **PRODUCT,
    "stats": {
        "total": {"sales": "digits", "earnings": "text"},
        "monthly_average": {"sales": "number", "earnings": "number"},
    },
    "files?": [{"index": "int", "attachment_id": "int", "name": "text", "file": "text", "condition": "text"}],
    "notes": "empty",
}
SITE = {
    "currency": "text",
    "currency_position": "text",
    "decimal_separator": "text",
    "thousands_separator": "text",
}
INFO = {
    "info": {
        "permissions": {
            "view_shop_reports": "bool",
            "view_shop_sensitive_data": "bool",
            "manage_shop_discounts": "bool",
        },
        "site": {**SITE, "wp_version": "text", "edd_version": "text"},
    },
    **SPEED,
}
SHORT_INFO = {"info": {"site": SITE}, **SPEED}
COUNTS = {"today": "number", "current_month": "number", "last_month": "number", "totals": "number"}
STATS = {
    "stats": {"sales": COUNTS, "earnings": COUNTS},
    "0": {"log_requests": "bool", "user_id": "digits", "override": "bool"},
    **SPEED,
}
ERROR = {"error": "text"}
SOFT_ERROR = {"error": "text", **SPEED}
CRASH = {
    "code": "text",
    "message": "text",
    "data": {"status": "int", "error": {"type": "int", "message": "text", "file": "text", "line": "int"}},
    "additional_errors": [],
}
CONFLICT = {"code": "text", "message": "text", "data": {"status": "int"}, "additional_errors": []}


def sales(row: Any = SALE) -> dict[str, Any]:
    return {"sales": [row], **SPEED}


def customers(row: Any = CUSTOMER) -> dict[str, Any]:
    return {"customers": [row], **SPEED}


def products(row: Any = PRODUCT) -> dict[str, Any]:
    return {"products": [row], **SPEED}
