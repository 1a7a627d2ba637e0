"""What the tables' definitions share: the metadata, the types of columns, the kind of row ids.

All times are UTC and stored as ISO text with microseconds, so that they sort and compare as text in every database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bema_tui.model import Tier

UNKNOWN_TIME = "unknown"
"""What stands in the database for a time that is not known."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as fixed-width ISO text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class UtcTimeOrUnknown(UtcTime):
    """The same for a time that may not be known: a word that sorts behind every time stands for it, since null is equal
    to nothing."""

    cache_ok = True
    coerce_to_is_types = ()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str:
        return super().process_bind_param(value, dialect) or UNKNOWN_TIME

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value == UNKNOWN_TIME else super().process_result_value(value, dialect)


class TierOrNone(TypeDecorator[Tier]):
    """A tier, or none: an empty text stands for none, since a primary key and an index need something that is equal to
    itself."""

    impl = String(20)
    cache_ok = True
    coerce_to_is_types = ()

    def process_bind_param(self, value: Tier | None, dialect: Dialect) -> str:  # noqa: ARG002
        return "" if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> Tier | None:  # noqa: ARG002
        return Tier(value) if value else None


# Row ids grow past 2**31 in a ledger's life; SQLite only counts up by itself on plain INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
