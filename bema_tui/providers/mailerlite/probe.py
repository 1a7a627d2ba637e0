"""Asks MailerLite, with reads only, what its documentation leaves open and what a budget needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final, Unpack

import httpx

from bema_tui.bounds import LIST_ROWS, PAGE_ROWS
from bema_tui.errors import RequestRefused
from bema_tui.model import CustomField, Sample, SubscriberStatus
from bema_tui.providers.http.client import ServiceClient, quota_number
from bema_tui.providers.http.connected import Connected, PacedConnectionOptions
from bema_tui.providers.http.responses import server_time
from bema_tui.providers.mailerlite import parse, service
from bema_tui.providers.mailerlite.batch import batch_answers
from bema_tui.providers.mailerlite.lists import SMALLER_PAGES, TOO_MANY_ROWS
from bema_tui.providers.parsing import member
from bema_tui.providers.quota.period import BatchCost
from bema_tui.secrets import Secret

WANTED_ROWS: Final = 1000
BATCH_ITEMS: Final = 10
_LOOKED_AT: Final = 3
_DEFAULT_KEYS: Final = frozenset(
    {"name", "last_name", "company", "country", "city", "phone", "state", "zip", "z_i_p", "email"}
)


class KeyRule(StrEnum):
    """How an account makes a field's key of its name."""

    LOWER = "lower"
    """In small letters."""
    SNAKE = "snake"
    """In small letters, with a low line before each capital."""
    OTHER = "other"
    """In a way of its own."""


class MailerLiteProbe(Connected):
    """One account, asked by a handful of harmless requests. None as an answer means: it can't be told from here."""

    def __init__(self, url: str, key: Secret, **options: Unpack[PacedConnectionOptions]) -> None:
        """Prepare the connection; nothing is sent yet. The arguments are those of ``MailerLite``."""
        super().__init__(ServiceClient(service.described(url, key), on_answer=self._notice, **options))
        self.sample: Sample | None = None
        """A look at the first subscribers of the large page; None before one came."""
        self._remaining: int | None = None
        self._server_time: datetime | None = None

    @property
    def server_time(self) -> datetime | None:
        """MailerLite's clock as its last answer gave it (``Date``), UTC."""
        return self._server_time

    async def page_cap(self) -> int | None:
        """How many subscribers a page of ``GET /subscribers`` holds when 1,000 are asked for; ``sample`` is of it.

        Raises:
            ProviderError: no usable answer.
        """
        tried = "ask for a large page"
        for rows in (WANTED_ROWS, *SMALLER_PAGES):
            asked = {} if rows is None else {"limit": str(rows)}
            try:
                body = await self._client.request_json("GET", "/subscribers", params=asked, tried=tried)
            except RequestRefused as refused:
                if refused.status != TOO_MANY_ROWS or rows is None:
                    raise
            else:
                return self._page(body)
        raise AssertionError("the last size is none, which returns or raises")

    async def counts_by_status(self) -> bool | None:
        """Whether a count (``limit=0``) applies ``filter[status]``.

        Raises:
            ProviderError: no usable answer.
        """
        total = await self._count(None)
        active = await self._count(SubscriberStatus.ACTIVE)
        gone = await self._count(SubscriberStatus.UNSUBSCRIBED)
        if total is None or active is None or gone is None:
            return False
        if total == 0:
            return None
        return active + gone <= total

    async def batch_cost(self) -> BatchCost | None:
        """What a batch of ten reads takes of the quota, by the headers before and after it.

        Raises:
            ProviderError: no usable answer.
        """
        await self._count(None)
        before = self._remaining
        items = [{"method": "GET", "path": "api/fields?limit=1"}] * BATCH_ITEMS
        body = await self._client.request_json(
            "POST", "/batch", json={"requests": items}, cost=1 + BATCH_ITEMS, tried="send a batch of reads"
        )
        answers = batch_answers(body, BATCH_ITEMS)
        after = self._remaining
        if isinstance(answers, str) or not all(answer.ok for answer in answers) or before is None or after is None:
            return None
        return BatchCost.told_by(1 + BATCH_ITEMS, before - after)

    def _page(self, body: Mapping[str, object]) -> int | None:
        rows = body.get("data")
        page = parse.subscriber_page(rows[:_LOOKED_AT] if isinstance(rows, list) else (), "data.")
        self.sample = Sample(len(page.subscribers) + len({row.row for row in page.broken}), page.broken)
        return PAGE_ROWS.whole(member(body, "meta").get("per_page"))

    async def _count(self, status: SubscriberStatus | None) -> int | None:
        params = {"limit": "0", **({"filter[status]": status.value} if status else {})}
        body = await self._client.request_json("GET", "/subscribers", params=params, tried="count the subscribers")
        return LIST_ROWS.whole(body.get("total"))

    def _notice(self, response: httpx.Response) -> None:
        self._server_time = server_time(response)
        self._remaining = quota_number(response.headers.get("x-ratelimit-remaining"))


def key_rule(fields: Iterable[CustomField]) -> KeyRule | None:
    """How the account makes a key of a name with capitals: ``2025_ETB`` is ``2025_etb`` or ``2025__e_t_b``."""
    for custom in fields:
        name = custom.name.strip()
        if custom.key in _DEFAULT_KEYS or not _has_capitals(name):
            continue
        plain = name.lower().replace(" ", "_").replace("-", "_")
        if custom.key == plain:
            return KeyRule.LOWER
        return KeyRule.SNAKE if custom.key.replace("_", "") == plain.replace("_", "") else KeyRule.OTHER
    return None


def _has_capitals(name: str) -> bool:
    """Two capitals in a row: only there the rules differ for certain."""
    return any(first.isupper() and second.isupper() for first, second in pairwise(name))
