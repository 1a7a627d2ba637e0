"""Asks one endpoint of EDD's API, and takes the rows out of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import uuid4

from bema_tui.errors import BadAnswer, BemaError
from bema_tui.providers.edd import parse, service
from bema_tui.providers.http.call import FaultKind
from bema_tui.providers.http.client import ServiceClient
from bema_tui.text import clean

_NAMES: Final = frozenset({"info", "sales", "products", "customers", "stats", "discounts", "download_logs"})


class Endpoints:
    """EDD's endpoints at one shop.

    The base URL is asked with the endpoint as a variable, so it works with every permalink setting and in a
    sub-folder. ``v2/`` is always said, so the shop's own default version does not matter. The URL carries a number
    of its own each time, so that no cache in front of the shop can answer.
    """

    def __init__(self, client: ServiceClient, path: str, *, in_url: bool) -> None:
        """``path`` follows the shop's base URL; ``in_url``: send GET, with all in the URL."""
        self._client = client
        self._path = path
        self._in_url = in_url

    async def ask(
        self, endpoint: str, query: Mapping[str, str], tried: str, *, alone: bool = False
    ) -> dict[str, object]:
        """Return the answer of an endpoint.

        Raises:
            ProviderError: no usable answer.
        """
        data = {"edd-api": f"v2/{endpoint}", **query}
        fresh = {"nocache": uuid4().hex}
        if self._in_url:
            return await self._client.request_json(
                "GET", self._path, params={**data, **fresh}, alone=alone, tried=tried
            )
        return await self._client.request_json("POST", self._path, params=fresh, data=data, alone=alone, tried=tried)

    async def sales_page(self, page: int, size: int) -> Sequence[object] | None:
        """Return the rows of one page, or None when the answer has no ``sales``: past the end, or no longer allowed.

        Raises:
            BadAnswer: the shop's EDD is too old.
            ProviderError: no usable answer.
        """
        tried = f"read page {page} of the sales"
        body = await self.ask("sales", {"number": str(size), "page": str(page)}, tried)
        rows = self.sales(body, tried)
        if page == 1 and rows and all(parse.is_of_old_edd(row) for row in rows):
            raise self._too_old(tried)
        return rows or None

    def sales(self, body: Mapping[str, object], tried: str) -> Sequence[object]:
        """Return the sales of an answer; none when it is the one that means "no more", "not found" or "not allowed".

        That one has ``request_speed`` alone. What a cache kept of another question must not pass for an empty shop.

        Raises:
            BadAnswer: it is no answer of that kind.
        """
        if "sales" not in body and "request_speed" in body and body.keys().isdisjoint({"error", *_NAMES}):
            return ()
        return self.rows(body, "sales", tried)

    def rows(self, body: Mapping[str, object], name: str, tried: str) -> Sequence[object]:
        """Return the rows under ``name``.

        Raises:
            BadAnswer: there are none, or they are no list.
        """
        if name not in body:
            raise self.not_there(body, name, tried)
        rows = body[name]
        if rows is None or rows is False:
            return ()
        if isinstance(rows, Mapping):
            return list(rows.values())
        if not isinstance(rows, list):
            raise self._client.fault(f"{name} that are no list", path=name, tried=tried)
        return rows

    def not_there(self, body: Mapping[str, object], name: str, tried: str) -> BemaError:
        """Return the error for an answer that lacks what was asked for, with what it is instead."""
        words, kind = _instead(body)
        return self._client.fault(f"no {name}, but {words}", kind=kind, path=name, tried=tried)

    def _too_old(self, tried: str) -> BadAnswer:
        return BadAnswer(
            f"This EDD is older than {service.OLDEST} and can't be read: its sales have no date in UTC.",
            path="sales.0.date_utc",
            tried=tried,
            where=self._client.where,
            advice=f"Ask whoever runs the shop to update the plugin Easy Digital Downloads to {service.OLDEST} or "
            "newer. Nothing was concluded from its sales.",
        )


def _instead(body: Mapping[str, object]) -> tuple[str, FaultKind]:
    error = body.get("error")
    if isinstance(error, str):
        return f"the error {clean(error, 200)!r}", FaultKind.OTHER
    other = sorted(_NAMES & body.keys())
    if other:
        return f"the answer to another question ({', '.join(other)})", FaultKind.ANOTHERS
    return "something else", FaultKind.OTHER
