"""Times as MailerLite writes them: UTC, without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%d %H:%M:%S"


def now_text() -> str:
    return datetime.now(UTC).strftime(_FORMAT)


def in_thirty_days_text() -> str:
    return (datetime.now(UTC) + timedelta(days=30)).strftime(_FORMAT)
