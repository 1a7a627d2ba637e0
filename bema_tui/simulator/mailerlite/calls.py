"""One call of MailerLite's API."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import attrs

from bema_tui.simulator.world.world import World


@attrs.define
class ApiCall:
    """A call by a request of its own, or by an item of a batch."""

    world: World
    """The account that the call reads and changes."""
    method: str
    """The HTTP method."""
    path: str
    """The path below ``/api``."""
    query: dict[str, str]
    """The parameters in the URL."""
    body: Any
    """The JSON that was sent; None: none."""
    base_url: str
    """The URL up to ``/api``."""

    def url(self, path: str | None = None) -> str:
        """Returns the URL of a path below ``/api``, of its own path without one."""
        return f"{self.base_url}/{(self.path if path is None else path).strip('/')}"

    def number(self, name: str, default: int) -> int:
        """Returns a whole number from the query; anything else counts as not sent."""
        text = self.query.get(name, "").strip()
        return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else default

    def body_fields(self) -> dict[str, Any]:
        """Returns the body as an object; `null`, lists and nothing are all an empty one."""
        return self.body if isinstance(self.body, dict) else {}


def read_query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))
