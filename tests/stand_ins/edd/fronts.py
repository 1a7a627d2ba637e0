"""What can stand between a shop and its client, or come out of a shop that is not well."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tests.stand_ins.edd.shop import Answer, Asked, Front, as_json, page_of_html


def always(answer: Answer) -> Front:
    """Something that never asks the shop."""
    return lambda asked, shop: answer


def on_sales(change: Callable[[Asked, Answer], Answer]) -> Front:
    """A shop whose answers about sales are changed."""

    def front(asked: Asked, shop: Callable[[Asked], Answer]) -> Answer:
        answer = shop(asked)
        return change(asked, answer) if asked.endpoint == "sales" else answer

    return front


def cache(by: Callable[[Asked], object], only: str = "GET POST") -> Front:
    """Answers what it answered before to whatever looks the same to it."""
    kept: dict[object, Answer] = {}

    def front(asked: Asked, shop: Callable[[Asked], Answer]) -> Answer:
        if asked.method not in only:
            return shop(asked)
        name = by(asked)
        if name not in kept:
            kept[name] = shop(asked)
        return kept[name]

    return front


def by_address(asked: Asked) -> object:
    return asked.target


def by_path(asked: Asked) -> object:
    return urlsplit(asked.target).path


def by_endpoint(asked: Asked) -> object:
    return asked.endpoint


def moved(asked: Asked, shop: Callable[[Asked], Answer]) -> Answer:
    """WordPress' canonical redirect, query and all."""
    return Answer(301, b"", "text/html", {"Location": f"https://www.shop.example{asked.target}"})


def back(asked: Asked, shop: Callable[[Asked], Answer]) -> Answer:
    """A check for bots: the same address again, with a cookie."""
    return Answer(302, b"", "text/html", {"Location": asked.target, "Set-Cookie": "human=1"})


def behind_post(answer: Answer) -> Front:
    """Something that refuses POST, and lets GET through."""
    return lambda asked, shop: answer if asked.method == "POST" else shop(asked)


def around(front: bytes = b"", behind: bytes = b"", kind: str = "application/json") -> Front:
    """A shop that prints something around its answers about sales."""
    return on_sales(lambda _, answer: Answer(200, front + answer.body + behind, kind))


def login(asked: Asked, shop: Callable[[Asked], Answer]) -> Answer:
    """A plugin that makes the site private."""
    target = "https://shop.example/wp-login.php?redirect_to=https%3A%2F%2Fshop.example%2F&reauth=1"
    return Answer(302, b"", "text/html", {"Location": target})


