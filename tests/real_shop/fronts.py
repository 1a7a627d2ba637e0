"""What can stand between a shop and its client, or come out of a shop that is not well."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tests.real_shop.shop import Answer, Asked, Front, as_json, page_of_html


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


SAYS_WHAT_TO_CHECK: dict[str, tuple[Front, str]] = {
    "a web page": (always(page_of_html()), "a web page instead of JSON"),
    "an empty page": (always(Answer(kind="text/html; charset=UTF-8")), "an empty body with status 200"),
    "an empty body": (on_sales(lambda _, answer: Answer()), "an empty body with status 200"),
    "a firewall": (always(page_of_html("<h1>Blocked</h1>", 403)), "a web page that says 403"),
    "a password": (always(page_of_html("<h1>Unauthorized</h1>", 401)), "a web page that says 401"),
    "warnings": (
        on_sales(lambda _, answer: Answer(200, b"<br />\n<b>Warning</b>: x in y<br />\n" + answer.body)),
        "text in front of the JSON",
    ),
    "warnings as a page": (
        on_sales(lambda _, answer: Answer(200, b"<b>Notice</b>: x\n" + answer.body, "text/html")),
        "a web page instead of JSON",
    ),
    "a broken letter": (
        on_sales(lambda _, answer: Answer(200, answer.body.replace(b"Fan", b"Fan\xff"))),
        "JSON that is cut off or damaged",
    ),
    "an error with 200": (on_sales(lambda _, answer: as_json({"error": "Be back soon"})), "the error 'Be back soon'"),
    "nothing": (on_sales(lambda _, answer: as_json({})), "no sales"),
    "a list": (on_sales(lambda _, answer: as_json([])), "JSON that is not an object"),
    "a cache by path": (cache(by_path), "no sales"),
    "another address": (moved, "sends us elsewhere (301) to https://www.shop.example;"),
    "the same address": (back, "sends us elsewhere (302);"),
}
