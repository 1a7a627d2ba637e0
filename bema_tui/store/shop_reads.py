"""What a reading of the shop's list is, and which one says what the list holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, func, select

from bema_tui.model import Completeness, ReadKind
from bema_tui.store.schema_shop import shop_reads

_NEVER: Final = 2**62  # a read that none reaches
WHOLE: Final = and_(shop_reads.c.completeness == Completeness.COMPLETE, shop_reads.c.kind == ReadKind.FULL)
"""The complete reads of the whole list, in SQL."""


class ShopRead(NamedTuple):
    """A complete read of the shop's whole list."""

    read_id: int
    """Its number."""
    finished_at: datetime
    """When it ended."""
    orders: int
    """How many orders it saw."""


def latest_full_read() -> Any:
    """The number of the newest complete read of the whole list, in SQL; one that no read reaches without it."""
    newest = select(func.max(shop_reads.c.id)).where(WHOLE)
    return func.coalesce(newest.scalar_subquery(), _NEVER)
