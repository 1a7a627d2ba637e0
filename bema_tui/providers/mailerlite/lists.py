"""MailerLite's two ways of paging, each read to a proven end: by cursor (subscribers) and by number (all else).

The members of a group came by number in 2022; a service that answers so today is read so.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from bema_tui.bounds import LIST_PAGES, LIST_ROWS, PAGE_ROWS
from bema_tui.errors import IncompleteRead, ListChanged, RequestRefused
from bema_tui.listing import Listing, UnreadRow
from bema_tui.model import SubscriberPage
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.mailerlite import parse
from bema_tui.providers.parsing import FaultError, member

SMALLER_PAGES: Final = (100, None)
"""What is asked for after a page size was refused: what every list is known to give, then what it gives unasked."""
TOO_MANY_ROWS: Final = 422
"""How a size of page is refused: how many rows may be asked for is nowhere written."""
_MOST_PAGES: Final = 1000
MOST_UNREAD: Final = 20
"""Rows of one list that can't be used; more of them are no accident of single records, and the read failed."""
_READ_AGAIN: Final = 2
_ANY_ID: Final = re.compile(r"/[0-9]+(?=/|$)")


class HasId(Protocol):
    """A row of a numbered list."""

    @property
    def id(self) -> str:
        """Its id, by which a row that comes twice is known."""
        ...


R = TypeVar("R", bound=HasId)


