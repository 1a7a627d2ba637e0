"""MailerLite's pages: by cursor for subscribers, by number for everything else (contract, section 5)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

import attrs

from bema_tui.simulator.world.sorted_ids import SortedIds


@attrs.frozen
class Cursor:
    """A position in a list ordered by id, newest first."""

    id: int
    """The id beside which the page begins."""
    forward: bool
    """Whether it leads to the next page; else to the one before."""

    def encode(self) -> str:
        text = json.dumps({"id": self.id, "_pointsToNextItems": self.forward}, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """Returns the cursor; None for text that is none: the list then starts at its first page."""
        try:
            data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (binascii.Error, ValueError):
            return None
        if not isinstance(data, dict) or not isinstance(data.get("id"), int):
            return None
        return cls(data["id"], bool(data.get("_pointsToNextItems")))


@attrs.frozen
class CursorPage:
    """The ids of one page and the cursors around it."""

    ids: list[int]
    """The ids on the page, newest first."""
    next_cursor: str | None
    """The cursor of the next page; None: this is the last."""
    prev_cursor: str | None
    """The cursor of the page before; None: this is the first."""

    def frame(self, path: str, per_page: int) -> dict[str, Any]:
        """Returns `links` and `meta`; the links carry the cursor alone, never limit or filter."""
        return {
            "links": {
                "first": None,
                "last": None,
                "prev": None if self.prev_cursor is None else f"{path}?cursor={self.prev_cursor}",
                "next": None if self.next_cursor is None else f"{path}?cursor={self.next_cursor}",
            },
            "meta": {
                "path": path,
                "per_page": per_page,
                "next_cursor": self.next_cursor,
                "prev_cursor": self.prev_cursor,
            },
        }


def cursor_page(ids: SortedIds, limit: int, cursor_text: str | None, *, past_end: bool = False) -> CursorPage:
    """Returns one page of ids, newest first. `past_end`: the last page leads on to one more, which is empty."""
    cursor = None if cursor_text is None else Cursor.decode(cursor_text)
    if cursor is None:
        found = ids.newest(limit + 1)
        has_next, has_previous = len(found) > limit, False
        page = found[:limit]
    elif cursor.forward:
        found = ids.below(cursor.id, limit + 1)
        has_next, has_previous = len(found) > limit, True
        page = found[:limit]
    else:
        found = ids.above(cursor.id, limit + 1)
        has_next, has_previous = True, len(found) > limit
        page = found[-limit:]
    return CursorPage(
        page,
        Cursor(page[-1], forward=True).encode() if page and (has_next or past_end) else None,
        Cursor(page[0], forward=False).encode() if page and has_previous else None,
    )


def number_page(rows: Sequence[Any], page: int, limit: int, path: str) -> tuple[list[Any], dict[str, Any]]:
    """Returns the rows of one page, and its `links` and `meta`."""
    last = max(1, -(-len(rows) // limit))
    start = (page - 1) * limit
    shown = list(rows[start : start + limit])

    def page_url(number: int) -> str:
        return f"{path}?page={number}"

    previous = page_url(page - 1) if page > 1 else None
    following = page_url(page + 1) if page < last else None
    numbered = [
        {"url": page_url(number), "label": str(number), "active": number == page} for number in _near(page, last)
    ]
    return shown, {
        "links": {"first": page_url(1), "last": page_url(last), "prev": previous, "next": following},
        "meta": {
            "current_page": page,
            "from": start + 1 if shown else None,
            "last_page": last,
            "links": [
                {"url": previous, "label": "&laquo; Previous", "active": False},
                *numbered,
                {"url": following, "label": "Next &raquo;", "active": False},
            ],
            "path": path,
            "per_page": limit,
            "to": start + len(shown) if shown else None,
            "total": len(rows),
        },
    }


def _near(page: int, last: int) -> range:
    return range(max(1, min(page, last) - 3), min(last, max(page, 1) + 3) + 1)
