"""Answers of the simulated MailerLite in the forms it was recorded with, and the call they answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import attrs

from bema_tui.simulator.world.world import World

INVALID = "The given data was invalid."


@attrs.frozen
class Answer:
    """A status and a body; `body` None is an empty body. Exceptions are printed with 4 spaces, the rest compact."""

    status: int
    body: Any = None
    pretty: bool = False

    def text(self) -> str:
        if self.body is None:
            return ""
        dumped = json.dumps(self.body, indent=4) if self.pretty else json.dumps(self.body, separators=(",", ":"))
        return dumped.replace("/", "\\/")


@attrs.define
class Call:
    """One call to the API, from outside or from inside a batch. `base` is the address up to ``/api``."""

    world: World
    method: str
    path: str
    query: dict[str, str]
    body: Any
    base: str

    def address(self, path: str | None = None) -> str:
        return f"{self.base}/{(self.path if path is None else path).strip('/')}"

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; anything else counts as not sent."""
        text = self.query.get(name, "").strip()
        return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else default

    def fields_of_body(self) -> dict[str, Any]:
        """The body as an object; `null`, empty lists and nothing are all an empty one."""
        return self.body if isinstance(self.body, dict) else {}


def read_query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def failure(status: int, message: str) -> Answer:
    return Answer(status, {"message": message}, pretty=True)


def invalid(errors: dict[str, list[str]], **extra: Any) -> Answer:
    """422 with the older wording that the documentation shows."""
    return Answer(422, {"message": INVALID, "errors": errors, **extra})


def no_model(model: str, number: str = "") -> Answer:
    """404 as Laravel says it; for people the text ends with a dot and no id."""
    ending = f" {number}" if number else "."
    return failure(404, f"No query results for model [App\\Models\\{model}]{ending}")


def no_subscriber() -> Answer:
    return no_model("Subscriber\\Subscriber")


def no_route(path: str) -> Answer:
    return failure(404, f"The route api/{path.strip('/')} could not be found.")
