"""Members of one campaign."""

from __future__ import annotations

from datetime import UTC, datetime

from bema_tui.model import SubscriberStatus, Tier
from bema_tui.rules.records import Member

CODE = "2024_ETB_NBL"


def member(number: str, email: str) -> Member:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Member(number, email, "", "", "", SubscriberStatus.ACTIVE, frozenset({Tier.GOLD}), None, now)
