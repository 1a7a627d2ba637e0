"""The present moment, as everything takes it that can be handed another clock, and the label's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bema_tui.errors import ConfigurationError

Clock = Callable[[], datetime]
"""Returns the present moment, aware."""


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def label_zone(name: str) -> tzinfo:
    """Return the label's time zone by its name; nothing means UTC.

    Raises:
        ConfigurationError: there is no such zone on this machine.
    """
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"There is no time zone {name!r} on this machine.", advice="Use a name like Europe/Berlin."
        ) from error
