"""The shop's local time; it needs no time zone files."""

from __future__ import annotations

from datetime import datetime, timedelta


def local_time(date_utc: str) -> str:
    """Returns the shop's local time (New York) for a time in UTC, both without a zone."""
    moment = datetime.strptime(date_utc, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - text in, text out
    summer = (
        _sunday(moment.year, 3, 2) + timedelta(hours=7) <= moment < _sunday(moment.year, 11, 1) + timedelta(hours=6)
    )
    return (moment - timedelta(hours=4 if summer else 5)).strftime("%Y-%m-%d %H:%M:%S")


def _sunday(year: int, month: int, place: int) -> datetime:
    first = datetime(year, month, 1)  # noqa: DTZ001
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (place - 1))