MAINTENANCE = """<!DOCTYPE html>
<html lang="en-US"><head><meta name="viewport" content="width=device-width"><title>Maintenance</title>
<style type="text/css">html { background: #f1f1f1; } body { font-family: sans-serif; }</style></head>
<body id="error-page"><div class="wp-die-message"><h1>Briefly unavailable for scheduled maintenance. Check back in a
minute.</h1></div></body></html>"""
NGINX = (
    "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
SIGN_IN = (
    "<html><head><title>Log In &lsaquo; Shop &#8212; WordPress</title></head><body><form>Password</form></body></html>"
)
REFUSED = {"code": "rest_forbidden", "message": "Sorry, you are not allowed to do that.", "data": {"status": 403}}
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found matching the URL and request method."}
NOTICE = b'Notice: Undefined index: x in /srv/shop/a.php on line 7 {"x"}\n'
BOM = b"\xef\xbb\xbf"
FIREWALL = "a firewall, a security plugin"
BY_GET = "edd_credentials_in_url = true"

SAYS_WHAT_TO_CHECK: dict[str, tuple[Front, str, str]] = {
    "a web page": (always(page_of_html()), 'a web page instead of JSON, "Bema test store"', "URL"),
    "an empty page": (always(Answer(kind="text/html; charset=UTF-8")), "an empty body with status 200", "URL"),
    "an empty body": (on_sales(lambda _, answer: Answer()), "an empty body with status 200", "URL"),
    "a firewall": (always(page_of_html("<h1>Blocked</h1>", 403)), '(403), and says "Blocked"', BY_GET),
    "a password": (always(page_of_html("<h1>Unauthorized</h1>", 401)), '(401), and says "Unauthorized"', FIREWALL),
    "nginx": (always(page_of_html(NGINX, 403)), '(403), and says "403 Forbidden nginx"', FIREWALL),
    "a security plugin": (always(as_json(REFUSED, 403)), 'says "Sorry, you are not allowed to do that"', BY_GET),
    "no POST": (behind_post(Answer(405, b"", "text/html")), "(405), and does not say why", BY_GET),
    "no POST in words": (behind_post(Answer(406, b"Not Acceptable!", "text/plain")), '"Not Acceptable!"', BY_GET),
    "a JSON error": (always(as_json({"error": {"code": 1020}}, 403)), "(403), and does not say why", FIREWALL),
    "an error of another": (
        always(as_json({"error": "blocked", "ray": 7}, 403)),
        '(403), and says "blocked"',
        FIREWALL,
    ),
    "no such route": (always(as_json(NO_ROUTE, 404)), '(404), and says "No route was found', "URL"),
    "not found": (always(page_of_html("<title>Not Found</title>", 404)), '(404), and says "Not Found"', "URL"),
    "a login": (login, "asks for a login (302): it sends us to https://shop.example/wp-login.php.", FIREWALL),
    "a login's page": (always(page_of_html(SIGN_IN)), '"Log In ‹ Shop — WordPress: Password"', "URL"),
    "warnings": (
        around(b"<br />\n<b>Warning</b>: x in <b>y</b> on line <b>7</b><br />\n"),
        'text in front of the JSON, "Warning: x in y on line 7"',
        "display_errors",
    ),
    "warnings as a page": (around(b"<b>Notice</b>: x\n", kind="text/html"), 'front of the JSON, "Notice: x"', "PHP"),
    "a notice": (around(NOTICE), 'text in front of the JSON, "Notice: Undefined index: x in /srv/shop/a.php', "PHP"),
    "a log line": (around(b"[26-Nov-2026 10:00] PHP Notice: x\n"), 'of the JSON, "[26-Nov-2026 10:00] PHP', "PHP"),
    "two marks": (around(BOM + b"\n" + BOM), "more than one byte order mark (BOM) in front of the JSON", "without BOM"),
    "a cache's comment": (around(behind=b"\n<!-- cached by X -->"), 'behind the JSON, "cached by X"', "edd-api"),
    "both": (around(b"Notice: x\n", b"<!-- cached -->"), 'text in front of the JSON, "Notice: x"', "PHP"),
    "a counter": (around(behind=b"<script>count()</script>"), 'text behind the JSON, "count()"', "edd-api"),
    "another type": (around(kind="text/html"), "JSON that is labelled as text/html", "URL"),
    "text": (on_sales(lambda _, answer: Answer(200, b"Error 1040")), 'text instead of JSON, "Error 1040"', "URL"),
    "a broken letter": (
        on_sales(lambda _, answer: Answer(200, answer.body.replace(b"Fan", b"Fan\xff"))),
        "text that is not UTF-8",
        "another encoding",
    ),
    "half an answer": (
        on_sales(lambda _, answer: Answer(200, answer.body[:-50])),
        "JSON that is cut off or damaged",
        "URL",
    ),
    "an error with 200": (
        on_sales(lambda _, answer: as_json({"error": "Back soon"})),
        "the error 'Back soon'",
        "URL",
    ),
    "nothing": (on_sales(lambda _, answer: as_json({})), "no sales", "URL"),
    "a list": (on_sales(lambda _, answer: as_json([])), "JSON that is not an object", "URL"),
    "a cache by path": (cache(by_path), "no sales, but the answer to another question (info)", "A cache"),
    "another address": (moved, "sends us elsewhere (301) to https://www.shop.example;", "https://www.shop.example."),
    "the same address": (back, "sends us elsewhere (302);", "URL"),
}
TRIED_AGAIN = {"half an answer"}
"""What may have been lost on the way; everything else is the same the next time."""
