"""How the shop reads its parameters and prints its answers: PHP's numbers, four-space JSON, XML and HTML."""

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
"""What WordPress writes into `Retry-After` whatever it does."""


@attrs.frozen
class ShopAnswer:
    """What the shop sends back. Error answers of PHP and WordPress forbid caching, good ones say nothing."""

    status: int
    text: str
    content_type: str = "application/json"
    uncached: bool = False
    retry_after: int | None = None


class PhpError(Exception):
    """PHP breaks off: the shop answers 500. With a text, it is a shop that shows its errors."""


def php_number(text: str) -> int:
    """A count as PHP multiplies it: ``2.7`` is 2, ``1e2`` is 100.

    Raises:
        PhpError: the text is no number at all.
    """
    if _PHP_NUMBER.fullmatch(text) is None:
        raise PhpError("Uncaught TypeError: Unsupported operand types: string * int")
    return int(float(text))


def php_int(text: str) -> int:
    """A number as PHP casts it: what does not begin with one is 0."""
    match = _PHP_INT.match(text)
    return int(match[0]) if match else 0


def pretty(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=4).replace("/", "\\/")


def printed(status: int, data: dict[str, Any], form: str) -> ShopAnswer:
    """An answer in the format asked for; an unknown one is an empty page."""
    if form == "json":
        return ShopAnswer(status, pretty(data))
    html = "text/html; charset=UTF-8"
    if form == "xml":
        return ShopAnswer(status, f'<?xml version="1.0" encoding="UTF-8"?>\n<edd>{_xml(data)}</edd>', html)
    return ShopAnswer(status, "", html)


def fatal(accept: str, error: str = "") -> ShopAnswer:
    """What WordPress answers when PHP breaks off: JSON if the request accepts it, else a page."""
    if "application/json" in accept:
        told = {
            "type": 1,
            "message": error,
            "file": "/var/www/wp-content/plugins/easy-digital-downloads/includes/api/class-edd-api-v2.php",
            "line": 402,
        }
        body = {
            "code": "internal_server_error",
            "message": "<p>There has been a critical error on this website.</p>",
            "data": {"status": 500, **({"error": told} if error else {})},
            "additional_errors": [],
        }
        text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
        return ShopAnswer(500, text, "application/json; charset=UTF-8", uncached=True)
    message = "<p>There has been a critical error on this website.</p>"
    return ShopAnswer(500, _page("WordPress › Error", message), "text/html; charset=UTF-8", uncached=True)


def maintenance() -> ShopAnswer:
    """What WordPress answers while it is updated: for seconds, though it says ten minutes."""
    page = _page("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>")
    return ShopAnswer(503, page, "text/html; charset=UTF-8", retry_after=MAINTENANCE_SECONDS)


def _page(title: str, body: str) -> str:
    return f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body>{body}</body>\n</html>\n"


def mismatch() -> ShopAnswer:
    """The same variable in the address and in the body with two values."""
    body = {
        "code": "wp_die",
        "message": "A variable mismatch has been detected.",
        "data": {"status": 400},
        "additional_errors": [],
    }
    text = json.dumps(body, separators=(",", ":"))
    return ShopAnswer(400, text, "application/json; charset=UTF-8", uncached=True)


def front_page() -> ShopAnswer:
    return ShopAnswer(200, FRONT_PAGE, "text/html; charset=UTF-8")


def _xml(data: Any) -> str:
    if isinstance(data, dict):
        return "".join(_element(str(key), value) for key, value in data.items())
    if data is None or data is False:
        return ""
    return "1" if data is True else escape(str(data))


def _element(key: str, value: Any) -> str:
    """One element; a list becomes the same element again and again."""
    if isinstance(value, list):
        return "".join(_element(key, part) for part in value)
    name = key if key[:1].isalpha() else f"n{key}"
    return f"<{name}>{_xml(value)}</{name}>"
