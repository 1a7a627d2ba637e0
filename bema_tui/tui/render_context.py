"""What every panel must know besides the snapshot: the signs, the time, and who looks at it."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

from attrs import frozen

from bema_tui.health import MemoryLines
from bema_tui.model import Mode
from bema_tui.rules.choices import WriteLimits
from bema_tui.tui.glyphs import UTF8, Glyphs

FRESH_FOR: Final = timedelta(seconds=WriteLimits().stale_after_seconds)
"""The default of the setting."""
MEMORY_LINES: Final = MemoryLines()
"""The defaults of the settings."""


@frozen
class RenderContext:
    """How to show things now."""

    now: datetime
    """The present moment, aware."""
    mode: Mode = Mode.SIMULATOR
    """Whether real people can be mailed from here."""
    profile: str = "default"
    """The profile's name."""
    me: str = ""
    """The user's name."""
    read_only: bool = False
    """Whether bema-tui is in read-only mode."""
    glyphs: Glyphs = UTF8
    """The set of signs."""
    zone: tzinfo | None = None
    """The zone of local times; None: the machine's."""
    fresh_for: timedelta = FRESH_FOR
    """How old a plan's reads may be before its people are read again."""
    memory_lines: MemoryLines = MEMORY_LINES
    """From when on the memory warns, and runs wait for it."""

    def clock(self, moment: datetime | None) -> str:
        """Hours and minutes of today, else the day and month, in local time."""
        if moment is None:
            return "-"
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local.day} {local:%b}"

    def exact(self, moment: datetime | None) -> str:
        """Hours, minutes and seconds in local time, for details."""
        return "-" if moment is None else f"{moment.astimezone(self.zone):%H:%M:%S}"
