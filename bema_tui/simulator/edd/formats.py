"""How the shop reads its parameters and prints its responses: PHP's numbers, JSON with four spaces, XML and HTML."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

import attrs

_PHP_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_PHP_INT = re.compile(r"\s*[+-]?\d+", re.ASCII)
FRONT_PAGE = (
    '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n\t<meta charset="UTF-8" />\n'
    "<title>The label&#8217;s shop</title>\n</head>\n<body><h1>Records</h1></body>\n</html>\n"
)
MAINTENANCE_SECONDS = 600
"""What WordPress writes into `Retry-After`, however long its update takes."""


@attrs.frozen
class ShopResponse:
    """What the shop sends."""

    status: int
    """The HTTP status."""
    text: str
    """The body."""
    content_type: str = "application/json"
    """The `Content-Type` header."""
    uncached: bool = False
    """Whether the headers forbid caching, as errors of PHP and WordPress do."""
    retry_after: int | None = None
    """The seconds of `Retry-After`; None: no such header."""


class PhpError(Exception):
    """PHP breaks off: the shop sends 500, with this text if it shows its errors."""


def php_number(text: str) -> int:
    """Returns a count as PHP multiplies it: ``2.7`` is 2, ``1e2`` is 100.

    Raises:
        PhpError: the text is no number at all.
    """
    if _PHP_NUMBER.fullmatch(text) is None:
        raise PhpError("Uncaught TypeError: Unsupported operand types: string * int")
    return int(float(text))


def php_int(text: str) -> int:
    """Returns a number as PHP casts it: text that does not begin with one is 0."""
    match = _PHP_INT.match(text)
    return int(match[0]) if match else 0


def pretty(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=4).replace("/", "\\/")


def printed(status: int, data: dict[str, Any], form: str) -> ShopResponse:
    """Returns a response in a format; an unknown format is an empty page."""
    if form == "json":
        return ShopResponse(status, pretty(data))
    html = "text/html; charset=UTF-8"
    if form == "xml":
        return ShopResponse(status, f'<?xml version="1.0" encoding="UTF-8"?>\n<edd>{_xml(data)}</edd>', html)
    return ShopResponse(status, "", html)


def fatal_error(accept: str, error: str = "") -> ShopResponse:
    """Returns what WordPress sends when PHP breaks off: JSON if the request accepts it, else a page."""
    if "application/json" in accept:
        details = {
            "type": 1,
            "message": error,
            "file": "/var/www/wp-content/plugins/easy-digital-downloads/includes/api/class-edd-api-v2.php",
            "line": 402,
        }
        body = {
            "code": "internal_server_error",
            "message": "<p>There has been a critical error on this website.</p>",
            "data": {"status": 500, **({"error": details} if error else {})},
            "additional_errors": [],
        }
        text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
        return ShopResponse(500, text, "application/json; charset=UTF-8", uncached=True)
    message = "<p>There has been a critical error on this website.</p>"
    return ShopResponse(500, _page("WordPress › Error", message), "text/html; charset=UTF-8", uncached=True)


def maintenance_page() -> ShopResponse:
    """Returns what WordPress sends during an update, which takes seconds, though it says ten minutes."""
    page = _page("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>")
    return ShopResponse(503, page, "text/html; charset=UTF-8", retry_after=MAINTENANCE_SECONDS)


def _page(title: str, body: str) -> str:
    return f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body>{body}</body>\n</html>\n"


def variable_mismatch() -> ShopResponse:
    """Returns what WordPress sends when a variable has one value in the URL and another in the body."""
    body = {
        "code": "wp_die",
        "message": "A variable mismatch has been detected.",
        "data": {"status": 400},
        "additional_errors": [],
    }
    text = json.dumps(body, separators=(",", ":"))
    return ShopResponse(400, text, "application/json; charset=UTF-8", uncached=True)


def front_page() -> ShopResponse:
    return ShopResponse(200, FRONT_PAGE, "text/html; charset=UTF-8")


def _xml(data: Any) -> str:
    if isinstance(data, dict):
        return "".join(_element(str(key), value) for key, value in data.items())
    if data is None or data is False:
        return ""
    return "1" if data is True else escape(str(data))


def _element(key: str, value: Any) -> str:
    """Returns one element; a list becomes one element for each of its values."""
    if isinstance(value, list):
        return "".join(_element(key, part) for part in value)
    name = key if key[:1].isalpha() else f"n{key}"
    return f"<{name}>{_xml(value)}</{name}>"
