"""The quota that is assumed until the service's answers say otherwise."""

from __future__ import annotations

from attrs import frozen


@frozen
class QuotaSettings:
    """Requests that MailerLite allows in a period, and how many of them are left for others."""

    quota: int = 120
    """Requests in a period."""
    window_seconds: float = 60.0
    """The length of a period."""
    reserve: int = 10
    """Requests of each period that are left for others."""