class Lists:
    """Reads whole lists. The page size is a wish: some lists give fewer rows and say so, some refuse and are asked for
    fewer.

    Each kind of list has a cap of its own, learned from its own answers.
    """

    def __init__(self, client: ServiceClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._sizes: dict[str, int | None] = {}
        self._caps: dict[str, int] = {}

    def cap(self, path: str) -> int | None:
        """The rows that a full page of this list was last said to hold, ids in its path aside; None until then."""
        return self._caps.get(_kind(path))

    async def by_cursor(self, path: str, params: Mapping[str, str]) -> AsyncIterator[SubscriberPage]:
        """All subscribers of a list, until its cursor is null or a page is empty; a short page is not an end.

        Raises:
            BadAnswer: neither a cursor nor a last page to go by, or a cursor that came before.
            ListChanged: the list came by number, and changed its total on the way.
        """
        tried = "read subscribers"
        position: dict[str, str] = {}
        seen: set[str] = set()
        totals: set[int] = set()
        number = 0
        while True:
            number += 1
            body = await self._page(path, {**params, **position}, self._size(path), tried)
            rows = body.get("data")
            meta = member(body, "meta")
            if not isinstance(rows, list):
                raise self._client.fault("a list without data", path="data", tried=tried)
            last = LIST_PAGES.whole(meta.get("last_page")) or 0
            if "next_cursor" not in meta and not last:
                raise self._client.fault("a list without a cursor", path="meta.next_cursor", tried=tried)
            if number > LIST_PAGES.most:
                raise self._client.fault(f"a list of more than {LIST_PAGES.most:,} pages", path="meta", tried=tried)
            yield self._subscribers(rows, f"page {number}: data.", with_groups=params.get("include") == "groups")
            if "next_cursor" not in meta:
                totals.add(_claimed(meta.get("total")))
                if len(totals) > 1:
                    raise self._changed("MailerLite's list changed while it was read page by page.", tried)
                if number >= last:
                    return
                position = {"page": str(number + 1)}
                continue
            following = meta["next_cursor"]
            if following is None or following == "" or not rows:
                return
            if not isinstance(following, str) or following in seen:
                raise self._client.fault("a cursor that repeats or is no text", path="meta.next_cursor", tried=tried)
            seen.add(following)
            position = {"cursor": following}

    async def newest_subscribers(self) -> SubscriberPage:
        """The first page of the account's subscribers; one with nobody on it says that there is nobody at all.

        Raises:
            BadAnswer: no usable page.
        """
        path, tried = "/subscribers", "read the newest subscribers"
        body = await self._page(path, {}, self._size(path), tried)
        rows = body.get("data")
        if not isinstance(rows, list) or (not rows and member(body, "meta").get("next_cursor")):
            raise self._client.fault("a first page without data", path="data", tried=tried)
        return parse.subscriber_page(rows, "data.")

    def _subscribers(self, rows: Sequence[object], place: str, *, with_groups: bool) -> SubscriberPage:
        page = parse.subscriber_page(rows, place, with_groups=with_groups)
        if page.without_groups == len(rows) > 1:
            raise IncompleteRead(
                "MailerLite left the groups out of a list that was asked for them.",
                tried="read subscribers with their groups",
                where=self._client.where,
                advice="Try again; nothing was concluded from it.",
            )
        return page

    async def by_number(
        self,
        path: str,
        read: Callable[[object], R],
        tried: str,
        *,
        in_part: Callable[[object], R] | None = None,
        most: int | None = None,
    ) -> Listing[R]:
        """All rows of a numbered list, each once, and what is wrong with those that can't be used.

        ``in_part`` reads what can be read of a row that ``read`` refuses. A list that changes on the way is read again,
        twice.

        Raises:
            BadAnswer: a page's frame can't be used, or so many rows that it is not about single ones.
            ListChanged: fewer rows than the list's own total, each time, or a page without any before its last one.
        """
        for again in reversed(range(_READ_AGAIN + 1)):
            try:
                return await self._by_number(path, read, tried, in_part, most)
            except ListChanged:
                if not again:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _by_number(
        self,
        path: str,
        read: Callable[[object], R],
        tried: str,
        in_part: Callable[[object], R] | None,
        most: int | None,
    ) -> Listing[R]:
        rows: dict[str, R] = {}
        broken: list[UnreadRow] = []
        total = last = 0
        for number in range(1, _MOST_PAGES + 1):
            size = self._size(path)
            body = await self.numbered_page(path, number, min(size, most or size) if size else None, tried)
            data = body["data"]
            meta = member(body, "meta")
            for index, raw in enumerate(data if isinstance(data, list) else []):
                row, unread = _read(raw, read, in_part, f"page {number}: data.{index}")
                if row is not None:
                    rows[row.id or f"{number}.{index}"] = row
                if unread is not None:
                    broken.append(unread)
            total, last = _claimed(meta.get("total")), LIST_PAGES.whole(meta.get("last_page")) or 0
            if not data or number >= last:
                break
        listing = Listing(tuple(rows.values()), tuple(broken))
        self._refuse_many(listing, tried)
        if len(rows) + len(listing.hiding) < total:
            raise self._changed(f"MailerLite's list has {total} rows, and {len(rows)} of them came.", tried)
        if number < last:
            raise self._changed(f"MailerLite's list has {last} pages, and nothing came on page {number}.", tried)
        return listing

    def _refuse_many(self, listing: Listing[R], tried: str) -> None:
        """Raise where it is no accident of single records that they can't be read."""
        broken = listing.broken
        if len(broken) > MOST_UNREAD or (listing.hiding and not listing.rows):
            raise self._client.fault(broken[0].problem, path=broken[0].path, tried=tried)

    async def numbered_page(self, path: str, number: int, size: int | None, tried: str) -> dict[str, object]:
        """One page of a numbered list; ``data`` is a list and ``meta`` tells the last page."""
        body = await self._page(path, {"page": str(number)}, size, tried)
        if not isinstance(body.get("data"), list):
            raise self._client.fault("a list without data", path="data", tried=tried)
        if LIST_PAGES.whole(member(body, "meta").get("last_page")) is None:
            raise self._client.fault("a list that does not tell its last page", path="meta.last_page", tried=tried)
        return body

    def _size(self, path: str) -> int | None:
        return self._sizes.get(_kind(path), self._page_size)

    async def _page(self, path: str, params: Mapping[str, str], size: int | None, tried: str) -> dict[str, object]:
        """One page of ``size`` rows, or of as many as the list gives unasked."""
        wanted = size
        while True:
            asked = dict(params) if size is None else {**params, "limit": str(size)}
            try:
                body = await self._client.request_json("GET", path, params=asked, tried=tried)
                break
            except RequestRefused as refused:
                if refused.status != TOO_MANY_ROWS or size is None:
                    raise
            size = next(smaller for smaller in SMALLER_PAGES if smaller is None or smaller < size)
        if size != wanted:
            self._sizes[_kind(path)] = size
        given = PAGE_ROWS.whole(member(body, "meta").get("per_page"))
        if given is not None:
            # Only told, not asked for from now on: a page of another size in mid-list would leave rows out.
            self._caps[_kind(path)] = given if size is None else min(given, size)
        return body

    def _changed(self, words: str, tried: str) -> ListChanged:
        advice = "Try again; the list may have changed while it was read."
        return ListChanged(words, tried=tried, where=self._client.where, advice=advice)


def _read(
    raw: object, read: Callable[[object], R], in_part: Callable[[object], R] | None, place: str
) -> tuple[R | None, UnreadRow | None]:
    """A row as a record, what is wrong with it, or both."""
    try:
        return read(raw), None
    except FaultError as error:
        fault = error
    row = None
    if in_part is not None:
        with contextlib.suppress(FaultError):
            row = in_part(raw)
    return row, parse.unread_row(raw, place, fault, usable=row is not None)


def _kind(path: str) -> str:
    return _ANY_ID.sub("/*", path)


def _claimed(total: object) -> int:
    """The rows that a list says it has. A number beyond all reason counts as the most there can be: not all came."""
    if isinstance(total, int) and not isinstance(total, bool):
        return int(LIST_ROWS.clip(total))
    return LIST_ROWS.whole(total) or 0
