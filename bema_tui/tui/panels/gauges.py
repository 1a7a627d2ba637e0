"""The eight gauges of the machine and of the program."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from textual.content import Content

from bema_tui.cells import cut
from bema_tui.health import CPU_PERCENT, DATABASE_MS, GOOD_FROM, LAG_MS, LOAD_PER_CORE, MemoryLines, health_word
from bema_tui.model import ServiceName
from bema_tui.store.snapshot.views import HealthView, Snapshot
from bema_tui.tui.format import bar, fit, line, spark, width_of
from bema_tui.tui.panels.top import score_style
from bema_tui.tui.render_context import RenderContext


@frozen
class Gauge:
    """One gauge."""

    name: str
    """What it measures."""
    value: str
    """The present value."""
    unit: str = ""
    """Its unit."""
    series: tuple[float, ...] = ()
    """The values over time, oldest first."""
    high: float = 100.0
    """The top of its fixed scale."""
    warns: bool = False
    """Whether the value is no longer good."""
    limit: str = ""
    """From when on it warns, in words."""
    style: str = "text"
    """The value's style."""
    filled: float | None = None
    """Draws a bar of this share in place of the sparkline."""


def gauges(snapshot: Snapshot, lines: MemoryLines) -> tuple[Gauge, ...]:
    """The gauges in their order on the screen, four a line."""
    mail = snapshot.services.get(ServiceName.MAILERLITE)
    left = mail.quota_left if mail else None
    limit = (mail.quota_limit or 0) if mail else 0
    quota = Gauge(
        "quota left",
        "-" if left is None else str(left),
        limit=f"of {limit}" if limit else "",
        filled=left / limit if left is not None and limit else None,
    )
    health = snapshot.health
    if health is None:
        names = ("cpu", "memory", "load", "quota left", "database", "delay", "processes", "health")
        return tuple(quota if name == quota.name else Gauge(name, "-") for name in names)
    return (*_machine(health, lines), quota, *_program(health))


def _machine(health: HealthView, lines: MemoryLines) -> tuple[Gauge, ...]:
    memory = health.memory_usage / health.memory_limit * 100 if health.memory_limit else 0.0
    cores = max(1, health.cores)
    return (
        Gauge(
            "cpu",
            f"{health.cpu_percent:.0f}",
            "%",
            health.cpu_series,
            warns=health.cpu_percent >= CPU_PERCENT,
            limit=f"warn {CPU_PERCENT:g} %",
        ),
        Gauge(
            "memory",
            f"{memory:.0f}",
            "%",
            health.memory_series,
            warns=memory >= lines.warning,
            limit=f"warn {lines.warning:g} pause {lines.pause:g}",
        ),
        Gauge(
            "load",
            f"{health.load_1:.2f}",
            "",
            health.load_series,
            2.0 * cores,
            health.load_1 > LOAD_PER_CORE * cores,
            f"warn {LOAD_PER_CORE * cores:.1f}",
        ),
    )


def _program(health: HealthView) -> tuple[Gauge, ...]:
    database, lag = health.database_ms, health.lag_ms
    return (
        Gauge(
            "database",
            f"{database:.0f}",
            "ms",
            health.database_series,
            100.0,
            database >= DATABASE_MS,
            f"warn {DATABASE_MS:g} ms",
        ),
        Gauge("delay", f"{lag:.0f}", "ms", health.lag_series, 200.0, lag >= LAG_MS, f"warn {LAG_MS:g} ms"),
        Gauge("processes", str(health.active_processes), "", health.processes_series, 8.0),
        Gauge(
            "health",
            f"{health.score} {health_word(health.score)}",
            "",
            health.score_series,
            warns=health.score < GOOD_FROM,
            limit=f"good from {GOOD_FROM}",
            style=score_style(health.score),
        ),
    )


def gauge_lines(snapshot: Snapshot | None, context: RenderContext, width: int) -> tuple[Content, ...]:
    """Returns two lines of four gauges: with sparklines of 12 cells on wide screens, else of 3; then thresholds."""
    if snapshot is None:
        return (line((" reading", "muted")), line())
    cell = max(15, width // 4)
    shown = [_gauge(gauge, context, cell) for gauge in gauges(snapshot, context.memory_lines)]
    return tuple(line(*shown[start : start + 4]) for start in (0, 4))


def _gauge(gauge: Gauge, context: RenderContext, cell: int) -> Content:
    wide = cell >= 27
    value = f"{gauge.value} {gauge.unit}".strip() if wide else f"{gauge.value}{gauge.unit}"
    end = 16 if wide else 15
    label = line(" ", (gauge.name, "muted"))
    blank = " " * max(1, end - width_of(label) - width_of(value))
    sign = context.glyphs.warn if gauge.warns else " "
    style = "warn" if gauge.warns and gauge.style == "text" else gauge.style
    text = line(label, blank, (value, style), (f" {sign} " if wide else sign, style))
    cells = min(12, cell - end - 4) if wide else max(0, min(3, cell - end - 2))
    drawn = _drawing(gauge.filled, gauge.series, gauge.high, cells, context)
    limit = (" " + cut(gauge.limit, max(0, cell - 33)), "muted") if cell >= 44 else ""
    return fit(line(text, (drawn, "accent"), limit), cell)


def _drawing(filled: float | None, series: Sequence[float], high: float, cells: int, context: RenderContext) -> str:
    return bar(filled, cells, context.glyphs) if filled is not None else spark(series, high, cells, context.glyphs)
