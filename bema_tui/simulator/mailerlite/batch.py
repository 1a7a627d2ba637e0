"""The items of a batch: what is wrong with them, whether they write, and whether MailerLite runs them as an import."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from bema_tui.simulator.mailerlite.calls import ApiCall, read_query

_MOST_ITEMS = 50
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def item_errors(items: Any) -> dict[str, list[str]]:
    """Returns what MailerLite finds wrong with the items, by path."""
    if not isinstance(items, list) or not items:
        return {"requests": ["The requests field is required."]}
    if len(items) > _MOST_ITEMS:
        return {"requests": [f"The requests must not have more than {_MOST_ITEMS} items."]}
    errors: dict[str, list[str]] = {}
    for place, item in enumerate(items):
        shape = item if isinstance(item, dict) else {}
        if str(shape.get("method", "")).upper() not in _METHODS:
            errors[f"requests.{place}.method"] = [f"The selected requests.{place}.method is invalid."]
        if not isinstance(shape.get("path"), str) or not shape["path"].startswith("api/"):
            errors[f"requests.{place}.path"] = [f"The requests.{place}.path must start with api/."]
    return errors


def runs_as_import(items: list[dict[str, Any]]) -> bool:
    """Returns whether MailerLite runs a batch as an import: one of nothing but upserts."""
    return all(
        item["method"].upper() == "POST" and item["path"].partition("?")[0].strip("/") == "api/subscribers"
        for item in items
    )


def is_write(call: ApiCall) -> bool:
    """Returns whether a call, or an item of it, is meant to change something."""
    if call.path != "batch":
        return call.method != "GET"
    items = call.body_fields().get("requests")
    return isinstance(items, list) and any(
        isinstance(item, dict) and str(item.get("method", "")).upper() != "GET" for item in items
    )


def item_call(call: ApiCall, item: dict[str, Any]) -> ApiCall:
    """Returns the call that an item of a batch makes."""
    path, _, query = item["path"].partition("?")
    return ApiCall(
        call.world,
        item["method"].upper(),
        _decoded(call.world.switches.batch_paths, path.removeprefix("api/")).strip("/"),
        read_query(query),
        item.get("body"),
        call.base_url,
    )


def _decoded(form: str, path: str) -> str:
    """Returns the path in which an e-mail may have to be encoded, or must not be."""
    if form == "plain":
        return path
    return path.replace("@", "%40") if form == "encoded" and "@" in path else unquote(path)
