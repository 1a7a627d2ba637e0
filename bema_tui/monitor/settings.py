"""What the health monitor goes by, and from when on memory holds runs back."""

from __future__ import annotations

from attrs import frozen

from bema_tui.bounds import STALLED_AFTER
from bema_tui.health import MemoryLines


@frozen
class MonitorSettings:
    """How often to look, and when memory counts. Domain rules, section 7."""

    check_every: float = 300.0
    """Seconds between two full checks."""
    gauges_every: float = 5.0
    """Seconds between two samples for the gauges."""
    memory_limit: int = 256 * 1024 * 1024
    """Bytes that the process may hold; a control group's lower limit takes its place."""
    memory_warning_percent: float = MemoryLines().warning
    """Share of the limit at which memory warns."""
    memory_pause_percent: float = MemoryLines().pause
    """Share of the limit at which runs wait."""
    machine_reserve: int = 200 * 1024 * 1024
    """Bytes that the machine must have available; less only warns."""
    stalled_after_seconds: float = STALLED_AFTER
    """Seconds without progress after which a run that waits for nothing counts as stalled."""

    @property
    def memory_lines(self) -> MemoryLines:
        """Both shares of the limit, for a gauge."""
        return MemoryLines(self.memory_warning_percent, self.memory_pause_percent)

    def limit(self, group: int | None) -> int:
        """Return how many bytes the process may hold, where its control group allows ``group`` (None: any number)."""
        return min(self.memory_limit, group) if group else self.memory_limit

    def allowed(self, group: int | None) -> int:
        """Return how many bytes of that it may hold before its runs wait."""
        return int(self.limit(group) * self.memory_pause_percent / 100)
